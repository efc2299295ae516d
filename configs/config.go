// Package configs reads the settings: flags, environment, file, defaults, in
// this order, once, into one typed Config. It is the only package that knows
// viper or the environment.
package configs

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
)

//go:embed default.yaml
var defaults []byte

// Config is every setting. The keys are a contract: see DefaultYAML.
type Config struct {
	Listen    string    `mapstructure:"listen"`
	Admin     Admin     `mapstructure:"admin"`
	Data      string    `mapstructure:"data"`
	Store     string    `mapstructure:"store"`
	StoreFile string    `mapstructure:"store_file"`
	Knowledge Knowledge `mapstructure:"knowledge"`
	Bot       Bot       `mapstructure:"bot"`
	Telegram  Telegram  `mapstructure:"telegram"`
	Zalo      Zalo      `mapstructure:"zalo"`
	ZaloBot   ZaloBot   `mapstructure:"zalo_bot"`
	Handoff   Handoff   `mapstructure:"handoff"`
	Retention Retention `mapstructure:"retention"`
	Log       Log       `mapstructure:"log"`
}

// Admin is the listener for staff and administrators.
type Admin struct {
	Listen       string `mapstructure:"listen"`
	PasswordFile string `mapstructure:"password_file"`
}

// Knowledge says where the articles are, how many versions to keep, and whether
// changes go live by themselves.
type Knowledge struct {
	Dir  string `mapstructure:"dir"`
	Keep int    `mapstructure:"keep"`
	// Watch is how often a changed folder is looked for; 0 is never.
	Watch time.Duration `mapstructure:"watch"`
}

// Bot is how the assistant presents itself.
type Bot struct {
	Name    string `mapstructure:"name"`
	Contact string `mapstructure:"contact"`
	Rate    Rate   `mapstructure:"rate"`
}

// Rate bounds how fast one person may ask.
type Rate struct {
	PerMinute int `mapstructure:"per_minute"`
}

// Telegram is the Telegram channel; it runs when TokenFile is set.
type Telegram struct {
	TokenFile  string  `mapstructure:"token_file"`
	Mode       string  `mapstructure:"mode"`
	API        string  `mapstructure:"api"`
	WebhookURL string  `mapstructure:"webhook_url"`
	SecretFile string  `mapstructure:"secret_file"`
	Admins     []int64 `mapstructure:"admins"`
	PerSecond  int     `mapstructure:"per_second"`
}

// Zalo is the Zalo Official Account channel; it runs when AppID is set.
type Zalo struct {
	AppID            string `mapstructure:"app_id"`
	OAID             string `mapstructure:"oa_id"`
	AppSecretFile    string `mapstructure:"app_secret_file"`
	OASecretFile     string `mapstructure:"oa_secret_file"`
	RefreshTokenFile string `mapstructure:"refresh_token_file"`
	API              string `mapstructure:"api"`
	OAuth            string `mapstructure:"oauth"`
	Verification     string `mapstructure:"verification"`
	PerSecond        int    `mapstructure:"per_second"`
}

// ZaloBot is the channel for a bot of the Zalo Bot Platform; it runs when
// TokenFile is set. Without WebhookURL it polls.
type ZaloBot struct {
	TokenFile  string `mapstructure:"token_file"`
	API        string `mapstructure:"api"`
	WebhookURL string `mapstructure:"webhook_url"`
	SecretFile string `mapstructure:"secret_file"`
	PerSecond  int    `mapstructure:"per_second"`
}

// Handoff is where reports go.
type Handoff struct {
	Endpoint   string        `mapstructure:"endpoint"`
	SecretFile string        `mapstructure:"secret_file"`
	Recipient  string        `mapstructure:"recipient"`
	Timeout    time.Duration `mapstructure:"timeout"`
}

// Retention is how long personal data is kept.
type Retention struct {
	Conversations   time.Duration `mapstructure:"conversations"`
	ReportsAfterAck time.Duration `mapstructure:"reports_after_ack"`
	Unanswered      time.Duration `mapstructure:"unanswered"`
}

