package web

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBlocks(t *testing.T) {
	got := blocks("Nơi nộp:\nNộp ở một trong các nơi:\n\n- Xã.\n- Tỉnh.\n\nCác bước:\n1. Đến.\n2. Ký.\n\nHết: xong.")
	want := []block{
		{"h", []string{"Nơi nộp"}},
		{"p", []string{"Nộp ở một trong các nơi:"}},
		{"ul", []string{"Xã.", "Tỉnh."}},
		{"h", []string{"Các bước"}},
		{"ol", []string{"Đến.", "Ký."}},
		{"p", []string{"Hết: xong."}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
