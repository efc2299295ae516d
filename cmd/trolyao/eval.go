package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trolyao/trolyao/eval"
	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/internal/app"
	"github.com/trolyao/trolyao/knowledge"
)

// evaluation is one run of "trolyao eval".
type evaluation struct {
	json          bool
	styles        string
	half          string
	misses        int
	ablate        bool
	save, against string

	memory  *app.Memory
	version *index.Version
	runner  *eval.Runner
	notes   io.Writer // what is said beside the result
}

func newEval(o *options) *cobra.Command {
	var e evaluation
	cmd := &cobra.Command{
		Use:   "eval BỘ…",
		Short: "Đo chất lượng: thư mục dạng BEIR, hoặc tệp câu hỏi .jsonl về kho tri thức",
		Long: `Đo chất lượng tìm đúng bài, đúng mục, trả lời hay từ chối đúng lúc, cạnh Bleve nguyên bản trong cùng lần chạy.
Tỉ lệ in theo phần trăm, khoảng tin cậy 95 % theo bootstrap ghép cặp. --json in tỉ lệ từ 0 đến 1.`,
		Example: `  trolyao eval --half checking knowledge/questions.jsonl
  trolyao eval --styles all thu-muc-beir
  trolyao eval --save truoc.jsonl BỘ; trolyao eval --against truoc.jsonl BỘ`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("%w: cần ít nhất một bộ câu hỏi", errUsage)
			}
			return checkSets(args)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return e.run(cmd, o, args) },
	}
	cmd.Flags().BoolVar(&e.json, "json", false, "in một đối tượng JSON")
	cmd.Flags().StringVar(&e.styles, "styles", string(eval.AsGiven), "kiểu gõ cho bộ BEIR, cách nhau bằng dấu phẩy, hoặc all")
	cmd.Flags().StringVar(&e.half, "half", "", "chỉ đo một nửa của tệp câu hỏi: tuning hoặc checking")
	cmd.Flags().IntVar(&e.misses, "misses", 0, "in tối đa N câu sai")
	cmd.Flags().BoolVar(&e.ablate, "ablate", false, "đo thêm khi bỏ từng bước tìm kiếm")
	cmd.Flags().StringVar(&e.save, "save", "", "ghi kết quả từng câu vào tệp, để lần sau so bằng --against")
	cmd.Flags().StringVar(&e.against, "against", "", "so từng câu với tệp đã ghi bằng --save")
	return cmd
}

func (e *evaluation) run(cmd *cobra.Command, o *options, args []string) error {
	e.notes = cmd.ErrOrStderr()
	styles, err := e.parse()
	if err != nil {
		return err
	}
	e.noteInVain(cmd.Flags().Changed, args)
	var before []eval.Judged
	if e.against != "" { // before the work, which takes minutes
		if before, err = eval.LoadJudged(e.against); err != nil {
			return fmt.Errorf("đọc --against: %w", err)
		}
	}
	if e.memory, err = o.memory(cmd.Context(), cmd.ErrOrStderr()); err != nil {
		return err
	}
	defer e.memory.Close()
	if e.version, err = e.memory.Index.Acquire(); err != nil {
		return fmt.Errorf("mở kho tri thức: %w", err)
	}
	defer e.version.Release()
	e.runner = eval.NewRunner(e.version.Base(), knowledge.DateOf(time.Now()))
	var all []eval.Judged
	for _, path := range args {
		judged, err := e.measure(cmd.Context(), path, styles)
		if err != nil {
			return fmt.Errorf("đo %s: %w", path, err)
		}
		all = append(all, judged...)
	}
	if e.save != "" {
		if err := eval.Save(e.save, all); err != nil {
			return err
		}
	}
	out := eval.Report(all, before)
	if e.json {
		encoder := json.NewEncoder(cmd.OutOrStdout())
		encoder.SetEscapeHTML(false)
		return encoder.Encode(out)
	}
	out.Write(cmd.OutOrStdout())
	eval.WriteMisses(cmd.OutOrStdout(), all, e.misses)
	return nil
}

