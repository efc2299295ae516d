package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/trolyao/trolyao/configs"
	"github.com/trolyao/trolyao/handoff"
	"github.com/trolyao/trolyao/internal/app"
	"github.com/trolyao/trolyao/internal/store"
)

func newReports(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "reports",
		Short: "Trông coi các đơn tố giác: danh sách, chuyển lại, kiểm tra sổ theo dõi",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newReportsList(o), newReportsShow(o), newReportsRetry(o), newReportsVerify(o))
	return cmd
}

// withStore runs f on the database of the data folder. A server may be running
// on it.
func (o *options) withStore(cmd *cobra.Command, f func(ctx context.Context, cfg configs.Config, db *store.DB) error) error {
	cfg, err := o.settings(nil)
	if err != nil {
		return err
	}
	log, err := app.NewLogger(cmd.ErrOrStderr(), "warn", cfg.Log.Format)
	if err != nil {
		return err
	}
	db, err := app.OpenStore(cmd.Context(), cfg, log)
	if err != nil {
		return err
	}
	return errors.Join(f(cmd.Context(), cfg, db), db.Close())
}

// databaseName tells an admin which database was looked at.
func databaseName(cfg configs.Config) string {
	if cfg.Store != "" || cfg.StoreFile != "" {
		return "PostgreSQL"
	}
	return fullPath(filepath.Join(cfg.Data, store.File))
}

func newReportsList(o *options) *cobra.Command {
	var state string
	var limit int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Liệt kê các đơn, mới nhất trước; không bao giờ hiện nội dung",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			states := map[string]handoff.State{"": "", "cho": handoff.Pending, "ket": handoff.Stuck, "xong": handoff.Delivered}
			chosen, ok := states[state]
			if !ok {
				return fmt.Errorf("%w: --state chỉ nhận cho, ket hoặc xong", errUsage)
			}
			return o.withStore(cmd, func(ctx context.Context, cfg configs.Config, db *store.DB) error {
				entries, err := db.Reports(ctx, chosen, limit)
				if err != nil {
					return err
				}
				if len(entries) == 0 {
					fmt.Fprintf(cmd.OutOrStdout(), "Không tìm thấy đơn nào trong %s.\n", databaseName(cfg))
				}
				return printReports(cmd.OutOrStdout(), entries, cfg.Handoff.Endpoint != "")
			})
		},
	}
	cmd.Flags().StringVar(&state, "state", "", "chỉ liệt kê: cho (chờ chuyển), ket (bị từ chối), xong (đã chuyển)")
	cmd.Flags().IntVar(&limit, "limit", 100, "nhiều nhất bao nhiêu đơn")
	return cmd
}

func newReportsShow(o *options) *cobra.Command {
	var identity string
	cmd := &cobra.Command{
		Use:   "show ĐƠN",
		Short: "Hiện một đơn (mã đơn hoặc mã tiếp nhận); nội dung chỉ hiện khi có khoá",
		Long: `Hiện tình trạng của một đơn và những gì đã xảy ra với nó.
Nội dung chỉ hiện khi nêu --identity: tệp khoá riêng age của cơ quan tiếp nhận, hoặc
tệp ` + handoff.KeyFile + ` trong thư mục dữ liệu khi cơ quan chưa có khoá. Mỗi lần mở đều được ghi sổ.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("%w: cần đúng một đơn: mã đơn hoặc mã tiếp nhận", errUsage)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.withStore(cmd, func(ctx context.Context, _ configs.Config, db *store.DB) error {
				e, err := db.FindReport(ctx, args[0])
				if err != nil {
					return err
				}
				if identity != "" {
					return openReport(ctx, cmd.OutOrStdout(), db, e, identity)
				}
				events, err := db.Custody(ctx, e.ID)
				if err != nil {
					return err
				}
				printEntry(cmd.OutOrStdout(), e, events)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&identity, "identity", "", "tệp khoá riêng age để mở nội dung")
	return cmd
}

// openReport prints the content, after writing down who opened it.
func openReport(ctx context.Context, out io.Writer, db *store.DB, e store.Entry, identity string) error {
	if _, err := os.Stat(identity); err != nil {
		return fmt.Errorf("không đọc được tệp khoá: %w", err)
	}
	if e.Purged {
		return errors.New("nội dung đơn này đã xoá theo thời hạn")
	}
	box, err := db.Box(ctx, e.ID, whoAmI())
	if err != nil {
		return err
	}
	report, err := handoff.Open(box, identity)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(report)
}

func newReportsVerify(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Kiểm tra sổ theo dõi đơn có bị sửa, bị xoá dòng nào không",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.withStore(cmd, func(ctx context.Context, cfg configs.Config, db *store.DB) error {
				v, err := db.VerifyCustody(ctx)
				if err != nil {
					return fmt.Errorf("sổ theo dõi KHÔNG nguyên vẹn:\n%w", err)
				}
				printVerified(cmd.OutOrStdout(), v, databaseName(cfg))
				return nil
			})
		},
	}
}
