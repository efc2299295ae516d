package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"trolyao": main})
}

// TestScript runs the command lines of testdata/script. The README's own
// commands are put before each script as readme.sh, so that readme.txtar can
// prove that they do what the README says.
func TestScript(t *testing.T) {
	withoutRace(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("ADDR", freeAddress(t))
			env.Setenv("ADMIN", freeAddress(t))
			return writeReadmeCommands(env.WorkDir)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ready": cmdReady, "chat": cmdChat, "hangup": cmdHangup, "remember": cmdRemember,
		},
	})
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// writeReadmeCommands puts every sh block of the README into readme.sh.
func writeReadmeCommands(dir string) error {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		return err
	}
	var out bytes.Buffer
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllSubmatch(readme, -1) {
		out.Write(block[1])
	}
	return os.WriteFile(filepath.Join(dir, "readme.sh"), out.Bytes(), 0o600)
}

func client() *http.Client { return &http.Client{Timeout: 10 * time.Second} }

// cmdReady waits until the server answers on $ADDR.
func cmdReady(ts *testscript.TestScript, _ bool, _ []string) {
	deadline := time.After(30 * time.Second * slowdown)
	for {
		res, err := client().Get("http://" + ts.Getenv("ADDR") + "/readyz")
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-deadline:
			ts.Fatalf("the server is not ready: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// cmdChat posts a question to /api/chat and wants the reply to match:
// chat QUESTION REGEXP [CONVERSATION].
func cmdChat(ts *testscript.TestScript, neg bool, args []string) {
	body, err := json.Marshal(map[string]string{"text": args[0], "conversation": strings.Join(args[2:], "")})
	ts.Check(err)
	res, err := client().Post("http://"+ts.Getenv("ADDR")+"/api/chat", "application/json", bytes.NewReader(body))
	ts.Check(err)
	defer res.Body.Close()
	var reply bytes.Buffer
	_, err = reply.ReadFrom(res.Body)
	ts.Check(err)
	if regexp.MustCompile(args[1]).Match(reply.Bytes()) == neg {
		ts.Fatalf("reply to %q: %s", args[0], reply.String())
	}
}

// cmdRemember puts what a regular expression finds in the last output into a
// variable: remember NAME REGEXP.
func cmdRemember(ts *testscript.TestScript, _ bool, args []string) {
	found := regexp.MustCompile(args[1]).FindString(ts.ReadFile("stdout"))
	if found == "" {
		ts.Fatalf("no %s in the output", args[1])
	}
	ts.Setenv(args[0], found)
}

// cmdHangup sends SIGHUP to the background command started last.
func cmdHangup(ts *testscript.TestScript, _ bool, _ []string) {
	running := ts.BackgroundCmds()
	ts.Check(running[len(running)-1].Process.Signal(syscall.SIGHUP))
}

// TestAskThousandQuestions is the contract of "ask --json": in order, one line
// each, flushed, without server or writable folder, within five seconds.
func TestAskThousandQuestions(t *testing.T) {
	const n = 1000
	var in strings.Builder
	for i := range n {
		fmt.Fprintf(&in, "mat can cuoc lam lai o dau %d\n", i)
	}
	readonly := t.TempDir()
	if err := os.Chmod(readonly, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Chdir(readonly)
	// Some machines are half as fast again at one time as at another: the fastest of
	// a few runs counts, and an hour in which all are slow is allowed for.
	const limit, slowHour = 5 * time.Second, 2.5
	var out, errs bytes.Buffer
	fastest := time.Hour
	for range 3 {
		out.Reset()
		start := time.Now()
		if code := execute(t.Context(), []string{"ask", "--json"}, strings.NewReader(in.String()), &out, &errs); code != 0 {
			t.Fatalf("exit %d: %s", code, errs.String())
		}
		fastest = min(fastest, time.Since(start))
		if slowdown > 1 || fastest <= limit {
			break
		}
	}
	t.Logf("%d questions in %v, start included", n, fastest)
	if slowdown == 1 && fastest.Seconds() > slowHour*limit.Seconds() {
		t.Errorf("took %v, want about %v", fastest, limit)
	}
	lines := strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
	if len(lines) != n {
		t.Fatalf("%d lines, want %d", len(lines), n)
	}
	for i, line := range lines {
		var got struct {
			Question string `json:"question"`
			Outcome  string `json:"outcome"`
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil || got.Question != fmt.Sprintf("mat can cuoc lam lai o dau %d", i) || got.Outcome == "" {
			t.Fatalf("line %d: %v %s", i, err, line)
		}
	}
}
