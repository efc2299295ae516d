package publish_test

import (
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot"
	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/internal/publish"
	"github.com/trolyao/trolyao/knowledge"
)

// grow writes a folder of n articles made of the embedded ones: the title, body
// and six ways to ask of one, about a place that only this article names.
func grow(b *testing.B, dir string, n int) {
	b.Helper()
	base, _, err := knowledge.Load(knowledge.Embedded(), "2026-11-30")
	if err != nil || base == nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 6))
	syllables := strings.Fields("an bình cầu đông gia hòa kim long mỹ ngọc phú quới sơn tân trà vĩnh xuân yên thạnh lộc")
	if err := os.MkdirAll(filepath.Join(dir, "articles", "thu"), 0o750); err != nil {
		b.Fatal(err)
	}
	for i := range n {
		a := base.Articles[i%len(base.Articles)]
		place := ""
		for range 3 {
			place += " " + syllables[r.IntN(len(syllables))]
		}
		asked := a.Asked()
		var text strings.Builder
		fmt.Fprintf(&text, "---\ntitle: Việc số %d ở ấp%s\ncategory: thu\nquestions:\n", i, place)
		for k := range 6 {
			fmt.Fprintf(&text, "  - %q\n", fmt.Sprintf("%s ở ấp%s, việc số %d", strings.Trim(asked[(i/len(base.Articles)+k)%len(asked)], "?. "), place, i))
		}
		text.WriteString("effective: {from: 2024-07-01}\nreviewed: 2026-11-22\nsources: [{title: Luật thử}]\n---\n")
		for _, s := range a.Sections {
			if s.Heading != "" {
				fmt.Fprintf(&text, "\n## %s\n", s.Heading)
			}
			text.WriteString(s.Text + "\n")
		}
		if err := os.WriteFile(filepath.Join(dir, "articles", "thu", fmt.Sprintf("bai-%d.md", i)), []byte(text.String()), 0o600); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPublish publishes a folder: all of it anew, and after one article of
// it has changed. It reads, checks, indexes, learns, compares with what is live,
// prepares the lanes and makes everything durable.
func BenchmarkPublish(b *testing.B) {
	for _, n := range []int{200, 5000} {
		dir := b.TempDir()
		grow(b, dir, n)
		ready := func(b *testing.B) (*publish.Publisher, fs.FS) {
			b.Helper()
			x, err := index.Open(b.TempDir(), 5, slog.New(slog.DiscardHandler))
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(x.Close)
			folder := os.DirFS(dir)
			return publish.New(publish.Config{Folder: folder, Index: x, Prepare: new(bot.LaneCache).Prepare, Log: slog.New(slog.DiscardHandler), Now: time.Now}), folder
		}
		b.Run(fmt.Sprintf("%d/anew", n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				p, _ := ready(b)
				b.StartTimer()
				if _, err := p.Publish(b.Context(), publish.Request{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "articles/s")
		})
		b.Run(fmt.Sprintf("%d/one", n), func(b *testing.B) {
			p, folder := ready(b)
			if _, err := p.Publish(b.Context(), publish.Request{}); err != nil {
				b.Fatal(err)
			}
			data, err := fs.ReadFile(folder, "articles/thu/bai-7.md")
			if err != nil {
				b.Fatal(err)
			}
			for i := 0; b.Loop(); i++ {
				if err := os.WriteFile(filepath.Join(dir, "articles", "thu", "bai-7.md"), fmt.Appendf(data, "\nBản %d.\n", i), 0o600); err != nil {
					b.Fatal(err)
				}
				if _, err := p.Publish(b.Context(), publish.Request{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
