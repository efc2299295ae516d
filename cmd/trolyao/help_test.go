package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestWrongCalls wants every wrong call to end with the status of one, and to
// say what is wrong in Vietnamese.
func TestWrongCalls(t *testing.T) {
	calls := map[string]string{
		"reports show":                 "cần đúng một đơn",
		"reports show a b":             "cần đúng một đơn",
		"reports retry":                "nêu các đơn, hoặc --all",
		"reports list --limit nhiều":   `cờ --limit không nhận giá trị "nhiều"`,
		"completion foo":               `không nhận "foo"`,
		"completion bash foo":          `không nhận "foo"`,
		"help nope":                    `không có lệnh ["nope"]`,
		"help reports nope":            "không có lệnh",
		"nope":                         `không nhận "nope"`,
		"serve -x":                     "không có cờ -x",
		"serve --config":               "cờ --config cần một giá trị",
		"calibrate q.jsonl -o":         "cờ -o cần một giá trị",
		"serve --=x":                   "không có cờ --=x",
		"import":                       "cần ít nhất một tệp",
		"new":                          "cần đúng một mã bài",
		"check a b":                    "chỉ kiểm tra một thư mục",
		"reports list --state gi":      "--state chỉ nhận",
		"eval":                         "",
		"import --category X tin.docx": "chủ đề",
	}
	each(withHelp(), func(cmd *cobra.Command) {
		calls[cmd.CommandPath()[len("trolyao"):]+" --bogus"] = "không có cờ --bogus"
	})
	for call, want := range calls {
		var out, errs bytes.Buffer
		if code := execute(t.Context(), strings.Fields(call), strings.NewReader(""), &out, &errs); code != exitUsage ||
			!strings.Contains(errs.String(), want) || !strings.Contains(errs.String(), "dùng sai lệnh") || out.Len() > 0 {
			t.Errorf("trolyao %s: exit %d\n%s%s", call, code, errs.String(), out.String())
		}
	}
}

// TestHelpIsVietnamese wants no word of the libraries in any help.
func TestHelpIsVietnamese(t *testing.T) {
	english := regexp.MustCompile(`(?i)\b(usage|available|commands?|flags?|help for|default|string|int|float|use|examples?|aliases|shell)\b`)
	each(withHelp(), func(cmd *cobra.Command) {
		var out, errs bytes.Buffer
		args := strings.Fields(cmd.CommandPath() + " --help")[1:]
		if code := execute(t.Context(), args, strings.NewReader(""), &out, &errs); code != 0 || errs.Len() > 0 {
			t.Fatalf("%v: exit %d: %s", args, code, errs.String())
		}
		if word := english.FindString(out.String()); word != "" || !strings.Contains(out.String(), "--help") {
			t.Errorf("%v: %q in\n%s", args, word, out.String())
		}
	})
}

func withHelp() *cobra.Command {
	root := newRoot()
	root.InitDefaultHelpCmd() // as its execution does
	return root
}

// each visits a command and all below it.
func each(cmd *cobra.Command, visit func(*cobra.Command)) {
	visit(cmd)
	for _, c := range cmd.Commands() {
		each(c, visit)
	}
}
