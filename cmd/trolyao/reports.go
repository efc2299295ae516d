package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"

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
	var identity, output string
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
			if output != "" && identity == "" {
				return fmt.Errorf("%w: --output cần --identity", errUsage)
			}
			return o.withStore(cmd, func(ctx context.Context, _ configs.Config, db *store.DB) error {
				e, err := db.FindReport(ctx, args[0])
				if err != nil {
					return err
				}
				if identity != "" {
					return openReport(ctx, cmd.OutOrStdout(), db, e, identity, output)
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
	cmd.Flags().StringVar(&output, "output", "", "ghi nội dung và các tệp kèm theo vào thư mục này, thay vì in ra")
	return cmd
}

// openReport prints the content, or writes it into the folder output, after
// writing down who opened it.
func openReport(ctx context.Context, out io.Writer, db *store.DB, e store.Entry, identity, output string) error {
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
	if output != "" {
		return saveReport(out, output, report)
	}
	return encodeReport(out, report)
}

func encodeReport(out io.Writer, report handoff.Report) error {
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(report)
}

// saveReport writes a report and its files into a folder, for their owner alone
// and never over others, and prints where they are. Names come from citizens, so
// only their endings are used.
func saveReport(out io.Writer, folder string, report handoff.Report) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("tạo thư mục: %w", err)
	}
	var text bytes.Buffer
	files := map[string][]byte{}
	for i := range report.Evidence {
		f := &report.Evidence[i]
		files[fmt.Sprintf("%d%s", i+1, ending.FindString(f.Name))] = f.Data
		f.Data = nil
	}
	if err := encodeReport(&text, report); err != nil {
		return err
	}
	files["report.json"] = text.Bytes()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(folder, name)
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("ghi nội dung đơn: %w", err)
		}
		_, err = f.Write(files[name])
		if err := errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("ghi %s: %w", path, err)
		}
		fmt.Fprintln(out, path)
	}
	return nil
}

var ending = regexp.MustCompile(`\.[A-Za-z0-9]{1,5}$`)

func newReportsVerify(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Kiểm tra sổ theo dõi đơn có bị sửa, bị xoá dòng nào không",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.withStore(cmd, func(ctx context.Context, cfg configs.Config, db *store.DB) error {
				v, err := db.VerifyCustody(ctx)
				if err != nil {
					return fmt.Errorf("kiểm tra sổ theo dõi: %w", err)
				}
				printVerified(cmd.OutOrStdout(), v, databaseName(cfg))
				return nil
			})
		},
	}
}