// checkSets refuses what is not there, and sets of one name: they would be one
// row.
func checkSets(paths []string) error {
	named := map[string]string{}
	for _, path := range paths {
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("%w: không có bộ câu hỏi %s", errUsage, path)
		}
		name := strings.TrimSuffix(filepath.Base(filepath.Clean(path)), ".jsonl")
		if other := named[name]; other != "" {
			return fmt.Errorf("%w: %s và %s cùng tên %q, sẽ lẫn vào nhau; hãy đo từng bộ, hoặc đổi tên", errUsage, other, path, name)
		}
		named[name] = path
	}
	return nil
}

// noteInVain tells of settings that change nothing for these sets.
func (e *evaluation) noteInVain(given func(flag string) bool, paths []string) {
	folders := 0
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			folders++
		}
	}
	if given("half") && folders > 0 {
		fmt.Fprintln(e.notes, "--half chỉ áp dụng cho tệp câu hỏi .jsonl; bộ dạng BEIR được đo trọn")
	}
	if given("styles") && folders < len(paths) {
		fmt.Fprintln(e.notes, "--styles chỉ áp dụng cho bộ dạng BEIR; tệp câu hỏi ghi sẵn kiểu gõ của từng câu")
	}
}

func (e *evaluation) parse() ([]eval.Style, error) {
	if e.half != "" && e.half != string(eval.Tuning) && e.half != string(eval.Checking) {
		return nil, fmt.Errorf("%w: --half là tuning hoặc checking", errUsage)
	}
	if e.styles == "all" {
		return eval.Styles(), nil
	}
	var styles []eval.Style
	for name := range strings.SplitSeq(e.styles, ",") {
		if !slices.Contains(eval.Styles(), eval.Style(name)) {
			return nil, fmt.Errorf("%w: không có kiểu gõ %q; các kiểu: %v", errUsage, name, eval.Styles())
		}
		styles = append(styles, eval.Style(name))
	}
	return styles, nil
}

func (e *evaluation) measure(ctx context.Context, path string, styles []eval.Style) ([]eval.Judged, error) {
	if info, err := os.Stat(path); err != nil || info.IsDir() {
		return e.measureSet(ctx, path, styles)
	}
	told := false
	questions, err := eval.LoadQuestions(path, func(line int, problem error) {
		if !told {
			fmt.Fprintf(e.notes, "%s:%d: có trường không dùng tới (%v); các dòng sau có thể cũng vậy\n", path, line, problem)
		}
		told = true
	})
	if err != nil {
		return nil, err
	}
	questions = eval.InHalf(questions, eval.Half(e.half))
	if len(questions) == 0 {
		return nil, fmt.Errorf("%w: nửa %s của tệp không có câu nào", errUsage, e.half)
	}
	if unknown := eval.Unknown(questions, e.version.Base()); len(unknown) > 0 {
		fmt.Fprintf(e.notes, "%s: kho không có %d bài mà các câu hỏi chờ, các câu ấy tính là sai: %v\n", path, len(unknown), unknown)
	}
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	all, err := e.runner.RunQuestions(ctx, name, questions, e.memory.Ask, e.version)
	if err != nil {
		return nil, err
	}
	if e.ablate {
		for _, step := range index.Steps() {
			all = append(all, e.runner.RankQuestions(name, questions, e.version.Without(step), "-"+string(step))...)
		}
	}
	plain, err := e.runner.RunQuestionsPlain(ctx, name, questions)
	return append(all, plain...), err
}

func (e *evaluation) measureSet(ctx context.Context, path string, styles []eval.Style) ([]eval.Judged, error) {
	set, err := eval.LoadSet(path)
	if err != nil {
		return nil, err
	}
	v, closeSet, err := e.runner.OpenSet(ctx, set)
	if err != nil {
		return nil, err
	}
	defer closeSet()
	all := e.runner.RunSet(set, v, styles, eval.Ours)
	if e.ablate {
		for _, step := range index.Steps() {
			all = append(all, e.runner.RunSet(set, v.Without(step), styles, "-"+string(step))...)
		}
	}
	plain, err := e.runner.RunSetPlain(ctx, set, styles)
	return append(all, plain...), err
}
