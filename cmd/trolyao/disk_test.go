package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trolyao/trolyao/handoff"
)

// disk is a small disk of its own, mounted on the data folder of a server where
// nobody else sees it. It lives as long as the test, whatever becomes of the
// server.
type disk struct {
	t      *testing.T
	inside string // the data folder, as seen from outside
	enter  []string
}

// newDisk puts the server on a disk of so many megabytes.
func newDisk(t *testing.T, s *server, megabytes int) *disk {
	t.Helper()
	if err := os.MkdirAll(s.data, 0o750); err != nil {
		t.Fatal(err)
	}
	alone, inside := "-m", []string{"-m"}
	if os.Getuid() != 0 { // who is not root may be it among those who see the disk
		alone, inside = "-Urm", []string{"-m", "-U", "--preserve-credentials"}
	}
	holder := exec.Command("unshare", alone, "sh", "-c", `mount -t tmpfs -o "size=$2m" none "$1" && echo mounted && exec cat`, "sh", s.data, strconv.Itoa(megabytes))
	life, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var trouble bytes.Buffer
	holder.Stderr = &trouble
	if err := holder.Start(); err != nil {
		t.Skipf("no disk of its own for the test: %v", err)
	}
	t.Cleanup(func() {
		_ = life.Close()
		_ = holder.Wait()
	})
	if line, err := bufio.NewReader(said).ReadString('\n'); err != nil || line != "mounted\n" {
		t.Skipf("mounting is not allowed here: %s", trouble.String())
	}
	pid := strconv.Itoa(holder.Process.Pid)
	d := &disk{t: t, inside: "/proc/" + pid + "/root" + s.data, enter: slices.Concat([]string{"nsenter", "-t", pid}, inside, []string{"--"})}
	if out, err := d.run("true"); err != nil {
		t.Skipf("nsenter: %v %s", err, out)
	}
	s.within = d.enter
	return d
}

// remount makes the disk "ro" or "rw".
func (d *disk) remount(mode string) {
	d.t.Helper()
	path := d.inside[strings.Index(d.inside, "/root/")+len("/root"):]
	if out, err := d.run("mount", "-o", "remount,bind,"+mode, path); err != nil {
		d.t.Fatalf("remount: %v\n%s", err, out)
	}
}

// run runs a command where the disk is seen.
func (d *disk) run(args ...string) ([]byte, error) {
	return exec.Command(d.enter[0], slices.Concat(d.enter[1:], args)...).CombinedOutput()
}

// fill fills the disk but for so many bytes, and returns what makes room again.
func (d *disk) fill(but int64) (room func()) {
	d.t.Helper()
	name := filepath.Join(d.inside, "phim-cua-ai-do")
	f, err := os.Create(name)
	if err != nil {
		d.t.Fatal(err)
	}
	for size := 1 << 20; size > 0; size /= 2 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			d.t.Fatal(err)
		}
	}
	if info, err := f.Stat(); err != nil || f.Truncate(info.Size()-but) != nil {
		d.t.Fatal("no room left", err)
	}
	_ = f.Close()
	return func() {
		if err := os.Remove(name); err != nil {
			d.t.Error(err)
		}
	}
}

// files are the files on the disk with their digests.
func (d *disk) files() map[string]string {
	d.t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(d.inside, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		all[name] = fmt.Sprintf("%x", sha256.Sum256(data))
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return all
}

// say posts one message, once, and returns the status and the answer as it is.
func say(t *testing.T, url string, message map[string]string) (int, string) {
	t.Helper()
	body, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Client{Timeout: 5 * time.Second}).Post(url+"/api/chat", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// question asks what an article answers; calling for help under the same turn
// tells whether that was kept.
func question(n int, text string) map[string]string {
	return map[string]string{"conversation": fmt.Sprint("hoi-", n), "turn": "1", "text": text}
}

const (
	harmless = "giấy thử số một ở đâu"
	danger   = "cháy nhà rồi, có người kẹt bên trong"
)

// TestFullDisk fills the disk under a running server. Who writes then is told
// so, and whom to call; what was acknowledged is kept, what was not is not, and
// with room again all goes on without a restart.
func TestFullDisk(t *testing.T) {
	agency := newAgency(t)
	agency.behave.Store(true)
	s := newServer(t, agency)
	d := newDisk(t, s, 24)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s.start()
	s.waitReady(ctx)
	before, err := submit(ctx, s.url, "som", 1)
	if err != nil {
		t.Fatal(err)
	}
	send := toReview(ctx, t, s.url, "dang-viet")

	room := d.fill(64 << 10) // the server itself takes the rest
	kept := map[int]bool{}
	for n, refused := 0, 0; refused < 5; n++ {
		code, text := say(t, s.url, question(n, harmless))
		kept[n] = code == http.StatusOK
		if kept[n] {
			refused = 0
		} else if refused++; code != http.StatusServiceUnavailable || !strings.Contains(text, "113") {
			t.Errorf("refused with %d %s", code, text)
		}
		if n > 2000 {
			t.Fatal("the disk is never full")
		}
	}
	if code, text := say(t, s.url, send); code != http.StatusServiceUnavailable || !strings.Contains(text, "113") || codeShown.MatchString(text) {
		t.Errorf("a report is taken on a full disk: %d %s", code, text)
	}
	if _, text := say(t, s.url, question(-1, danger)); !strings.Contains(text, "114") {
		t.Errorf("no help for who is in danger: %s", text)
	}
	room()
	t.Logf("%d messages until five in a row were refused", len(kept))
	if !kept[0] {
		t.Error("none was kept")
	}

	reply, err := insist(ctx, s.url, send) // no restart
	if err != nil {
		t.Fatal(err)
	}
	after := handoff.Code(codeShown.FindString(reply.Replies[0].Text))
	if after == "" {
		t.Errorf("no code: %q", reply.Replies[0].Text)
	}
	s.kill()
	s.start()
	s.waitReady(ctx)
	for n, was := range kept {
		if code, text := say(t, s.url, question(n, danger)); code != http.StatusOK || strings.Contains(text, `"emergency"`) == was {
			t.Errorf("message %d was acknowledged: %v, kept: %v, %d %.200s", n, was, !strings.Contains(text, `"emergency"`), code, text)
		}
	}
	codes := map[handoff.Code]bool{before: true, after: true}
	for !agency.has(codes) {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal("reports are missing at the agency")
		}
	}
	agency.check(t, codes)
	if out := s.run("reports", "verify"); !strings.Contains(out, "nguyên vẹn") || !strings.Contains(out, "2 đơn") {
		t.Errorf("custody: %s", out)
	}
	s.stop()
	for _, secret := range []string{chaosStory, chaosName, chaosPhone} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("%q stands in the log", secret)
		}
	}
}

