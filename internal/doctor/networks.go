package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/trolyao/trolyao/bot/messenger"
	"github.com/trolyao/trolyao/bot/zalo"
	"github.com/trolyao/trolyao/knowledge"
)

// answer is the envelope of Telegram and of the Zalo Bot Platform.
type answer struct {
	OK          bool            `json:"ok"`
	Code        int             `json:"error_code"`
	Description string          `json:"description"`
	Result      json.RawMessage `json:"result"`
}

// ask calls a method of a bot API. ok is false after it has told what is wrong.
func (d *Doctor) ask(ctx context.Context, what, api, token, method string, into any) (ok bool) {
	var a answer
	_, err := messenger.PostJSON(ctx, d.client, strings.TrimSuffix(api, "/")+"/bot"+token+"/"+method, nil, struct{}{}, &a)
	switch {
	case err != nil:
		d.bad(what, "không nối được: "+err.Error(), "xem mạng, tường lửa, proxy của máy; thử: curl -I "+api)
	case a.Code == http.StatusUnauthorized || a.Code == http.StatusNotFound:
		d.bad(what, "mã bot bị từ chối", "lấy lại mã, ghi vào tệp token_file, khởi động lại trolyao")
	case !a.OK:
		d.bad(what, fmt.Sprintf("%s bị từ chối (%d)", method, a.Code), "thử lại sau ít phút")
	default:
		if err := json.Unmarshal(a.Result, into); err != nil {
			d.bad(what, method+" trả lời không đọc được", "xem telegram.api, zalo_bot.api trong cấu hình")
			return false
		}
		return true
	}
	return false
}

func token(file string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}

func (d *Doctor) telegram(ctx context.Context) {
	const what = "Telegram"
	t := d.Config.Telegram
	if t.TokenFile == "" {
		d.good(what, "không dùng")
		return
	}
	var me struct {
		Username string `json:"username"`
	}
	if !d.ask(ctx, what, t.API, token(t.TokenFile), "getMe", &me) {
		return
	}
	d.good(what, "bot @%s", me.Username)
	var hook struct {
		URL     string `json:"url"`
		Pending int    `json:"pending_update_count"`
		Error   string `json:"last_error_message"`
		At      int64  `json:"last_error_date"`
	}
	if !d.ask(ctx, what, t.API, token(t.TokenFile), "getWebhookInfo", &hook) {
		return
	}
	switch {
	case t.Mode == "poll" && hook.URL != "":
		d.bad(what, "Telegram đang gửi tin tới một webhook, nên bot này không hỏi được tin", "khởi động lại trolyao để gỡ webhook; nếu vẫn thế, có chương trình khác đang dùng cùng mã bot")
	case t.Mode == "webhook" && hook.URL != t.WebhookURL:
		d.bad(what, "Telegram gửi tin tới một địa chỉ khác", "khởi động lại trolyao; xem telegram.webhook_url; có chương trình khác dùng cùng mã bot?")
	case hook.Error != "" && d.Now().Sub(time.Unix(hook.At, 0)) < time.Hour:
		d.bad(what, "Telegram gửi tin bị lỗi: "+hook.Error, "xem chứng thư, cổng 443, proxy ngược có chuyển "+t.WebhookURL+" tới trolyao không")
	}
	if hook.Pending > manyPending {
		d.warn(what, fmt.Sprintf("%d tin đang đợi ở Telegram", hook.Pending), "xem trolyao có chạy không và nhật ký nói gì")
	}
}

// manyPending is how many updates may wait at the network before that is worth
// a word.
const manyPending = 100

func (d *Doctor) zalo(ctx context.Context) {
	const what = "Zalo OA"
	z := d.Config.Zalo
	if z.AppID == "" {
		d.good(what, "không dùng")
		return
	}
	if _, err := get(ctx, d.client, z.OAuth); err != nil {
		d.bad(what, "không nối được "+z.OAuth+": "+err.Error(), "xem mạng, tường lửa, proxy của máy")
		return
	}
	if d.Tokens != nil {
		d.zaloTokens(ctx, what)
	}
	listen := d.listen()
	status, err := get(ctx, messenger.NewClient(within), "http://"+listen+zalo.WebhookPath)
	if err != nil || status != http.StatusOK {
		d.warn(what, "webhook chưa mở ở "+listen+zalo.WebhookPath, "chạy trolyao serve với cùng cấu hình")
		return
	}
	d.good(what, "webhook mở ở %s%s; trên developers.zalo.me phải ghi https://<tên miền>%s, bật sự kiện user_send_…, follow, user_submit_info, tắt \"Lọc cú pháp\"", listen, zalo.WebhookPath, zalo.WebhookPath)
}

func (d *Doctor) zaloTokens(ctx context.Context, what string) {
	s, err := d.Tokens.Status(ctx)
	switch {
	case err != nil:
		d.bad(what, "không đọc được mã truy cập đã lưu", "xem thư mục dữ liệu và tệp secret.key")
	case !s.Known:
		d.bad(what, "chưa có mã truy cập", "chạy trolyao zalo login")
	case s.Problem != "":
		d.bad(what, "Zalo không cấp mã truy cập mới", "chạy trolyao zalo login; nếu vẫn bị từ chối, xem app_id và app_secret_file")
	case s.Got.IsZero():
		d.good(what, "có mã ban đầu, sẽ đổi lấy mã truy cập khi máy chủ chạy")
	case d.Now().After(s.Expires):
		d.warn(what, "mã truy cập đã hết hạn lúc "+s.Expires.In(knowledge.Vietnam()).Format("15:04 02/01/2006"), "máy chủ đang chạy sẽ tự đổi mã mới trong vài phút; máy chủ tắt quá 3 tháng thì phải trolyao zalo login lại")
	default:
		d.good(what, "mã truy cập còn hạn đến %s", s.Expires.In(knowledge.Vietnam()).Format("15:04 02/01/2006"))
	}
}

func (d *Doctor) zaloBot(ctx context.Context) {
	const what = "Zalo Bot"
	z := d.Config.ZaloBot
	if z.TokenFile == "" {
		d.good(what, "không dùng")
		return
	}
	var me struct {
		Name string `json:"account_name"`
	}
	if !d.ask(ctx, what, z.API, token(z.TokenFile), "getMe", &me) {
		return
	}
	d.good(what, "bot %s", me.Name)
	if z.WebhookURL == "" {
		d.warn(what, "đang tự hỏi từng tin, chỉ hợp để thử", "đặt zalo_bot.webhook_url và zalo_bot.secret_file khi dùng thật")
		return
	}
	var hook struct {
		URL string `json:"url"`
	}
	if d.ask(ctx, what, z.API, token(z.TokenFile), "getWebhookInfo", &hook) && hook.URL != z.WebhookURL {
		d.bad(what, "nền tảng gửi tin tới một địa chỉ khác", "khởi động lại trolyao; xem zalo_bot.webhook_url")
	}
}
