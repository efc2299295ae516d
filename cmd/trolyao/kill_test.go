package main

import (
	"bytes"
	"context"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot/bottest"
	"github.com/trolyao/trolyao/index"
)

// TestKilledWhileReindexing kills a reindex at many moments. Each time one of
// the two states of the knowledge is live, whole and valid, and the next reindex
// works.
func TestKilledWhileReindexing(t *testing.T) {
	withoutRace(t) // nothing runs beside it
	rounds := 20
	if testing.Short() {
		rounds = 5
	}
	dir := t.TempDir()
	data, kho := filepath.Join(dir, "data"), filepath.Join(dir, "kho")
	states := []string{"cách thứ nhất", "cách thứ hai"}
	reindex := func() *exec.Cmd {
		c := exec.Command("trolyao", "reindex", "--force", "--data", data, "--knowledge", kho)
		c.Stdout, c.Stderr = &bytes.Buffer{}, &bytes.Buffer{}
		return c
	}
	var whole time.Duration // of a reindex beside a live version
	for _, state := range []string{states[1], states[0]} {
		writeState(t, kho, state)
		start := time.Now()
		if err := reindex().Run(); err != nil {
			t.Fatal(err)
		}
		whole = time.Since(start)
	}
	r := rand.New(rand.NewPCG(1, 2))
	swapped := 0
	for round := range rounds {
		writeState(t, kho, states[(round+1)%2])
		c := reindex()
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(r.Int64N(int64(whole) * 11 / 10))) //nolint:forbidigo // the moment of the kill is the point
		_ = c.Process.Kill()
		_ = c.Wait()
		if live := liveState(t, filepath.Join(data, "index")); live == states[(round+1)%2] {
			swapped++
		} else if live != states[round%2] {
			t.Fatalf("round %d: live is %q", round, live)
		}
		// The next one is not hindered.
		c = reindex()
		start := time.Now()
		if err := c.Run(); err != nil {
			t.Fatalf("round %d: %v %v", round, err, c.Stderr)
		}
		whole = time.Since(start) // the machine is not always as fast
		if live := liveState(t, filepath.Join(data, "index")); live != states[(round+1)%2] {
			t.Fatalf("round %d: after a whole reindex %q is live", round, live)
		}
	}
	t.Logf("killed %d times within %v; the new version was live already %d times", rounds, whole, swapped)
}

// writeState writes sixty articles that all say the state.
func writeState(t *testing.T, kho, state string) {
	t.Helper()
	writeFewExamples(t, kho)
	folder := filepath.Join(kho, "articles", "thu")
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		number := strings.Repeat("số một ", i%7+1) + strings.Repeat("số hai ", i%11) + strings.Repeat("số ba ", i%13)
		text := strings.NewReplacer("SỐ", number, "CÁCH", state).Replace(`---
title: Giấy thử SỐ
category: thu
questions: ["làm giấy thử SỐ", "giấy thử SỐ ở đâu", "xin giấy thử SỐ", "cần gì khi làm giấy thử SỐ", "giấy thử SỐ mất bao lâu"]
effective: {from: 2024-07-01}
reviewed: 2026-11-22
sources: [{title: Luật thử}]
---
Giấy thử SỐ làm theo CÁCH.
`)
		if err := os.WriteFile(filepath.Join(folder, "giay-"+strings.Repeat("a", i/20+1)+strings.Repeat("b", i%20+1)+".md"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// writeFewExamples keeps the lanes of a folder from learning.
func writeFewExamples(t *testing.T, kho string) {
	t.Helper()
	folder := filepath.Join(kho, "lanes")
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "examples.tsv"), []byte(bottest.FewExamples), 0o600); err != nil {
		t.Fatal(err)
	}
}

// liveState opens the index as a start does and returns the state that all its
// articles say.
func liveState(t *testing.T, dir string) string {
	t.Helper()
	var log bytes.Buffer
	x, err := index.Open(dir, 5, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	v, err := x.Acquire()
	if err != nil {
		t.Fatalf("nothing is live: %v\n%s", err, log.String())
	}
	defer v.Release()
	if log.Len() > 0 {
		t.Errorf("the live version was passed over: %s", log.String())
	}
	states := map[string]bool{}
	for _, a := range v.Base().Articles {
		_, state, _ := strings.Cut(a.Sections[0].Text, "theo ")
		states[strings.TrimSuffix(state, ".")] = true
	}
	if len(v.Base().Articles) != 60 || len(states) != 1 {
		t.Fatalf("%d articles in states %v", len(v.Base().Articles), states)
	}
	if _, err := v.Find(context.Background(), "giấy thử", 3); err != nil {
		t.Error(err)
	}
	for state := range states {
		return state
	}
	return ""
}
