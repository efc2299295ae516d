package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trolyao/trolyao/bot"
)

func newChat(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "chat",
		Short: "Trò chuyện với trợ lý ngay trong cửa sổ lệnh",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m, err := o.memory(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer m.Close()
			return chat(cmd.Context(), m.Engine, cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
}

// chat is a conversation in a terminal. Buttons are pressed by their number.
func chat(ctx context.Context, engine *bot.Engine, in io.Reader, out io.Writer) error {
	fmt.Fprintln(out, "Anh/chị cứ gõ câu hỏi, không dấu cũng được. Gõ số để chọn. Ctrl+D để thôi.")
	var buttons []bot.Button
	lines := bufio.NewReader(in)
	for n := 1; ; n++ {
		fmt.Fprint(out, "\n> ")
		line, err := lines.ReadString('\n')
		if err != nil && (!errors.Is(err, io.EOF) || line == "") {
			fmt.Fprintln(out)
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("đọc câu hỏi: %w", err)
		}
		turn := bot.Turn{ID: bot.TurnID(strconv.Itoa(n)), Conversation: "chat", Text: strings.TrimSpace(line), At: time.Now()}
		if i, err := strconv.Atoi(turn.Text); err == nil && i >= 1 && i <= len(buttons) {
			turn.Button = buttons[i-1].ID
		}
		reply, err := engine.Handle(ctx, turn)
		if err != nil {
			return fmt.Errorf("trả lời: %w", err)
		}
		printReply(out, reply)
		buttons = reply.Buttons
		for i, b := range buttons {
			fmt.Fprintf(out, "  [%d] %s\n", i+1, b.Title)
		}
	}
}