// toReview writes a report up to its last step, and returns the message that
// sends it.
func toReview(ctx context.Context, t *testing.T, url, conversation string) map[string]string {
	t.Helper()
	message := map[string]string{"text": "tôi muốn tố giác tội phạm"}
	for turn := range 20 {
		message["conversation"], message["turn"] = conversation, fmt.Sprint(turn)
		if message["button"] == "r/send" {
			return message
		}
		reply, err := insist(ctx, url, message)
		if err != nil {
			t.Fatal(err)
		}
		if message = onward(reply, 2); message == nil {
			t.Fatalf("nothing to do after %q", reply.Replies[0].Text)
		}
	}
	t.Fatal("no end after twenty turns")
	return nil
}

// TestDiskAtStart starts on disks that cannot be written: the server says so in
// Vietnamese, leaves everything as it is, and starts once it can.
func TestDiskAtStart(t *testing.T) {
	withoutRace(t) // it starts and stops
	agency := newAgency(t)
	ready := func(t *testing.T, s *server) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		s.start()
		s.waitReady(ctx)
	}
	refused := func(t *testing.T, s *server, d *disk, wants ...string) {
		t.Helper()
		before := d.files()
		out, err := s.try("serve")
		if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
			t.Errorf("ended with %v\n%s", err, out)
		}
		for _, want := range append(wants, s.data) {
			if !strings.Contains(out, want) {
				t.Errorf("does not say %q:\n%s", want, out)
			}
		}
		if strings.Contains(out, "Sẵn sàng") || strings.Contains(out, "goroutine") {
			t.Errorf("says:\n%s", out)
		}
		if diff := cmp.Diff(before, d.files()); diff != "" {
			t.Errorf("files changed (-before +after):\n%s", diff)
		}
	}
	t.Run("read-only and new", func(t *testing.T) {
		s := newServer(t, agency)
		d := newDisk(t, s, 24)
		d.remount("ro")
		refused(t, s, d, "chỉ đọc")
		d.remount("rw")
		ready(t, s)
	})
	t.Run("read-only and in use before", func(t *testing.T) {
		s := newServer(t, agency)
		d := newDisk(t, s, 24)
		ready(t, s)
		if _, err := submit(t.Context(), s.url, "som", 1); err != nil {
			t.Fatal(err)
		}
		s.stop()
		d.remount("ro")
		refused(t, s, d, "chỉ đọc")
		d.remount("rw")
		ready(t, s)
		if out := s.run("reports", "verify"); !strings.Contains(out, "1 đơn") {
			t.Errorf("custody: %s", out)
		}
	})
	t.Run("somebody else's", func(t *testing.T) {
		if os.Getuid() == 0 {
			t.Skip("root may write everywhere")
		}
		s := newServer(t, agency)
		if err := os.Mkdir(s.data, 0o500); err != nil {
			t.Fatal(err)
		}
		refused(t, s, &disk{t: t, inside: s.data}, "thiếu quyền ghi")
	})
	t.Run("full", func(t *testing.T) {
		s := newServer(t, agency)
		d := newDisk(t, s, 24)
		room := d.fill(0)
		refused(t, s, d, "đĩa đầy")
		room()
		ready(t, s)
	})
}
