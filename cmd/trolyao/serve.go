package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/trolyao/trolyao/internal/app"
)

func newServe(o *options) *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Chạy tất cả: trang hỏi đáp, các kênh nhắn tin, bảng điều khiển",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			overrides := map[string]any{}
			if listen != "" {
				overrides["listen"] = listen
			}
			cfg, err := o.settings(overrides)
			if err != nil {
				return err
			}
			log, err := app.NewLogger(cmd.ErrOrStderr(), cfg.Log.Level, cfg.Log.Format)
			if err != nil {
				return err
			}
			fsys, _ := knowledgeFS(cfg.Knowledge.Dir)
			keepSmall(fsys)
			a, err := app.New(cmd.Context(), cfg, fsys, log)
			if err != nil {
				return err
			}
			public, admin := a.Addresses()
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "Trang hỏi đáp:    http://%s\nBảng điều khiển:  http://%s\n", public, admin)
			if password := a.NewPassword(); password != "" {
				fmt.Fprintf(out, "Mật khẩu bảng điều khiển (chỉ in lần này): %s\n", password)
			}
			fmt.Fprintln(out, "Sẵn sàng. Nhấn Ctrl+C để dừng.")
			return a.Run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "", "địa chỉ trang hỏi đáp, ví dụ :8080")
	return cmd
}
