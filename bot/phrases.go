package bot

import "strings"

// Every sentence the assistant says of its own accord stands here; what it
// says about a matter stands in the knowledge.
const (
	phraseChoices   = "Anh/chị muốn hỏi việc nào dưới đây?"
	phraseUnknown   = "Tôi chưa có thông tin chắc chắn về việc này nên không trả lời bừa. Anh/chị hỏi: "
	phraseTold      = "Tôi đã đọc tin của anh/chị. Anh/chị cần hỏi việc gì? Tôi trả lời về giấy tờ, thủ tục, dịch vụ công và VNeID; việc khác thì hỏi: "
	phraseExpired   = "Quy định về việc này đã hết hoặc chưa tới ngày hiệu lực, nên tôi không trả lời theo bài cũ. Anh/chị hỏi: "
	phraseNotMeant  = "Tôi chưa hiểu đúng ý anh/chị. Anh/chị thử nói rõ tên giấy tờ hoặc việc cần làm, hoặc hỏi: "
	phraseEmpty     = "Anh/chị cần hỏi việc gì? Cứ gõ như nói chuyện, không dấu cũng được. Ví dụ: \"mất căn cước làm lại ở đâu\"."
	phraseNoWords   = "Tin nhắn này chỉ có số. Đừng gửi mã OTP, mật khẩu hay số căn cước vào đây. Anh/chị viết câu hỏi bằng chữ giúp tôi, hoặc hỏi: "
	phraseTooLong   = "Tin nhắn dài quá nên tôi chưa nắm được ý. Anh/chị hỏi lại trong một, hai câu giúp tôi, hoặc hỏi: "
	phraseTooFast   = "Anh/chị nhắn nhanh quá, tôi chưa kịp trả lời. Đợi một phút rồi nhắn lại giúp tôi. Việc nguy hiểm: gọi 113, 114, 115."
	phraseReviewDue = "Lưu ý: bài này đã quá hạn kiểm tra lại. Anh/chị nên hỏi lại nơi làm thủ tục trước khi đi."

	phraseStart   = "Chào anh/chị. Tôi trả lời về dịch vụ công trực tuyến, VNeID, căn cước, cư trú, hộ tịch, bảo hiểm, xe cộ và các thủ tục khác, theo bài đã được kiểm tra.\n\nAnh/chị cứ gõ câu hỏi như nói chuyện, không dấu cũng được. Ví dụ: \"mất căn cước làm lại ở đâu\".\n\nTố giác tội phạm: gõ /tocao. Xóa dữ liệu của mình: gõ /xoadulieu. Đang nguy hiểm: gọi ngay 113, cháy 114, cấp cứu 115."
	phraseNoPlace = "Tôi chỉ dùng vị trí và số điện thoại trong đơn tố giác, nên không giữ. Anh/chị hỏi bằng chữ giúp tôi."

	titleNotMeant = "Không phải ý tôi"
	titleReport   = "Tôi muốn tố giác"
	titleLead     = "Tóm tắt"
)

