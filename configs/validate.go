package configs

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"go.yaml.in/yaml/v3"

	"github.com/trolyao/trolyao/handoff"
)

// checker collects what is wrong, by key.
type checker struct{ problems []error }

func (k *checker) badf(key, format string, args ...any) {
	k.problems = append(k.problems, fmt.Errorf("%s: "+format, append([]any{key}, args...)...))
}

// validate returns everything wrong with the values, by key.
func (c Config) validate() []error {
	k := &checker{}
	c.checkAddresses(k)
	c.checkFiles(k)
	c.checkValues(k)
	slices.SortFunc(k.problems, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return k.problems
}

func (c Config) checkAddresses(k *checker) {
	for key, address := range map[string]string{"listen": c.Listen, "admin.listen": c.Admin.Listen} {
		if _, _, err := net.SplitHostPort(address); err != nil {
			k.badf(key, "%q không phải địa chỉ máy:cổng, ví dụ :8080 hoặc 127.0.0.1:8081", address)
		}
	}
	for key, at := range c.webAddresses() {
		// The address itself may carry a secret, so it is not repeated.
		address := *at
		if u, err := url.Parse(address); address != "" && (err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http")) {
			k.badf(key, "không phải địa chỉ web https://…")
		}
	}
	if c.Store != "" && !isPostgres(c.Store) {
		k.badf("store", "để trống, hoặc ghi địa chỉ postgres://…")
	}
	if c.Store != "" && c.StoreFile != "" {
		k.badf("store_file", "chỉ đặt một trong hai: store hoặc store_file")
	}
}

// webAddresses are the settings that hold the address of a web server, by key.
func (c *Config) webAddresses() map[string]*string {
	return map[string]*string{
		"telegram.api": &c.Telegram.API, "telegram.webhook_url": &c.Telegram.WebhookURL, "zalo.api": &c.Zalo.API, "zalo.oauth": &c.Zalo.OAuth,
		"zalo_bot.api": &c.ZaloBot.API, "zalo_bot.webhook_url": &c.ZaloBot.WebhookURL, "handoff.endpoint": &c.Handoff.Endpoint,
	}
}

func (c Config) checkFiles(k *checker) {
	for key, file := range c.SecretFiles() {
		if info, err := os.Stat(file); file != "" && (err != nil || info.IsDir()) {
			k.badf(key, "không đọc được tệp %s", file)
		}
	}
	if c.Data == "" {
		k.badf("data", "phải nêu một thư mục")
	}
	if info, err := os.Stat(c.Knowledge.Dir); c.Knowledge.Dir != "" && (err != nil || !info.IsDir()) {
		k.badf("knowledge.dir", "không có thư mục %s", c.Knowledge.Dir)
	}
}

func (c Config) checkValues(k *checker) {
	for _, text := range [][2]string{{"bot.name", c.Bot.Name}, {"bot.contact", c.Bot.Contact}} {
		if strings.TrimSpace(text[1]) == "" {
			k.badf(text[0], "không được trống")
		}
	}
	c.checkHandoff(k)
	c.checkChannels(k)
	c.checkWebhooks(k)
	if c.Knowledge.Keep < 1 {
		k.badf("knowledge.keep", "phải từ 1 trở lên")
	}
	if c.Knowledge.Watch < 0 || c.Knowledge.Watch > 0 && c.Knowledge.Watch < time.Second {
		k.badf("knowledge.watch", "phải từ 1s trở lên; 0s là không tự đưa lên")
	}
	if c.Bot.Rate.PerMinute < 0 {
		k.badf("bot.rate.per_minute", "không được âm; 0 là không giới hạn")
	}
	for key, d := range map[string]time.Duration{
		"handoff.timeout": c.Handoff.Timeout, "retention.conversations": c.Retention.Conversations,
		"retention.reports_after_ack": c.Retention.ReportsAfterAck, "retention.unanswered": c.Retention.Unanswered,
	} {
		if d <= 0 {
			k.badf(key, "phải lớn hơn 0")
		}
	}
	for _, one := range []struct {
		key, value string
		allowed    []string
	}{
		{"telegram.mode", c.Telegram.Mode, []string{"poll", "webhook"}},
		{"log.level", c.Log.Level, []string{"debug", "info", "warn", "error"}},
		{"log.format", c.Log.Format, []string{"text", "json"}},
	} {
		if !slices.Contains(one.allowed, one.value) {
			k.badf(one.key, "%q không đúng; chọn một trong: %s", one.value, strings.Join(one.allowed, ", "))
		}
	}
}

// checkChannels finds what a channel that is set still lacks.
func (c Config) checkChannels(k *checker) {
	for key, n := range map[string]int{"telegram.per_second": c.Telegram.PerSecond, "zalo.per_second": c.Zalo.PerSecond, "zalo_bot.per_second": c.ZaloBot.PerSecond} {
		if n < 1 {
			k.badf(key, "phải từ 1 trở lên")
		}
	}
	if c.Telegram.TokenFile != "" && c.Telegram.Mode == "webhook" && c.Telegram.WebhookURL == "" {
		k.badf("telegram.webhook_url", "phải có khi telegram.mode là webhook: địa chỉ https mà Telegram gọi vào")
	}
	if c.Zalo.AppID != "" {
		for key, value := range map[string]string{"zalo.oa_id": c.Zalo.OAID, "zalo.app_secret_file": c.Zalo.AppSecretFile, "zalo.oa_secret_file": c.Zalo.OASecretFile} {
			if value == "" {
				k.badf(key, "phải có khi dùng kênh Zalo OA")
			}
		}
	}
	if c.Zalo.Verification != "" && !zaloCode.MatchString(c.Zalo.Verification) {
		k.badf("zalo.verification", "chỉ ghi mã, không ghi cả thẻ meta: chữ, số, gạch")
	}
	if c.ZaloBot.TokenFile != "" && c.ZaloBot.WebhookURL != "" && c.ZaloBot.SecretFile == "" {
		k.badf("zalo_bot.secret_file", "phải có khi đã nêu zalo_bot.webhook_url: một mã bí mật tự đặt, từ 8 ký tự")
	}
}

// checkWebhooks wants each webhook on a path of its own. A path that means
// something else already cannot be served, or never sees what the network sends.
func (c Config) checkWebhooks(k *checker) {
	telegram := c.Telegram.WebhookURL
	if c.Telegram.Mode != "webhook" {
		telegram = "" // and not in use
	}
	used := map[string]bool{}
	for _, h := range []struct{ key, address, own string }{
		{"telegram.webhook_url", telegram, "/webhook/telegram"}, {"zalo_bot.webhook_url", c.ZaloBot.WebhookURL, "/webhook/zalobot"},
	} {
		u, err := url.Parse(h.address)
		if err != nil { // said above
			continue
		}
		at := path.Clean("/" + u.Path)
		if used[at] || at != h.own && ownPath.MatchString(at) {
			k.badf(h.key, "đường dẫn này đã dùng cho việc khác; dùng %s", h.own)
		}
		used[at] = at != "/" // there, what stands before the program names the path
	}
}

// ownPath fits the paths that the program serves itself.
var ownPath = regexp.MustCompile(`^/(embed|embed\.js|livez|readyz|(static|api)(/.*)?|zalo_verifier.*|webhook/(telegram|zalo|zalobot))$`)

var zaloCode = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

func (c Config) checkHandoff(k *checker) {
	if c.Handoff.Endpoint != "" && c.Handoff.SecretFile == "" {
		k.badf("handoff.secret_file", "phải có khi đã nêu handoff.endpoint: khoá ký chung với cơ quan tiếp nhận")
	}
	if u, err := url.Parse(c.Handoff.Endpoint); err == nil && u.Scheme == "http" && c.Handoff.Recipient == "" && !loopback(u.Hostname()) {
		k.badf("handoff.endpoint", "http:// để ai trên đường truyền cũng đọc được đơn; dùng https://, hoặc đặt handoff.recipient để đơn được niêm phong")
	}
	if _, err := handoff.ParseRecipient(c.Handoff.Recipient); c.Handoff.Recipient != "" && err != nil {
		k.badf("handoff.recipient", "%w", err)
	}
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// SecretFiles returns the files that hold secrets, by key.
func (c Config) SecretFiles() map[string]string {
	return map[string]string{
		"admin.password_file": c.Admin.PasswordFile, "telegram.token_file": c.Telegram.TokenFile,
		"telegram.secret_file": c.Telegram.SecretFile, "zalo.app_secret_file": c.Zalo.AppSecretFile,
		"zalo.oa_secret_file": c.Zalo.OASecretFile, "zalo_bot.token_file": c.ZaloBot.TokenFile, "zalo_bot.secret_file": c.ZaloBot.SecretFile,
		"handoff.secret_file": c.Handoff.SecretFile, "store_file": c.StoreFile,
	}
}

func isPostgres(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}

// Database is the address of the database that several machines share, "" for
// the one in the data folder. It holds a password.
func (c Config) Database() (string, error) {
	if c.StoreFile == "" {
		return c.Store, nil
	}
	data, err := os.ReadFile(c.StoreFile)
	if err != nil {
		return "", fmt.Errorf("store_file: %w", err)
	}
	address := strings.TrimSpace(string(data))
	if !isPostgres(address) {
		return "", errors.New("store_file: tệp phải chứa một địa chỉ postgres://…")
	}
	return address, nil
}

const masked = "<bí mật>"

// YAML returns the settings in force, secrets masked, keys in order.
func (c Config) YAML() ([]byte, error) {
	c.Store = maskAddress(c.Store)
	for _, address := range c.webAddresses() {
		*address = maskAddress(*address)
	}
	settings := map[string]any{}
	if err := mapstructure.Decode(c, &settings); err != nil {
		return nil, fmt.Errorf("list settings: %w", err)
	}
	return yaml.Marshal(readable(settings))
}

// readable writes durations the way they are given.
func readable(settings map[string]any) map[string]any {
	for key, value := range settings {
		switch value := value.(type) {
		case map[string]any:
			settings[key] = readable(value)
		case time.Duration:
			settings[key] = value.String()
		}
	}
	return settings
}

// maskAddress hides the user and password of an address, which may also stand
// among its options.
func maskAddress(address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return masked
	case u.User == nil && u.RawQuery == "" && u.Fragment == "":
		return address
	}
	return u.Scheme + "://" + masked + "@" + u.Host + u.Path
}
