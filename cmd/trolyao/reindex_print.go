package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/internal/publish"
	"github.com/trolyao/trolyao/knowledge"
)

// printVersions lists what is kept and the last publications.
func printVersions(w io.Writer, data string, versions []index.VersionInfo, records []publish.Publication) {
	if len(versions) == 0 {
		fmt.Fprintf(w, "Chưa có bản nào trong thư mục dữ liệu %s.\n", fullPath(data))
		return
	}
	fmt.Fprintln(w, "Các bản còn giữ, cũ trước:")
	for _, v := range versions {
		mark := ""
		if v.Live {
			mark = "  ← đang phục vụ"
		}
		fmt.Fprintf(w, "  %s  %d bài, lập lúc %s%s\n", v.ID, v.Articles, moment(v.Created), mark)
	}
	fmt.Fprintln(w, "Những lần đưa lên gần đây:")
	for _, r := range records {
		what := "đưa lên " + r.To
		switch {
		case r.Refused != "":
			reason, _, _ := strings.Cut(r.Refused, "\n")
			what = "bị từ chối: " + reason
		case r.Action == publish.ActionRollback:
			what = "lùi về " + r.To
		}
		if r.Forced {
			what += " (bắt buộc)"
		}
		fmt.Fprintf(w, "  %s  %s: %s\n", moment(r.At), r.Who(), what)
	}
}

const shownRecords = 20

func moment(t time.Time) string { return t.In(knowledge.Vietnam()).Format("15:04:05 02/01/2006") }

func printReport(cmd *cobra.Command, folder string, r publish.Report) error {
	out := cmd.OutOrStdout()
	for _, problem := range r.Problems {
		file, words, _ := strings.Cut(problem, ":") // the words are no path
		fmt.Fprintln(out, filepath.Join(folder, filepath.FromSlash(file))+":"+words)
	}
	if r.Unrecorded != "" {
		fmt.Fprintf(cmd.ErrOrStderr(), "Chú ý: %s\n", r.Unrecorded)
	}
	if r.Error != "" {
		fmt.Fprintf(cmd.ErrOrStderr(), "Không đưa lên được, bản đang chạy giữ nguyên: %s\n", r.Error)
		return errReported
	}
	switch {
	case r.Unchanged():
		fmt.Fprintf(out, "Kho tri thức không đổi; đang chạy bản %s.\n", r.Version)
	case r.Action == publish.ActionRollback:
		fmt.Fprintf(out, "Đã lùi về bản %s.\n", r.Version)
	default:
		fmt.Fprintf(out, "Đã đưa lên bản %s.\n", r.Version)
	}
	for _, c := range []struct {
		what string
		ids  []knowledge.ID
	}{{"Thêm", r.Changes.Added}, {"Sửa", r.Changes.Changed}, {"Bỏ", r.Changes.Removed}} {
		if len(c.ids) > 0 && r.From != "" {
			fmt.Fprintf(out, "%s %d bài: %s\n", c.what, len(c.ids), shorten(c.ids))
		}
	}
	if g := r.Gate; g != nil && g.File.Asked > 0 {
		fmt.Fprintf(out, "Câu hỏi thử: tìm đúng %s.\n", g.File)
	}
	if g := r.Gate; g != nil && g.Own.Asked > 0 {
		fmt.Fprintf(out, "Câu hỏi mẫu trong các bài: tìm đúng %s.\n", g.Own)
	}
	return nil
}

// printAlone says which folder was worked on without a server, for a server may
// be running on another.
func printAlone(w io.Writer, data string) {
	fmt.Fprintf(w, "Lệnh này tự làm trên thư mục dữ liệu %s, nơi không có máy chủ nào đang chạy.\n", fullPath(data))
	fmt.Fprintln(w, "Máy chủ đang chạy trên thư mục khác (nếu có) chưa được báo; cần thì nêu --config hoặc --data của máy chủ ấy.")
}

const shownIDs = 10

func shorten(ids []knowledge.ID) string {
	var names []string
	for _, id := range ids[:min(len(ids), shownIDs)] {
		names = append(names, string(id))
	}
	if len(ids) > shownIDs {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}
