package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trolyao/trolyao/internal/importer"
	"github.com/trolyao/trolyao/knowledge"
)

func newImport(o *options) *cobra.Command {
	var category string
	cmd := &cobra.Command{
		Use:   "import TỆP…",
		Short: "Biến .md, .html, .docx, .txt, .csv, .xlsx thành bài nháp",
		Long: `Đọc từng tệp, hoặc mọi tệp trong một thư mục, và viết bài nháp vào drafts/ của kho tri thức (--knowledge, không nêu thì là thư mục hiện tại).
Bảng hỏi đáp (.csv, .xlsx) cần một dòng tên cột, có cột Câu hỏi và cột Trả lời, thứ tự nào cũng được.
Dòng để trống câu trả lời là cách hỏi khác của dòng ngay trên; dòng như vậy mà có số thứ tự riêng thì chưa có câu trả lời, và được kể ra chứ không nhập.
Bài nháp không được đưa lên. Sửa cho hết lời nhắc của trolyao check rồi chuyển tệp sang articles/.`,
		Example: `  trolyao import --knowledge kho-tri-thuc hoi-dap.xlsx
  trolyao import --knowledge kho-tri-thuc thu-muc-van-ban`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("%w: cần ít nhất một tệp hoặc thư mục", errUsage)
			}
			if category != "" && knowledge.Slug(category) != category {
				return fmt.Errorf("%w: chủ đề %q phải gồm chữ thường không dấu, số và gạch nối", errUsage, category)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return importAll(cmd, o, args, category) },
	}
	cmd.Flags().StringVar(&category, "category", "", "chủ đề của bài nháp khi tệp không nêu")
	return cmd
}

func importAll(cmd *cobra.Command, o *options, args []string, category string) error {
	dir, err := o.folder()
	if err != nil {
		return err
	}
	files, err := filesOf(args)
	if err != nil {
		return err
	}
	w, err := importer.NewWriter(dir)
	if err != nil {
		return err
	}
	bar := newProgress(cmd.ErrOrStderr(), len(files))
	written, refused := 0, 0
	for i, file := range files {
		if err := cmd.Context().Err(); err != nil {
			return err
		}
		bar.show(i, file)
		paths, notes, err := importFile(w, file, category)
		bar.clear()
		for _, note := range notes {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", file, note)
		}
		if err != nil {
			refused++
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: %v\n", file, err)
		}
		written += len(paths)
		for _, p := range paths {
			fmt.Fprintln(cmd.OutOrStdout(), p)
		}
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%d bài nháp từ %d tệp; %d tệp không nhập được. Xem cần điền gì: trolyao check %s\n", written, len(files)-refused, refused, dir)
	if refused > 0 {
		return errReported
	}
	return nil
}

// folder is the knowledge folder in force, or the current one. The first draft
// may begin a folder.
func (o *options) folder() (string, error) {
	if o.knowledge != "" {
		if err := os.MkdirAll(o.knowledge, 0o755); err != nil { //nolint:gosec // the server, another user, reads it
			return "", fmt.Errorf("tạo thư mục --knowledge: %w", err)
		}
	}
	cfg, err := o.settings(nil)
	if err != nil {
		return "", err
	}
	if cfg.Knowledge.Dir != "" {
		return cfg.Knowledge.Dir, nil
	}
	return ".", nil
}

// filesOf lists the files given, and of folders all that can be read.
func filesOf(args []string) ([]string, error) {
	var files []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, fmt.Errorf("%w: không có tệp %s", errUsage, arg)
		}
		if !info.IsDir() { // read whatever its name, to say what is wrong with it
			files = append(files, arg)
			continue
		}
		err = filepath.WalkDir(arg, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && !strings.HasPrefix(entry.Name(), ".") && !strings.HasPrefix(entry.Name(), "~$") &&
				slices.Contains(importer.Kinds(), strings.ToLower(filepath.Ext(path))) {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("đọc thư mục %s: %w", arg, err)
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("không có tệp nào nhập được; %w", importer.ErrKind)
	}
	return files, nil
}

func importFile(w *importer.Writer, file, category string) (paths, notes []string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close() //nolint:errcheck // read only
	data, err := io.ReadAll(io.LimitReader(f, importer.MaxSize+1))
	if err != nil {
		return nil, nil, err
	}
	drafts, notes, err := importer.Read(file, data)
	if err != nil {
		return nil, nil, err
	}
	paths, err = w.Write(drafts, category)
	return paths, notes, err
}

// progress shows how far a folder is, where a person watches.
type progress struct {
	w   io.Writer // nil where nobody watches
	all int
}

func newProgress(w io.Writer, all int) progress {
	f, ok := w.(*os.File)
	if !ok || all < 2 {
		return progress{}
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return progress{}
	}
	return progress{w, all}
}

// show names the file that is being read.
func (p progress) show(done int, file string) {
	if p.w == nil {
		return
	}
	const width = 24
	full := width * done / p.all
	fmt.Fprintf(p.w, "\r\x1b[K[%s%s] %d/%d %s", strings.Repeat("#", full), strings.Repeat(".", width-full), done, p.all, filepath.Base(file))
}

// clear gives the line back to what is printed of the file.
func (p progress) clear() {
	if p.w != nil {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
