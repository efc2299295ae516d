package bot

import "strings"

// Every sentence the assistant says of its own accord stands here; what it
// says about a matter stands in the knowledge.
const (
	phraseChoices   = "Anh/chị muốn hỏi việc nào dưới đây?"
	phraseUnknown   = "Tôi chưa có thông tin chắc chắn về việc này nên không trả lời bừa. Anh/chị hỏi: "
	phraseExpired   = "Quy định về việc này đã hết hoặc chưa tới ngày hiệu lực, nên tôi không trả lời theo bài cũ. Anh/chị hỏi: "
	phraseNotMeant  = "Tôi chưa hiểu đúng ý anh/chị. Anh/chị thử nói rõ tên giấy tờ hoặc việc cần làm, hoặc hỏi: "
	phraseEmpty     = "Anh/chị cần hỏi việc gì? Cứ gõ như nói chuyện, không dấu cũng được. Ví dụ: \"mất căn cước làm lại ở đâu\"."
	phraseTooLong   = "Tin nhắn dài quá nên tôi chưa nắm được ý. Anh/chị hỏi lại trong một, hai câu giúp tôi, hoặc hỏi: "
	phraseTooFast   = "Anh/chị nhắn nhanh quá, tôi chưa kịp trả lời. Đợi một phút rồi nhắn lại giúp tôi. Việc nguy hiểm: gọi 113, 114, 115."
	phraseReviewDue = "Lưu ý: bài này đã quá hạn kiểm tra lại. Anh/chị nên hỏi lại nơi làm thủ tục trước khi đi."

	titleNotMeant = "Không phải ý tôi"
	titleReport   = "Tôi muốn tố giác"
	titleLead     = "Tóm tắt"
)

// PhraseTrouble is what a channel says when a turn could not be handled.
const PhraseTrouble = "Hệ thống đang trục trặc nên tôi chưa trả lời được. Anh/chị nhắn lại sau ít phút. Việc nguy hiểm: gọi ngay 113, 114 hoặc 115."

// withContact ends a sentence with whom to ask.
func withContact(phrase, contact string) string {
	return phrase + strings.TrimSuffix(strings.TrimSpace(contact), ".") + "."
}
