package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trolyao/trolyao/bot"
)

// asker answers questions one by one, each in a conversation of its own.
type asker struct {
	engine  *bot.Engine
	out     *bufio.Writer
	json    bool
	explain bool
	after   []string // what the person said before, in the same conversation
	asked   int
}

func newAsk(o *options) *cobra.Command {
	var asJSON, explain bool
	var after []string
	cmd := &cobra.Command{
		Use:   "ask [CÂU HỎI]",
		Short: "Trả lời một câu hỏi, hoặc mỗi dòng một câu từ đầu vào chuẩn",
		Example: `  trolyao ask "mất căn cước làm lại ở đâu"
  trolyao ask --json < cau-hoi.txt
  trolyao ask --explain --after "mất căn cước làm lại ở đâu" "mấy ngày thì xong"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := o.memory(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer m.Close()
			a := &asker{engine: m.Engine, out: bufio.NewWriter(cmd.OutOrStdout()), json: asJSON, explain: explain, after: after}
			if len(args) > 0 {
				return a.ask(cmd.Context(), strings.Join(args, " "))
			}
			return a.askLines(cmd.Context(), cmd.InOrStdin())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "in mỗi câu trả lời thành một dòng JSON")
	cmd.Flags().BoolVar(&explain, "explain", false, "in thêm cách máy hiểu và chấm điểm")
	cmd.Flags().StringArrayVar(&after, "after", nil, "câu người ấy đã nói trước đó, để xem câu hỏi tiếp được hiểu ra sao; ghi nhiều lần được")
	return cmd
}

func (a *asker) askLines(ctx context.Context, in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("đọc câu hỏi: %w", err)
		}
		if line != "" {
			if err := a.ask(ctx, strings.TrimRight(line, "\r\n")); err != nil {
				return err
			}
		}
		if err != nil {
			return nil //nolint:nilerr // the end of the input is the end of the work
		}
	}
}

// answered is one line of "ask --json".
type answered struct {
	Question string `json:"question"`
	bot.Reply
	TookUS  int64      `json:"took_us"`
	Explain *bot.Trace `json:"explain,omitempty"`
}

func (a *asker) ask(ctx context.Context, question string) error {
	a.asked++
	conversation := bot.ConversationID(strconv.Itoa(a.asked))
	for i, said := range a.after {
		if _, err := a.engine.Handle(ctx, bot.Turn{ID: bot.TurnID(fmt.Sprintf("%s-%d", conversation, i)), Conversation: conversation, Text: said, At: time.Now()}); err != nil {
			return fmt.Errorf("trả lời câu trước của câu thứ %d: %w", a.asked, err)
		}
	}
	var trace *bot.Trace
	if a.explain { // before the answer, which changes the conversation
		t, err := a.engine.Explain(ctx, conversation, question)
		if err != nil {
			return fmt.Errorf("giải thích câu thứ %d: %w", a.asked, err)
		}
		trace = &t
	}
	start := time.Now()
	reply, err := a.engine.Handle(ctx, bot.Turn{ID: bot.TurnID(conversation), Conversation: conversation, Text: question, At: start})
	if err != nil {
		return fmt.Errorf("trả lời câu thứ %d: %w", a.asked, err)
	}
	took := time.Since(start)
	line := answered{Question: strings.ToValidUTF8(question, "\ufffd"), Reply: reply, TookUS: took.Microseconds(), Explain: trace}
	line.Buttons = nil // nothing to press on a command line
	if a.json {
		encoder := json.NewEncoder(a.out)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(line); err != nil {
			return fmt.Errorf("ghi câu trả lời: %w", err)
		}
		return a.out.Flush()
	}
	printReply(a.out, reply)
	if line.Explain != nil {
		printTrace(a.out, *line.Explain)
	}
	fmt.Fprintln(a.out)
	return a.out.Flush()
}
