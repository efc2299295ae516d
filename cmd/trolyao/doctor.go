package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/trolyao/trolyao/internal/app"
	"github.com/trolyao/trolyao/internal/doctor"
)

func newDoctor(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Khám bệnh: vì sao trợ lý im lặng, và phải làm gì",
		Long:  "Xem thư mục dữ liệu, tệp bí mật, đồng hồ, kho tri thức, máy chủ, từng kênh và nơi nhận đơn. Không sửa gì, trừ việc đưa cơ sở dữ liệu của bản cũ về dạng mới như khi máy chủ khởi động. Có chỗ hỏng thì kết thúc với mã 1.",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			cfg, err := o.settings(nil)
			if err != nil {
				return err
			}
			fsys, _ := knowledgeFS(cfg.Knowledge.Dir)
			d, closeAll, err := app.NewDoctor(cmd.Context(), cfg, fsys)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, closeAll()) }()
			for _, f := range d.Examine(cmd.Context()) {
				f.Write(cmd.OutOrStdout())
				if f.Level == doctor.Bad {
					err = errReported
				}
			}
			return err
		},
	}
}
