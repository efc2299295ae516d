package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func newCompletion() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "completion",
		Short: "In đoạn lệnh để cửa sổ lệnh gõ nốt tên lệnh và cờ",
		Long: `In đoạn lệnh để cửa sổ lệnh gõ nốt tên lệnh và cờ khi bấm phím Tab.
Ghi vào nơi cửa sổ lệnh tự đọc, hoặc nạp cho lần này: source <(trolyao completion bash)`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, shell := range []struct {
		name  string
		write func(root *cobra.Command, w io.Writer, descriptions bool) error
	}{
		{"bash", (*cobra.Command).GenBashCompletionV2},
		{"fish", (*cobra.Command).GenFishCompletion},
		{"powershell", func(root *cobra.Command, w io.Writer, descriptions bool) error {
			if descriptions {
				return root.GenPowerShellCompletionWithDesc(w)
			}
			return root.GenPowerShellCompletion(w)
		}},
		{"zsh", func(root *cobra.Command, w io.Writer, descriptions bool) error {
			if descriptions {
				return root.GenZshCompletion(w)
			}
			return root.GenZshCompletionNoDesc(w)
		}},
	} {
		var bare bool
		one := &cobra.Command{
			Use:   shell.name,
			Short: fmt.Sprintf("In đoạn lệnh cho %s", shell.name),
			Args:  noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return shell.write(cmd.Root(), cmd.OutOrStdout(), !bare)
			},
		}
		one.Flags().BoolVar(&bare, "no-descriptions", false, "không kèm lời giải thích")
		cmd.AddCommand(one)
	}
	return cmd
}