// What is said around a report.
const (
	phraseGate         = "Việc này có ĐANG xảy ra, hay có ai đang gặp nguy hiểm không?"
	phraseStory        = "Anh/chị kể việc đã xảy ra: việc gì, ở đâu, lúc nào, ai làm. Viết sao cũng được, gửi kèm ảnh, ghi âm cũng được."
	phraseHeard        = "Tôi đã ghi: "
	phraseStoryMore    = "Anh/chị kể thêm cho rõ: chuyện xảy ra thế nào, ở đâu, lúc nào, ai làm, mất gì."
	phraseWhereWhen    = "Việc xảy ra Ở ĐÂU (xã, phường, gần chỗ nào) và LÚC NÀO? Ví dụ: \"chợ Trà Cú, tối 20/11\"."
	phraseWhere        = "Việc xảy ra Ở ĐÂU? Ghi xã, phường và gần chỗ nào. Nếu qua mạng, ghi nơi anh/chị ở."
	phraseWhen         = "Việc xảy ra LÚC NÀO? Ví dụ: \"tối qua\", \"20/11\", \"khoảng tháng 9\"."
	phrasePeople       = "Có ai liên quan (người làm, người bị hại, người chứng kiến)? Có số điện thoại, số tài khoản, biển số xe, đường dẫn thì ghi vào; có ảnh, ghi âm thì gửi ở đây. Đừng ghi tên trẻ em bị hại, đừng gửi hình riêng tư."
	phraseReporter     = "Anh/chị có muốn công an liên hệ lại không? Muốn thì gõ họ tên và số điện thoại. Không muốn bị lộ thì bấm một nút dưới đây."
	phraseReview       = "Anh/chị xem lại đơn:"
	phraseSend         = "Đúng rồi thì bấm Gửi đơn. Chưa bấm thì chưa gửi."
	phraseEdit         = "Anh/chị muốn sửa mục nào?"
	phraseKind         = "Việc này thuộc loại nào?"
	phraseSent         = "Đã nhận đơn. MÃ TIẾP NHẬN của anh/chị: "
	phraseAdded        = "Đã nhận phần bổ sung cho đơn "
	phraseKeepCode     = "Anh/chị chép mã này ra giấy: gõ mã vào đây để xem đơn tới đâu hoặc bổ sung. Mất mã thì tôi không tìm lại được. Xong nên xóa đoạn trò chuyện này trên máy."
	phraseOnItsWay     = "Đơn đang được chuyển tới cơ quan tiếp nhận. Khi cơ quan xác nhận, tình trạng sẽ ghi \"đã chuyển\"."
	phraseKept         = "Nơi này chưa nối với cơ quan công an: đơn được giữ kín, CHƯA ai ở cơ quan công an nhận được. Muốn báo ngay, anh/chị gọi 113 hoặc đến Công an xã, phường."
	phraseStillOngoing = "Nếu việc vẫn đang xảy ra: GỌI NGAY 113."
	phraseCancelled    = "Đã hủy và xóa đơn đang viết. Tôi không giữ lại gì. Lúc nào cần, anh/chị gõ \"tố giác\", hoặc gọi 113."
	phraseFormOver     = "Đơn này đã gửi, đã hủy, hoặc đã tự xóa vì để quá 30 phút. Muốn viết đơn mới, anh/chị gõ \"tôi muốn tố giác\". Việc gấp: gọi 113."
	phraseLapsed       = "Đơn tố giác anh/chị đang viết đã tự xóa vì để quá 30 phút, nên tin vừa rồi không vào đơn nào. Muốn viết đơn, anh/chị gõ \"tôi muốn tố giác\". Việc gấp: gọi 113."
	phraseNotSkipped   = "Bước này không bỏ qua được."
	phrasePressOne     = "Tôi chưa hiểu ý anh/chị. Anh/chị bấm một nút dưới đây giúp tôi."
	phraseAgreeFirst   = "Tôi chưa giữ tệp vừa gửi. Anh/chị trả lời câu này trước, rồi gửi lại tệp."
	phraseFilesKept    = "Đã nhận tệp, giữ nguyên bản."
	phraseNoFiles      = "Tôi chỉ nhận ảnh và tệp trong đơn tố giác, nên không giữ tệp vừa gửi. Anh/chị hỏi bằng chữ giúp tôi. Đừng gửi ảnh căn cước."
	phrasePlaceKept    = "Đã ghi vị trí."
	phrasePlaceLater   = "Tôi chưa ghi vị trí vừa gửi. Anh/chị trả lời câu này trước."
	phraseContactLater = "Tôi chưa ghi số điện thoại vừa gửi; lát nữa tôi sẽ hỏi."
	phraseNothingTold  = "Đơn chưa có nội dung nào."
	phraseMore         = "Anh/chị viết phần bổ sung, gửi kèm ảnh, ghi âm nếu có."
	phraseNoSuchCode   = "Không có đơn nào mang mã này. Anh/chị xem lại từng chữ; mã có dạng TG-XXXX-XXXX-XXXX-XX."
	phraseManyGuesses  = "Anh/chị đã thử nhiều mã không đúng. Đợi một giờ rồi thử lại, hoặc hỏi: "
	phraseManyReports  = "Anh/chị đã mở nhiều đơn trong một giờ qua. Việc gấp thì GỌI 113 hoặc đến Công an xã, phường. Cần giúp viết đơn, anh/chị hỏi: "
	phraseRehearsed    = "Đây là bản chạy thử: đơn KHÔNG được gửi đi và không được giữ lại. Tố giác thật: gọi 113, đến Công an xã, phường, hoặc dùng VNeID."
	phraseForgotten    = "Đã xóa: cuộc trò chuyện, đơn đang viết, các góp ý và câu hỏi chưa có trả lời của anh/chị. Đơn tố giác đã gửi thuộc về cơ quan tiếp nhận nên không xóa ở đây được."
	phraseThanks       = "Cảm ơn anh/chị. Cần hỏi gì nữa cứ gõ."
	phraseWhyNot       = "Câu trả lời chưa đúng chỗ nào, anh/chị bấm giúp tôi một nút:"
	phraseNoted        = "Cảm ơn anh/chị, tôi đã ghi lại để người phụ trách sửa."
	phraseHuman        = "Tôi chưa giúp được anh/chị mấy lần liền. Anh/chị hỏi người thật: "
	phraseHumanThere   = "Tôi chưa giúp được anh/chị mấy lần liền. Anh/chị nên hỏi người thật ở nơi ghi trên đây."

	titleSafe     = "Không, hoặc đã gọi rồi"
	titleDanger   = "Đang xảy ra"
	titleCalled   = "Đã gọi, viết đơn tiếp"
	titleAgree    = "Đồng ý, viết đơn"
	titleVNeID    = "Dùng VNeID"
	titleSkip     = "Bỏ qua"
	titleDone     = "Không có, tiếp tục"
	titleEnough   = "Đủ rồi"
	titleBack     = "Quay lại"
	titleCancel   = "Hủy và xóa"
	titleContinue = "Tiếp tục viết đơn"
	titleKeep     = "Ghi câu này vào đơn"
	titleSecret   = "Giữ kín danh tính" //nolint:gosec // words, not a secret
	titleNoName   = "Không cung cấp"
	titleSend     = "Gửi đơn"
	titleEdit     = "Sửa"
	titleMore     = "Bổ sung thông tin"
	titleGood     = "👍 Đúng ý"
	titleBad      = "👎 Chưa đúng"
)

// PhraseTrouble is what a channel says when a turn could not be handled.
const PhraseTrouble = "Hệ thống đang trục trặc nên tôi chưa trả lời được. Anh/chị nhắn lại sau ít phút. Việc nguy hiểm: gọi ngay 113, 114 hoặc 115."

// withContact ends a sentence with whom to ask.
func withContact(phrase, contact string) string {
	return phrase + strings.TrimSuffix(strings.TrimSpace(contact), ".") + "."
}
