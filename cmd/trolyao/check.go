package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/knowledge"
)

func newCheck(o *options) *cobra.Command {
	var strict, asJSON bool
	cmd := &cobra.Command{
		Use:   "check [THƯ MỤC]",
		Short: "Kiểm tra các bài trong kho tri thức và chỉ ra từng dòng sai",
		Long: `Kiểm tra mọi tệp của kho tri thức: cách viết, ngày tháng, nguồn, câu hỏi trùng, câu khó đọc, điều không được phép yêu cầu.
Không còn lỗi thì thử luôn từng câu hỏi mẫu xem máy có tìm ra đúng bài chứa nó không.`,
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
			base, name, problems, err := checkFolder(cmd.Context(), dir)
			if asJSON {
				err = errors.Join(err, printProblemsJSON(cmd.OutOrStdout(), name, withFailure(problems, err)))
			} else {
				printProblems(cmd.OutOrStdout(), name, problems)
			}
			if err != nil {
				return err
			}
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
	cmd.Flags().BoolVar(&asJSON, "json", false, "in một mảng JSON")
	return cmd
}

// checkFolder returns every problem of a folder, and its knowledge when none is
// an error.
func checkFolder(ctx context.Context, dir string) (base *knowledge.Base, name string, problems []knowledge.Problem, err error) {
	fsys, name := knowledgeFS(dir)
	base, problems, err = knowledge.Load(fsys, knowledge.DateOf(time.Now()))
	if errors.Is(err, knowledge.ErrEmpty) {
		return nil, name, problems, fmt.Errorf("thư mục %s không có bài nào; các bài phải nằm ở articles/<chủ-đề>/<mã-bài>.md", dir)
	}
	if err != nil {
		return nil, name, nil, fmt.Errorf("đọc kho tri thức: %w", err)
	}
	if base != nil {
		strayed, err := strayQuestions(ctx, base)
		if err != nil {
			return nil, name, nil, fmt.Errorf("thử các câu hỏi mẫu: %w", err)
		}
		problems = knowledge.SortProblems(append(problems, strayed...))
	}
	return base, name, problems, nil
}

// withFailure adds why a folder could not be checked to the problems: to a
// program that reads them, none would mean that all is well.
func withFailure(problems []knowledge.Problem, err error) []knowledge.Problem {
	if err == nil {
		return problems
	}
	return append(problems, knowledge.Problem{Severity: knowledge.Error, Text: err.Error()})
}

// strayQuestions reports the articles' own questions by which the search finds
// another article: both say the same, and one of them wins.
func strayQuestions(ctx context.Context, base *knowledge.Base) ([]knowledge.Problem, error) {
	x := index.New(slog.New(slog.DiscardHandler))
	defer x.Close()
	if _, err := x.Publish(ctx, base); err != nil {
		return nil, err
	}
	v, err := x.Acquire()
	if err != nil {
		return nil, err
	}
	defer v.Release()
	var problems []knowledge.Problem
	for _, a := range base.Articles {
		for _, q := range a.Questions {
			hits := v.Rank(v.Read(q), 1)
			if len(hits) == 0 || hits[0].Article.ID == a.ID || !a.Effective.Overlaps(hits[0].Article.Effective) {
				continue
			}
			problems = append(problems, knowledge.Problem{
				File: a.File, Line: base.QuestionLine(a.File, q), Severity: knowledge.Warning, Field: "questions",
				Text: fmt.Sprintf("hỏi %q thì máy lại ra bài %s; hãy đổi cách hỏi, hoặc chuyển câu này sang bài ấy", q, hits[0].Article.ID),
			})
		}
	}
	return problems, nil
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
