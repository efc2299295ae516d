package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/trolyao/trolyao/eval"
	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/knowledge"
)

func newCalibrate(o *options) *cobra.Command {
	var out string
	targets := index.DefaultTargets()
	cmd := &cobra.Command{
		Use:   "calibrate TỆP-CÂU-HỎI",
		Short: "Tính lại hệ số và ngưỡng trả lời từ nửa tuning của một tệp câu hỏi",
		Long: `Tính lại khi nào thì đủ chắc để trả lời, khi nào đưa lựa chọn, khi nào nói không biết, từ nửa tuning của tệp câu hỏi.
Kết quả nằm trong calibration.json của thư mục kho tri thức và được đưa lên cùng các bài.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("%w: cần đúng một tệp câu hỏi .jsonl", errUsage)
			}
			return nil
		},
		PreRunE: func(cmd *cobra.Command, _ []string) error { return checkShares(cmd.Flags()) },
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := calibrate(cmd, o, args[0], targets)
			if err != nil {
				return err
			}
			data, err := json.MarshalIndent(c, "", "  ")
			if err != nil {
				return fmt.Errorf("ghi kết quả: %w", err)
			}
			data = append(data, '\n')
			if out == "" {
				_, err = cmd.OutOrStdout().Write(data)
				return err
			}
			if err := os.WriteFile(out, data, 0o644); err != nil { //nolint:gosec // the server, another user, reads it
				return fmt.Errorf("ghi kết quả: %w", err)
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "Đã tính trên %d câu: trả lời từ %.3f, đưa lựa chọn từ %.3f. Ghi vào %s.\n", c.Questions, c.Worded.Answer, c.Worded.Choices, out)
			return nil
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "ghi vào tệp này (trống: in ra)")
	cmd.Flags().Float64Var(&targets.Wrong, "wrong", targets.Wrong, "tỉ lệ trả lời sai nhiều nhất, trên mọi câu, từ 0 đến 1")
	cmd.Flags().Float64Var(&targets.FalseFar, "false-far", targets.FalseFar, "tỉ lệ trả lời nhiều nhất cho câu ngoài lĩnh vực, từ 0 đến 1")
	cmd.Flags().Float64Var(&targets.FalseNear, "false-near", targets.FalseNear, "tỉ lệ trả lời nhiều nhất cho câu gần lĩnh vực mà kho không có, từ 0 đến 1")
	cmd.Flags().Float64Var(&targets.Lost, "lost", targets.Lost, "tỉ lệ bị từ chối nhiều nhất, trên các câu đã tìm thấy bài đúng, từ 0 đến 1")
	return cmd
}

// checkShares refuses what is no share. People read percents elsewhere, so that
// 40 for 40 % is likely.
func checkShares(flags *pflag.FlagSet) (err error) {
	flags.Visit(func(f *pflag.Flag) {
		if f.Value.Type() != "float64" {
			return
		}
		if x, _ := flags.GetFloat64(f.Name); !(x >= 0 && x <= 1) { // a flag of that type is one; NaN is neither
			err = fmt.Errorf("%w: --%s phải từ 0 đến 1 (0.03 là 3 %%)", errUsage, f.Name)
		}
	})
	return err
}

func calibrate(cmd *cobra.Command, o *options, path string, targets index.Targets) (c knowledge.Calibration, err error) {
	questions, err := eval.LoadQuestions(path, nil)
	if err != nil {
		return c, fmt.Errorf("đọc câu hỏi: %w", err)
	}
	m, err := o.memory(cmd.Context(), cmd.ErrOrStderr())
	if err != nil {
		return c, err
	}
	defer m.Close()
	v, err := m.Index.Acquire()
	if err != nil {
		return c, fmt.Errorf("mở kho tri thức: %w", err)
	}
	defer v.Release()
	c, err = v.Calibrate(eval.Examples(questions), targets, knowledge.DateOf(time.Now()), filepath.Base(path))
	if err != nil {
		return c, fmt.Errorf("tính ngưỡng: %w", err)
	}
	return c, nil
}
