package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/trolyao/trolyao/configs"
	"github.com/trolyao/trolyao/handoff"
	"github.com/trolyao/trolyao/internal/publish"
	"github.com/trolyao/trolyao/internal/store"
)

func newReportsRetry(o *options) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "retry [ĐƠN…]",
		Short: "Cho chuyển lại ngay các đơn đang chờ hoặc bị từ chối",
		RunE: func(cmd *cobra.Command, args []string) error {
			if all == (len(args) > 0) {
				return fmt.Errorf("%w: nêu các đơn, hoặc --all", errUsage)
			}
			return o.withStore(cmd, func(ctx context.Context, cfg configs.Config, db *store.DB) error {
				n, err := retryReports(ctx, cmd.OutOrStdout(), db, args, all)
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%d đơn được cho chuyển lại; %s\n", n, whenDelivered(cfg))
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "mọi đơn chưa chuyển được")
	return cmd
}

// whenDelivered tells what has to be so for reports to go out.
func whenDelivered(cfg configs.Config) string {
	if cfg.Handoff.Endpoint == "" {
		return "chưa có handoff.endpoint nên các đơn vẫn được giữ, chưa chuyển cho cơ quan nào."
	}
	_, err := publish.ReadControl(cfg.Data)
	shared := cfg.Store != "" || cfg.StoreFile != "" // any machine may deliver
	if err != nil && !shared {
		return fmt.Sprintf("không có máy chủ nào chạy trên thư mục dữ liệu %s, đơn được chuyển khi máy chủ chạy.", fullPath(cfg.Data))
	}
	return "máy chủ đang chạy sẽ chuyển trong vài giây."
}

// retryReports lets reports go out again at once, and returns how many. With
// all, the server may deliver one meanwhile, which is as well.
func retryReports(ctx context.Context, out io.Writer, db *store.DB, names []string, all bool) (n int, err error) {
	if all {
		const most = 1_000_000
		for _, state := range []handoff.State{handoff.Stuck, handoff.Pending} {
			entries, err := db.Reports(ctx, state, most)
			if err != nil {
				return 0, err
			}
			for _, e := range entries {
				names = append(names, string(e.ID))
			}
		}
	}
	for _, name := range names {
		e, err := db.FindReport(ctx, name)
		if err == nil {
			err = db.Retry(ctx, e.ID, whoAmI())
		}
		switch {
		case all && errors.Is(err, store.ErrDelivered):
		case err != nil:
			return n, fmt.Errorf("%s: %w", name, err)
		default:
			n++
			fmt.Fprintf(out, "%s: sẽ chuyển lại ngay.\n", e.ID)
		}
	}
	return n, nil
}