// Log is how the program reports on itself.
type Log struct {
	Level  string `mapstructure:"level"`
	Format string `mapstructure:"format"`
}

const envPrefix = "TROLYAO_"

// DefaultYAML returns every key with its default and what it means.
func DefaultYAML() []byte { return bytes.Clone(defaults) }

// Load reads the settings. file may be "". overrides are values given as flags,
// by key. The error lists everything wrong, one problem a line, by key.
func Load(file string, overrides map[string]any) (Config, error) {
	v := viper.New()
	v.SetConfigType("yaml")
	if err := v.MergeConfig(bytes.NewReader(defaults)); err != nil {
		return Config{}, fmt.Errorf("read defaults: %w", err)
	}
	known := v.AllKeys()
	if file != "" {
		data, err := os.ReadFile(file)
		if err != nil {
			return Config{}, fmt.Errorf("không đọc được tệp cấu hình: %w", err)
		}
		if err := v.MergeConfig(bytes.NewReader(data)); err != nil {
			return Config{}, fmt.Errorf("tệp cấu hình %s viết sai cách YAML: %w", file, err)
		}
	}
	var problems []error
	for _, key := range v.AllKeys() {
		if !slices.Contains(known, key) {
			problems = append(problems, fmt.Errorf("%s: không có khoá này; xem các khoá bằng lệnh: trolyao config", key))
		}
	}
	problems = append(problems, applyEnvironment(v, known)...)
	for key, value := range overrides {
		v.Set(key, value)
	}
	var c Config
	if err := v.UnmarshalExact(&c, viper.DecodeHook(mapstructure.ComposeDecodeHookFunc(durationHook, commaListHook))); err != nil && len(problems) == 0 {
		problems = append(problems, decodeProblems(err)...)
	}
	if len(problems) == 0 {
		problems = c.validate()
	}
	return c, errors.Join(problems...)
}

// applyEnvironment sets the keys named by TROLYAO_ variables.
func applyEnvironment(v *viper.Viper, known []string) []error {
	names := map[string]string{}
	for _, key := range known {
		names[envPrefix+strings.ToUpper(strings.ReplaceAll(key, ".", "_"))] = key
	}
	var problems []error
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		key, ok := names[name]
		switch {
		case value == "": // an emptied variable is no variable
		case ok:
			v.Set(key, value)
		case strings.HasPrefix(name, envPrefix):
			problems = append(problems, fmt.Errorf("biến môi trường %s: không có khoá này; xem các khoá bằng lệnh: trolyao config", name))
		}
	}
	return problems
}

// errUnit is returned for a duration written as a bare number: 5 what?
var errUnit = errors.New("thời gian phải có đơn vị, ví dụ 10s, 30m, 720h")

func durationHook(from, to reflect.Type, data any) (any, error) {
	if to != reflect.TypeFor[time.Duration]() {
		return data, nil
	}
	if from.Kind() != reflect.String {
		return nil, errUnit
	}
	d, err := time.ParseDuration(data.(string)) //nolint:forcetypeassert // its kind was checked
	if err != nil {
		return nil, errUnit
	}
	return d, nil
}

// commaListHook lets an environment variable hold a list.
func commaListHook(from, to reflect.Type, data any) (any, error) {
	if from.Kind() != reflect.String || to.Kind() != reflect.Slice {
		return data, nil
	}
	return strings.FieldsFunc(data.(string), func(c rune) bool { return c == ',' || c == ' ' }), nil //nolint:forcetypeassert // its kind was checked
}

// decodeProblems turns what the decoder says into one line a key.
func decodeProblems(err error) []error {
	var many interface{ Unwrap() []error }
	if errors.As(err, &many) {
		var out []error
		for _, one := range many.Unwrap() {
			out = append(out, decodeProblems(one)...)
		}
		return out
	}
	text := strings.TrimSpace(strings.TrimPrefix(err.Error(), "decoding failed due to the following error(s):"))
	return []error{fmt.Errorf("giá trị không đúng kiểu: %s", text)}
}
