package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

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
	cmd.Flags().Float64Var(&targets.Wrong, "wrong", targets.Wrong, "tỉ lệ trả lời sai nhiều nhất, trên mọi câu")
	cmd.Flags().Float64Var(&targets.FalseFar, "false-far", targets.FalseFar, "tỉ lệ trả lời nhiều nhất cho câu ngoài lĩnh vực")
	cmd.Flags().Float64Var(&targets.FalseNear, "false-near", targets.FalseNear, "tỉ lệ trả lời nhiều nhất cho câu gần lĩnh vực mà kho không có")
	cmd.Flags().Float64Var(&targets.Lost, "lost", targets.Lost, "tỉ lệ bị từ chối nhiều nhất, trên các câu đã tìm thấy bài đúng")
	return cmd
}

func calibrate(cmd *cobra.Command, o *options, path string, targets index.Targets) (c knowledge.Calibration, err error) {
	questions, err := eval.LoadQuestions(path)
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
