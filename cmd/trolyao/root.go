package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/trolyao/trolyao/configs"
	"github.com/trolyao/trolyao/internal/app"
	"github.com/trolyao/trolyao/internal/publish"
	"github.com/trolyao/trolyao/knowledge"
)

// Exit statuses, a contract: 0 done, 1 could not work, 2 called wrongly.
const (
	exitFailure = 1
	exitUsage   = 2
)

// errUsage marks mistakes in how a command was called.
var errUsage = errors.New("dùng sai lệnh")

// errReported ends a command whose findings have been printed already.
var errReported = errors.New("reported")

// execute runs one command line and returns the exit status.
func execute(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot() //nolint:contextcheck // the commands get the context by ExecuteContext
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errReported):
		return exitFailure
	}
	fmt.Fprintf(stderr, "trolyao: %v\n", err)
	if errors.Is(err, errUsage) {
		fmt.Fprintln(stderr, "Xem cách dùng: trolyao help")
		return exitUsage
	}
	return exitFailure
}

// options are the flags that every command takes.
type options struct {
	config    string
	knowledge string
	data      string
}

func newRoot() *cobra.Command {
	var o options
	root := &cobra.Command{
		Use:           "trolyao",
		Short:         "Trợ lý ảo trả lời người dân về dịch vụ công, VNeID và thủ tục hành chính",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.PersistentFlags().StringVar(&o.config, "config", "", "tệp cấu hình YAML")
	root.PersistentFlags().StringVar(&o.knowledge, "knowledge", "", "thư mục kho tri thức (trống: dùng các bài có sẵn)")
	root.PersistentFlags().StringVar(&o.data, "data", "", "thư mục dữ liệu của máy chủ (trống: theo cấu hình)")
	root.PersistentFlags().BoolP("help", "h", false, "cách dùng lệnh này")
	root.SetFlagErrorFunc(flagError)
	root.SetUsageFunc(printUsage)
	root.SetHelpCommand(newHelp())
	root.AddCommand(newServe(&o), newAsk(&o), newChat(&o), newCheck(&o), newReindex(&o), newNew(&o), newImport(&o), newEval(&o), newCalibrate(&o), newReports(&o), newZalo(&o), newDoctor(&o), newConfig(&o), newVersion(), newCompletion())
	return root
}

// noArgs refuses words that a command does not take.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%w: %s không nhận %q", errUsage, cmd.CommandPath(), args[0])
	}
	return nil
}

// settings loads the configuration with the flags on top.
func (o *options) settings(overrides map[string]any) (configs.Config, error) {
	if overrides == nil {
		overrides = map[string]any{}
	}
	if o.knowledge != "" {
		overrides["knowledge.dir"] = o.knowledge
	}
	if o.data != "" {
		overrides["data"] = o.data
	}
	cfg, err := configs.Load(o.config, overrides)
	if err != nil {
		return cfg, fmt.Errorf("cấu hình chưa đúng:\n%w", err)
	}
	return cfg, nil
}

// knowledgeFS returns the knowledge folder in force and the name it goes by.
func knowledgeFS(dir string) (fsys fs.FS, name string) {
	if dir == "" {
		return knowledge.Embedded(), ""
	}
	return os.DirFS(dir), dir
}

// fullPath names a folder or file in messages, so that nobody takes ./data for
// the one of a server that was started elsewhere.
func fullPath(path string) string {
	if full, err := filepath.Abs(path); err == nil {
		return full
	}
	return path
}

// whoAmI names the person at the keyboard for the records, which must name the
// same person in the same way.
func whoAmI() string {
	host, _ := os.Hostname() // a record without the machine's name is still one
	if u, err := user.Current(); err == nil {
		return u.Username + "@" + host
	}
	return "?@" + host
}

// memory puts together an assistant that lives in memory. The caller closes it.
func (o *options) memory(ctx context.Context, stderr io.Writer) (*app.Memory, error) {
	cfg, err := o.settings(nil)
	if err != nil {
		return nil, err
	}
	log, err := app.NewLogger(stderr, "warn", cfg.Log.Format)
	if err != nil {
		return nil, err
	}
	fsys, name := knowledgeFS(cfg.Knowledge.Dir)
	m, problems, err := app.NewMemory(ctx, cfg, fsys, log, time.Now)
	if errors.Is(err, publish.ErrBroken) {
		printProblems(stderr, name, problems)
	}
	return m, err
}
