package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/trolyao/trolyao/internal/app"
	"github.com/trolyao/trolyao/internal/publish"
)

func newReindex(o *options) *cobra.Command {
	var order publish.Order
	var list bool
	cmd := &cobra.Command{
		Use:   "reindex",
		Short: "Đưa kho tri thức mới lên mà không ngừng phục vụ, hoặc lùi về bản cũ",
		Long: `Lập bản chỉ mục mới bên cạnh bản đang chạy, kiểm tra, so với bản đang chạy trên các câu hỏi thử, rồi đổi sang trong nháy mắt.
Kém hơn thì không đổi và chỉ ra câu nào bị mất. Máy chủ đang chạy trên cùng thư mục dữ liệu thì máy chủ làm; không thì lệnh này tự làm.`,
		Example: `  trolyao reindex --knowledge kho-tri-thuc
  trolyao reindex --rollback
  trolyao reindex --list`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := o.settings(nil)
			if err != nil {
				return err
			}
			log, err := app.NewLogger(io.Discard, cfg.Log.Level, cfg.Log.Format)
			if err != nil {
				return err
			}
			if list {
				versions, records, err := app.Kept(cmd.Context(), cfg, shownRecords, log)
				if err == nil || len(versions) > 0 {
					printVersions(cmd.OutOrStdout(), cfg.Data, versions, records)
				}
				return err
			}
			order.By = whoAmI()
			fsys, name := knowledgeFS(cfg.Knowledge.Dir)
			r, served, err := app.Order(cmd.Context(), cfg, fsys, log, order)
			if err != nil {
				return err
			}
			err = printReport(cmd, name, r)
			if !served {
				printAlone(cmd.OutOrStdout(), cfg.Data)
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&order.Rollback, "rollback", false, "lùi về bản trước")
	cmd.Flags().StringVar(&order.To, "to", "", "lùi về đúng bản này (xem --list)")
	cmd.Flags().BoolVar(&order.Force, "force", false, "đưa lên dù kém hơn bản đang chạy; việc này được ghi lại")
	cmd.Flags().BoolVar(&list, "list", false, "liệt kê các bản còn giữ và những lần đưa lên")
	return cmd
}
