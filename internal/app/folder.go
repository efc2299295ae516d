package app

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// openFolder makes the data folder when it is missing, and makes sure that it can
// be written: what is wrong with a disk is told best before anything has begun.
func openFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return fmt.Errorf("không tạo được thư mục dữ liệu %s (%s): %w", folder, ailment(err), err)
	}
	f, err := os.CreateTemp(folder, ".thu-ghi-*")
	if err == nil {
		_, err = f.Write(make([]byte, os.Getpagesize()))
		err = errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
	}
	if err != nil {
		return fmt.Errorf("không ghi được vào thư mục dữ liệu %s (%s; xem docs/runbook.md): %w", folder, ailment(err), err)
	}
	return nil
}

// ailment says what is wrong with a disk.
func ailment(err error) string {
	switch {
	case errors.Is(err, syscall.EROFS):
		return "ổ đĩa đang ở chế độ chỉ đọc"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "đĩa đầy"
	case errors.Is(err, os.ErrPermission):
		return "người dùng chạy trolyao thiếu quyền ghi"
	}
	return "đĩa hỏng, hoặc đường dẫn sai"
}
