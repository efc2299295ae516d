package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/trolyao/trolyao/configs"
	"github.com/trolyao/trolyao/handoff"
	"github.com/trolyao/trolyao/internal/app"
	"github.com/trolyao/trolyao/internal/store"
	"github.com/trolyao/trolyao/knowledge"
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
				return listReports(cmd.OutOrStdout(), entries, cfg.Handoff.Endpoint != "")
			})
		},
	}
	cmd.Flags().StringVar(&state, "state", "", "chỉ liệt kê: cho (chờ chuyển), ket (bị từ chối), xong (đã chuyển)")
	cmd.Flags().IntVar(&limit, "limit", 100, "nhiều nhất bao nhiêu đơn")
	return cmd
}

func listReports(out io.Writer, entries []store.Entry, connected bool) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ĐƠN\tGỬI LÚC\tTÌNH TRẠNG\tSỐ LẦN\tGHI CHÚ")
	for _, e := range entries {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\n", e.ID, when(e.Submitted), stateName(e.State), e.Attempts, remark(e))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if !connected {
		fmt.Fprintln(out, "\nChưa có handoff.endpoint: các đơn đang được giữ, chưa chuyển cho cơ quan nào.")
	}
	return nil
}

func stateName(s handoff.State) string {
	switch s {
	case handoff.Delivered:
		return "đã chuyển"
	case handoff.Stuck:
		return "BỊ TỪ CHỐI"
	case handoff.Pending:
	}
	return "chờ chuyển"
}

func remark(e store.Entry) string {
	switch {
	case e.State == handoff.Delivered:
		return "số tiếp nhận " + e.Reference
	case e.Problem != "":
		return e.Problem
	case e.To != "":
		return "bổ sung cho " + string(e.To)
	}
	return ""
}

func when(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(knowledge.Vietnam()).Format("02/01/2006 15:04")
}

func newReportsShow(o *options) *cobra.Command {
	var identity string
	cmd := &cobra.Command{
		Use:   "show ĐƠN",
		Short: "Hiện một đơn (mã đơn hoặc mã tiếp nhận); nội dung chỉ hiện khi có khoá",
		Long: `Hiện tình trạng của một đơn và những gì đã xảy ra với nó.
Nội dung chỉ hiện khi nêu --identity: tệp khoá riêng age của cơ quan tiếp nhận, hoặc
tệp ` + handoff.KeyFile + ` trong thư mục dữ liệu khi cơ quan chưa có khoá. Mỗi lần mở đều được ghi sổ.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.withStore(cmd, func(ctx context.Context, _ configs.Config, db *store.DB) error {
				e, err := db.FindReport(ctx, args[0])
				if err != nil {
					return err
				}
				if identity != "" {
					return openReport(ctx, cmd.OutOrStdout(), db, e, identity)
				}
				return showReport(ctx, cmd.OutOrStdout(), db, e)
			})
		},
	}
	cmd.Flags().StringVar(&identity, "identity", "", "tệp khoá riêng age để mở nội dung")
	return cmd
}

func showReport(ctx context.Context, out io.Writer, db *store.DB, e store.Entry) error {
	events, err := db.Custody(ctx, e.ID)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Đơn %s: %s\nGửi lúc %s qua %s, đã thử chuyển %d lần.\n", e.ID, stateName(e.State), when(e.Submitted), e.Channel, e.Attempts)
	if r := remark(e); r != "" {
		fmt.Fprintf(out, "Ghi chú: %s\n", r)
	}
	if e.State == handoff.Pending {
		fmt.Fprintf(out, "Lần thử tới: %s\n", when(e.NextAt))
	}
	seal := "bằng khoá của máy này (" + handoff.KeyFile + ")"
	if e.Foreign {
		seal = "bằng khoá của cơ quan tiếp nhận; máy này không mở được"
	}
	if e.Purged {
		seal = "đã xoá theo thời hạn"
	}
	fmt.Fprintf(out, "Nội dung: %d byte, niêm phong %s.\n\nSổ theo dõi:\n", e.Bytes, seal)
	for _, event := range events {
		fmt.Fprintf(out, "  %d. %s  %s  %s\n", event.Seq, event.At.In(knowledge.Vietnam()).Format("02/01/2006 15:04:05"), whatName(event.What), event.Detail)
	}
	return nil
}

func whatName(w handoff.What) string {
	names := map[handoff.What]string{
		handoff.Received: "nhận và niêm phong", handoff.Acknowledged: "cơ quan xác nhận", handoff.Refused: "máy nhận từ chối",
		handoff.Requeued: "cho chuyển lại", handoff.Viewed: "mở xem", handoff.Purged: "xoá nội dung",
	}
	return names[w]
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
				place := filepath.Join(cfg.Data, store.File)
				if cfg.Store != "" || cfg.StoreFile != "" {
					place = "PostgreSQL"
				}
				fmt.Fprintf(cmd.OutOrStdout(), "Sổ theo dõi nguyên vẹn: %d dòng, %d đơn.\nMã băm dòng cuối: %s\nChép mã này ra nơi khác; lần sau so lại thì biết sổ có bị cắt đuôi không (%s).\n",
					v.Events, v.Reports, v.Head, place)
				return nil
			})
		},
	}
}
