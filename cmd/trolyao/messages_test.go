package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	messageUpdates = flag.Int("updates", 120, "messages on each channel in TestMessagesSurvive")
	messageKills   = flag.Int("message-kills", 3, "how often the server is killed meanwhile")
)

// fruits name the articles that the people ask for: words that are told apart.
const fruits = "bưởi cam quýt chanh xoài ổi mít dừa nhãn vải thanh long sầu riêng măng cụt mãng cầu vú sữa sapôchê đu đủ chuối dứa me cóc mận táo lê nho dâu tằm khế bơ lựu"

// writeFruits writes an article for each of them.
func writeFruits(t *testing.T, kho string) (titles []string) {
	t.Helper()
	writeFewExamples(t, kho)
	folder := filepath.Join(kho, "articles", "thu")
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	for i, fruit := range strings.Fields(fruits) {
		title := "Giấy thử " + fruit
		titles = append(titles, title)
		text := strings.ReplaceAll(`---
title: GIẤY
category: thu
questions: ["làm GIẤY", "GIẤY ở đâu", "xin GIẤY", "cần gì khi làm GIẤY", "GIẤY mất bao lâu"]
effective: {from: 2024-07-01}
reviewed: 2026-11-22
sources: [{title: Luật thử}]
---
Muốn có GIẤY thì hỏi xã, phường.
`, "GIẤY", title)
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("giay-%c%c.md", 'a'+i/26, 'a'+i%26)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return titles
}

// crowd is the people of one channel: each asks for one article after another
// and waits for nothing.
type crowd struct {
	name  string
	ask   func(person, n int)       // person asks for the nth article
	shown func(person int) []string // what the person was shown, in order
}

const perPerson = 30 // articles a person asks for

// TestMessagesSurvive sends messages on every messenger while the server is
// killed again and again. In the end every message has its one answer, or the
// same answer twice where a kill came between sending it and noting that. The
// full run: make messages.
func TestMessagesSurvive(t *testing.T) {
	a := newAgency(t)
	n := newNetworks(t, "poll")
	kho := filepath.Join(t.TempDir(), "kho")
	titles := writeFruits(t, kho)
	s := newServerWith(t, a, fmt.Sprintf("knowledge: {dir: %q}\n", kho)+n.settings, n.files)
	n.oa.SetWebhook(s.url + "/webhook/zalo")
	n.zalobot.SetWebhook(s.url+"/webhook/zalobot", zaloBotSecret)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	s.start()
	s.waitReady(ctx)
	crowds := crowdsOf(n, titles)
	start := time.Now()
	people := (*messageUpdates + perPerson - 1) / perPerson
	// People go on writing for as long as the server is killed.
	pause := time.Duration(*messageKills+1) * time.Second / time.Duration(*messageUpdates)
	var asking sync.WaitGroup
	for _, c := range crowds {
		asking.Go(func() {
			for i := range perPerson {
				for p := range people {
					c.ask(p, i)
					time.Sleep(rand.N(2 * pause)) //nolint:forbidigo // people do not write all at once
				}
			}
		})
	}
	r := rand.New(rand.NewPCG(5, 6))
	for range *messageKills {
		time.Sleep(time.Duration(200+r.IntN(600)) * time.Millisecond) //nolint:forbidigo // the moment of the kill is the point
		s.kill()
		s.start()
		s.waitReady(ctx)
	}
	asking.Wait()
	again := 0
	for _, c := range crowds {
		for p := range people {
			again += settled(ctx, t, c, p, titles)
		}
	}
	t.Logf("%d messages on each of %d channels in %v, %d kills: every one answered, %d answers sent again",
		people*perPerson, len(crowds), time.Since(start).Round(100*time.Millisecond), *messageKills, again)
	s.stop()
	// Who writes thirty times without waiting gets more than eight free replies.
	if p := slices.DeleteFunc(n.problems(), func(p string) bool { return strings.Contains(p, "beyond the free replies") }); len(p) > 0 {
		t.Errorf("rules broken: %q", p[:min(len(p), 5)])
	}
	if strings.Contains(s.log.String(), "Giấy thử") {
		t.Error("what people wrote stands in the log")
	}
}

// settled waits until a person has every answer, and returns how many came
// again.
func settled(ctx context.Context, t *testing.T, c crowd, person int, titles []string) (again int) {
	t.Helper()
	for {
		got := map[string]map[string]int{} // by title, by text
		count := 0
		for _, text := range c.shown(person) {
			for _, title := range titles {
				if strings.HasPrefix(text, title+"\n") {
					if got[title] == nil {
						got[title] = map[string]int{}
					}
					got[title][text]++
					count++
				}
			}
		}
		if len(got) == perPerson {
			for title, texts := range got {
				if len(texts) != 1 {
					t.Errorf("%s, person %d: %s was answered with %d texts", c.name, person, title, len(texts))
				}
			}
			return count - perPerson
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("%s, person %d: %d of %d answers: %v", c.name, person, len(got), perPerson, c.shown(person))
		}
	}
}

func crowdsOf(n *networks, titles []string) []crowd {
	question := func(i int) string { return titles[i] }
	return []crowd{
		{name: "telegram", ask: func(p, i int) { n.telegram.Say(int64(5000+p), question(i)) }, shown: func(p int) []string {
			var texts []string
			for _, m := range n.telegram.Messages(int64(5000 + p)) {
				texts = append(texts, m.Text)
			}
			return texts
		}},
		{name: "zalo", ask: func(p, i int) { n.oa.Say(fmt.Sprint(8309393969855400000+p), question(i)) }, shown: func(p int) []string {
			var texts []string
			for _, m := range n.oa.Messages(fmt.Sprint(8309393969855400000 + p)) {
				texts = append(texts, m.Text)
			}
			return texts
		}},
		{name: "zalobot", ask: func(p, i int) { n.zalobot.Say(fmt.Sprint("nguoi", p), question(i)) }, shown: func(p int) []string {
			var texts []string
			for _, m := range n.zalobot.Messages(fmt.Sprint("nguoi", p)) {
				texts = append(texts, m.Text)
			}
			return texts
		}},
	}
}
