package configs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trolyao/trolyao/configs"
)

func TestDefaults(t *testing.T) {
	c, err := configs.Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != ":8080" || c.Admin.Listen != "127.0.0.1:8081" || c.Data != "./data" || c.Knowledge.Keep != 5 || c.Bot.Rate.PerMinute != 20 ||
		c.Handoff.Timeout != 10*time.Second || c.Retention.ReportsAfterAck != 2160*time.Hour || c.Telegram.Mode != "poll" || c.Zalo.OAuth != "https://oauth.zaloapp.com" {
		t.Errorf("%+v", c)
	}
	// What "config" prints is a configuration file that gives the same settings.
	data, err := c.YAML()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "printed.yaml")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := configs.Load(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, again); diff != "" {
		t.Error(diff)
	}
}

// TestPrintedWithoutSecrets wants no user, password or query of an address to be
// printed, and the rest of it to be.
func TestPrintedWithoutSecrets(t *testing.T) {
	for key, format := range map[string]string{
		"store":            "postgres://%sdb/trolyao%s",
		"telegram.api":     "http://%sproxy:8443/tg%s",
		"handoff.endpoint": "https://%sdon.cong-an.gov.vn/nhan%s", "telegram.webhook_url": "https://%sxa.gov.vn/webhook/telegram%s",
		"zalo.api": "https://%sproxy/zalo%s", "zalo.oauth": "https://%sproxy/oauth%s",
		"zalo_bot.api": "https://%sproxy/bot%s", "zalo_bot.webhook_url": "https://%sxa.gov.vn/webhook/zalobot%s",
	} {
		for _, secret := range [][2]string{{"nguoi:hunter2@", ""}, {"", "?ma=hunter2"}, {"", "#hunter2"}, {"", ""}} {
			settings := map[string]any{key: fmt.Sprintf(format, secret[0], secret[1])}
			if key == "handoff.endpoint" {
				settings["handoff.secret_file"] = "config_test.go" // any file
			}
			c, err := configs.Load("", settings)
			if err != nil {
				t.Fatal(err)
			}
			data, err := c.YAML()
			if err != nil {
				t.Fatal(err)
			}
			hidden := ""
			if secret != [2]string{} {
				hidden = "<bí mật>@"
			}
			if want := ": " + fmt.Sprintf(format, hidden, "") + "\n"; !strings.Contains(string(data), want) || strings.Contains(string(data), "hunter2") {
				t.Errorf("%s %s is printed as\n%s", key, settings[key], data)
			}
		}
	}
}

// TestBadFiles wants each file of testdata/bad.*.yaml refused with the words in
// its first line.
func TestBadFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/bad.*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(data), "\n")
			_, err = configs.Load(file, nil)
			if err == nil {
				t.Fatal("accepted")
			}
			for want := range strings.SplitSeq(strings.TrimPrefix(first, "# "), " & ") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}

// TestReportsNotInClear wants no report to leave the machine in clear.
func TestReportsNotInClear(t *testing.T) {
	const recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
	for name, tc := range map[string]struct {
		endpoint, recipient string
		ok                  bool
	}{
		"in clear":             {"http://don.cong-an.gov.vn/nhan", "", false},
		"in clear, upper case": {"HTTP://192.168.1.20:9000", "", false},
		"sealed":               {"http://don.cong-an.gov.vn/nhan", recipient, true},
		"over TLS":             {"https://don.cong-an.gov.vn/nhan", "", true},
		"to localhost":         {"http://localhost:9000/nhan", "", true},
		"to this machine":      {"http://127.0.0.1:9000", "", true},
		"to this machine, v6":  {"http://[::1]:9000", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := configs.Load("", map[string]any{
				"handoff.endpoint": tc.endpoint, "handoff.recipient": tc.recipient, "handoff.secret_file": "config_test.go", // any file
			})
			if (err == nil) != tc.ok || err != nil && !strings.Contains(err.Error(), "handoff.endpoint: http://") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestWebhookPaths wants every path that leads to a webhook alone to be free.
func TestWebhookPaths(t *testing.T) {
	for name, yaml := range map[string]string{
		"as documented":     `{telegram: {mode: webhook, webhook_url: "https://x.vn/webhook/telegram"}, zalo_bot: {webhook_url: "https://x.vn/webhook/zalobot"}}`,
		"the proxy's names": `{telegram: {mode: webhook, webhook_url: "https://x.vn/tg"}, zalo_bot: {webhook_url: "https://x.vn/a/{b}"}}`,
		"only a host each":  `{telegram: {mode: webhook, webhook_url: "https://tg.x.vn/"}, zalo_bot: {webhook_url: "https://zb.x.vn"}}`,
		"one is not in use": `{telegram: {mode: poll, webhook_url: "https://x.vn/hook"}, zalo_bot: {webhook_url: "https://x.vn/hook"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "c.yaml")
			if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := configs.Load(file, nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestUnit wants the unit to take every setting from the file that the other
// commands are given too; a flag of its own they would not know.
func TestUnit(t *testing.T) {
	unit, err := os.ReadFile("trolyao.service")
	if err != nil {
		t.Fatal(err)
	}
	if want := "\nExecStart=/usr/local/bin/trolyao serve --config /etc/trolyao/trolyao.yaml\n"; !strings.Contains(string(unit), want) {
		t.Errorf("the unit has no line %q", want)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("bot: {name: x}\n")
	f.Add("handoff: {timeout: 5}\nretention: [1]\n")
	f.Add("listen: &a [*a]\n")
	file := filepath.Join(f.TempDir(), "c.yaml")
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if c, err := configs.Load(file, nil); err == nil && (c.Data == "" || c.Knowledge.Keep < 1 || c.Handoff.Timeout <= 0) {
			t.Fatalf("accepted %+v", c)
		}
	})
}
