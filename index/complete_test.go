package index_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/trolyao/trolyao/index"
)

func TestComplete(t *testing.T) {
	v := acquire(t)
	for typed, want := range map[string]string{"quen mat kh": "mật khẩu", "Đăng ký tạm t": "tạm trú", "cấp lại th": "căn cước"} {
		got := v.Complete(typed, 3, today)
		if len(got) == 0 {
			t.Fatalf("Complete(%q) = %v", typed, got)
		}
		if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(strings.ToLower(s), want) }) {
			t.Errorf("Complete(%q) = %v, want one with %q", typed, got, want)
		}
	}
	for _, typed := range []string{"", "…", "xyzzy qqq", strings.Repeat("a ", 500)} {
		if got := v.Complete(typed, 3, today); len(got) != 0 {
			t.Errorf("Complete(%q) = %v", typed, got)
		}
	}
}

// TestCompleteCostsNoMoreThanAnAnswer compares the two in one run: suggestions
// are asked for at every pause in typing. The machine may be busy, so the
// quickest of some rounds counts.
func TestCompleteCostsNoMoreThanAnAnswer(t *testing.T) {
	v := acquire(t)
	typed := begun()
	quickest := func(n int, do func(i int)) time.Duration {
		best := time.Hour
		for range 3 {
			start := time.Now()
			for i := range n {
				do(i)
			}
			best = min(best, time.Since(start)/time.Duration(n))
		}
		return best
	}
	answer := quickest(len(asked), func(i int) { v.Search(index.Query{Question: v.Read(asked[i]), Today: today}) })
	suggestion := quickest(len(typed), func(i int) { v.Complete(typed[i], 3, today) })
	if suggestion > answer {
		t.Errorf("a suggestion takes %v, an answer %v", suggestion, answer)
	}
}

// TestCompletePrefersTheShortest wants one wording of each article, those that
// begin with what was typed first, the shorter before the longer; none that is
// past, too long, without marks, or typed already.
func TestCompletePrefersTheShortest(t *testing.T) {
	article := func(title, questions, effective string) *fstest.MapFile {
		return &fstest.MapFile{Data: fmt.Appendf(nil, `---
title: %s
category: thu
questions: [%s]
effective: {%s}
reviewed: 2026-11-22
sources: [{title: Luật thử}]
---
Kết luận.
`, title, questions, effective)}
	}
	const inForce = "from: 2024-07-01"
	v, err := publish(t, fstest.MapFS{
		"articles/thu/bai-1.md": article("Đi đò ngang lúc trễ", "đò ngang chạy mấy giờ, đò ngang chạy tới khuya không, khuya còn đò, mấy giờ có đò, còn chuyến đò nào", inForce),
		"articles/thu/bai-2.md": article("Vé đò ngang", "mua vé đò ở đâu, giá vé đò, vé đò mấy đồng, do ngang gia, đò ngang lấy vé của người lớn và trẻ em mỗi lượt là bao nhiêu tiền vậy cô", inForce),
		"articles/thu/bai-3.md": article("Đò ngang mới", "đò ngang ở đâu, bến đò, chỗ có đò, đò nào mới, đò chạy đâu", inForce),
		"articles/thu/bai-4.md": article("Đò ngang cũ", "đò ngang xưa, bến đò xưa, chỗ có đò xưa, đò nào cũ, đò xưa chạy đâu", "from: 2020-07-01, until: 2024-06-30"),
	}).Acquire()
	if err != nil {
		t.Fatal(err)
	}
	defer v.Release()
	for _, tc := range []struct {
		typed string
		want  []string
	}{
		{"do nga", []string{"Đò ngang mới", "đò ngang chạy mấy giờ", "Vé đò ngang"}},
		{"đò ngang", []string{"Đò ngang mới", "đò ngang chạy mấy giờ", "Vé đò ngang"}},
		{"Đò ngang c", []string{"đò ngang chạy mấy giờ"}},
		{"đo ngang", nil},
		{"đò ngàng", nil},
		{"ngang mo", []string{"Đò ngang mới"}},
		{"ve do ngang", nil},
		{"giá v", []string{"giá vé đò"}},
	} {
		if got := v.Complete(tc.typed, 3, today); !slices.Equal(got, tc.want) {
			t.Errorf("Complete(%q) = %q, want %q", tc.typed, got, tc.want)
		}
	}
	if got := v.Complete("do nga", 1, today); !slices.Equal(got, []string{"Đò ngang mới"}) {
		t.Errorf("one of them is %q", got)
	}
}

func publish(t *testing.T, fsys fstest.MapFS) *index.Index {
	t.Helper()
	x := index.New(quiet)
	t.Cleanup(x.Close)
	if _, err := x.Publish(t.Context(), load(t, fsys)); err != nil {
		t.Fatal(err)
	}
	return x
}
