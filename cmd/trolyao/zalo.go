package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trolyao/trolyao/configs"
	"github.com/trolyao/trolyao/internal/app"
	"github.com/trolyao/trolyao/internal/store"
)

func newZalo(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "zalo",
		Short: "Trông coi quyền gửi tin của Zalo OA",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newZaloLogin(o), newZaloStatus(o))
	return cmd
}

func newZaloLogin(o *options) *cobra.Command {
	var redirect string
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Nhận quyền gửi tin lần đầu, hoặc nhận lại khi Zalo từ chối",
		Long: `In ra địa chỉ để chủ tài khoản OA bấm đồng ý, rồi đọc một dòng từ bàn phím:
địa chỉ mà Zalo chuyển tới (có ?code=…), hoặc mã refresh token.
Máy chủ đang chạy dùng ngay mã mới, không cần khởi động lại.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.withStore(cmd, func(ctx context.Context, cfg configs.Config, db *store.DB) error {
				tokens, err := app.ZaloTokens(cfg, db)
				if err != nil {
					return err
				}
				out := cmd.OutOrStdout()
				fmt.Fprintf(out, "1. Mở địa chỉ này bằng tài khoản quản trị OA và bấm Cho phép:\n   %s\n", consentAddress(cfg, redirect))
				fmt.Fprint(out, "2. Chép địa chỉ mà trình duyệt chuyển tới (hoặc mã refresh token) dán vào đây, rồi Enter:\n> ")
				line, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
				line = strings.TrimSpace(line)
				if line == "" {
					return errors.Join(errors.New("chưa dán gì"), err)
				}
				if code, ok := codeIn(line); ok {
					err = tokens.Login(ctx, code, "")
				} else {
					err = tokens.Paste(ctx, line)
				}
				if err != nil {
					return fmt.Errorf("Zalo chưa cấp quyền; mã chỉ dùng được một lần và trong 10 phút: %w", err) //nolint:staticcheck // a proper name
				}
				fmt.Fprintln(out, "Đã nhận quyền. Từ nay trolyao tự gia hạn; để máy tắt quá 3 tháng thì làm lại bước này.")
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&redirect, "redirect", "", "địa chỉ chuyển về đã khai trên developers.zalo.me")
	return cmd
}

// consentAddress is where the owner of the account agrees.
func consentAddress(cfg configs.Config, redirect string) string {
	values := url.Values{"app_id": {cfg.Zalo.AppID}}
	if redirect != "" {
		values.Set("redirect_uri", redirect)
	}
	return strings.TrimSuffix(cfg.Zalo.OAuth, "/") + "/v4/oa/permission?" + values.Encode()
}

// codeIn finds the code in the address that Zalo redirects to.
func codeIn(line string) (string, bool) {
	_, query, ok := strings.Cut(line, "?")
	if !ok {
		query = line
	}
	values, err := url.ParseQuery(query)
	if err != nil || values.Get("code") == "" {
		return "", false
	}
	return values.Get("code"), true
}

func newZaloStatus(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Xem mã truy cập còn hạn đến lúc nào",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.withStore(cmd, func(ctx context.Context, cfg configs.Config, db *store.DB) error {
				tokens, err := app.ZaloTokens(cfg, db)
				if err != nil {
					return err
				}
				s, err := tokens.Status(ctx)
				if err != nil {
					return err
				}
				out := cmd.OutOrStdout()
				switch {
				case !s.Known:
					fmt.Fprintln(out, "Chưa có mã truy cập. Chạy: trolyao zalo login")
				case s.Problem != "":
					fmt.Fprintf(out, "Zalo không cấp mã mới (%s). Chạy: trolyao zalo login\n", s.Problem)
				case s.Got.IsZero():
					fmt.Fprintln(out, "Có mã ban đầu, chưa đổi lấy mã truy cập.")
				default:
					fmt.Fprintf(out, "Mã truy cập nhận lúc %s, còn hạn đến %s.\n", when(s.Got), when(s.Expires))
				}
				return nil
			})
		},
	}
}
