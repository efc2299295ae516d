package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/trolyao/trolyao/knowledge"
)

func newCheck(o *options) *cobra.Command {
	var strict bool
	cmd := &cobra.Command{
		Use:   "check [THƯ MỤC]",
		Short: "Kiểm tra các bài trong kho tri thức và chỉ ra từng dòng sai",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("%w: chỉ kiểm tra một thư mục mỗi lần", errUsage)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := o.checkDir(args)
			if err != nil {
				return err
			}
			fsys, name := knowledgeFS(dir)
			base, problems, err := knowledge.Load(fsys, knowledge.DateOf(time.Now()))
			if errors.Is(err, knowledge.ErrEmpty) {
				return fmt.Errorf("thư mục %s không có bài nào; các bài phải nằm ở articles/<chủ-đề>/<mã-bài>.md", dir)
			}
			if err != nil {
				return fmt.Errorf("đọc kho tri thức: %w", err)
			}
			printProblems(cmd.OutOrStdout(), name, problems)
			bad, warned := count(problems)
			if base == nil || (strict && warned > 0) {
				fmt.Fprintf(cmd.ErrOrStderr(), "%d lỗi, %d cảnh báo.\n", bad, warned)
				return errReported
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%d bài, không có lỗi, %d cảnh báo.\n", len(base.Articles), warned)
			return nil
		},
	}
	cmd.Flags().BoolVar(&strict, "strict", false, "coi cảnh báo như lỗi")
	return cmd
}

// checkDir decides what to check: the folder given, or the one in force.
func (o *options) checkDir(args []string) (string, error) {
	if len(args) == 0 {
		cfg, err := o.settings(nil)
		return cfg.Knowledge.Dir, err
	}
	info, err := os.Stat(args[0])
	if err != nil {
		return "", fmt.Errorf("%w: không có thư mục %s", errUsage, args[0])
	}
	if !info.IsDir() {
		return "", fmt.Errorf("%w: %s là một tệp; hãy nêu thư mục chứa nó: %s", errUsage, args[0], filepath.Dir(args[0]))
	}
	return args[0], nil
}

func count(problems []knowledge.Problem) (bad, warned int) {
	for _, p := range problems {
		if p.Severity == knowledge.Error {
			bad++
		} else {
			warned++
		}
	}
	return bad, warned
}
