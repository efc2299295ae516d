package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trolyao/trolyao/knowledge"
)

func newNew(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "new CHỦ-ĐỀ/MÃ-BÀI",
		Short: "Tạo khung một bài mới để điền",
		Long: `Tạo tệp drafts/CHỦ-ĐỀ/MÃ-BÀI.md trong kho tri thức (--knowledge, không nêu thì là thư mục hiện tại), với đủ các mục để điền.
Điền xong, hết lời nhắc của trolyao check, thì chuyển tệp sang articles/ để đưa lên.`,
		Example: `  trolyao new can-cuoc/cap-lai-the-can-cuoc --knowledge kho-tri-thuc`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("%w: cần đúng một mã bài, ví dụ can-cuoc/cap-lai-the-can-cuoc", errUsage)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			category, id, ok := strings.Cut(args[0], "/")
			if !ok {
				category, id = "nhap", args[0]
			}
			dir, err := o.folder()
			if err != nil {
				return err
			}
			path, err := newDraft(dir, category, id)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), path)
			fmt.Fprintf(cmd.ErrOrStderr(), "Mở tệp, điền từng chỗ (cách viết: FORMAT.md), rồi chạy: trolyao check %s\n", dir)
			return nil
		},
	}
	return cmd
}

// newDraft writes the frame of an article, never over another.
func newDraft(dir, category, id string) (path string, err error) {
	for _, name := range []string{category, id} {
		if name == "" || knowledge.Slug(name) != name {
			return "", fmt.Errorf("%w: %q phải gồm chữ thường không dấu, số và gạch nối, ví dụ can-cuoc/cap-lai-the-can-cuoc", errUsage, name)
		}
		if len(name) > knowledge.MaxIDLength {
			return "", fmt.Errorf("%w: %q dài %d ký tự; nhiều nhất %d", errUsage, name, len(name), knowledge.MaxIDLength)
		}
	}
	path = filepath.Join(dir, knowledge.DraftsFolder, category, id+".md")
	taken, err := knowledge.TakenIDs(os.DirFS(dir))
	if err != nil {
		return "", fmt.Errorf("đọc thư mục %s: %w", dir, err)
	}
	if file := taken[knowledge.ID(id)]; file != "" {
		if file = filepath.Join(dir, filepath.FromSlash(file)); file == path {
			return "", fmt.Errorf("%s đã có; hãy sửa tệp ấy", path)
		}
		return "", fmt.Errorf("mã bài %s đã có ở %s; mỗi mã chỉ dùng một lần", id, file)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // the server, another user, reads it
		return "", fmt.Errorf("tạo thư mục: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644) //nolint:gosec // the server, another user, reads it
	if errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("%s đã có; hãy sửa tệp ấy", path)
	}
	if err != nil {
		return "", err
	}
	_, err = fmt.Fprintf(f, scaffold, category)
	if err := errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("ghi %s: %w", path, err)
	}
	return path, nil
}

// scaffold is a new article. What is left empty is asked for by check.
const scaffold = `---
title:
category: %s
questions:
  - # ít nhất 5 câu, nên 20 câu trở lên, mỗi câu một cách hỏi khác nhau
keywords: []
agency:
effective: {from: , until: }
reviewed:
review_every: 180d
sources:
  - {title: ""}
related: []
---
Một hoặc hai câu: việc này áp dụng cho ai, làm gì, ở đâu.

## Hồ sơ

## Cách thực hiện

## Nơi nộp

## Lệ phí

## Thời hạn
`
