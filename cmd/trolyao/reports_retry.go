package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/trolyao/trolyao/configs"
	"github.com/trolyao/trolyao/handoff"
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
			return o.withStore(cmd, func(ctx context.Context, _ configs.Config, db *store.DB) error {
				return retryReports(ctx, cmd.OutOrStdout(), db, args, all)
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "mọi đơn chưa chuyển được")
	return cmd
}

func retryReports(ctx context.Context, out io.Writer, db *store.DB, names []string, all bool) error {
	if all {
		const most = 1_000_000
		for _, state := range []handoff.State{handoff.Stuck, handoff.Pending} {
			entries, err := db.Reports(ctx, state, most)
			if err != nil {
				return err
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
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(out, "%s: sẽ chuyển lại ngay.\n", e.ID)
	}
	fmt.Fprintf(out, "%d đơn được cho chuyển lại; máy chủ đang chạy sẽ chuyển trong vài giây.\n", len(names))
	return nil
}
