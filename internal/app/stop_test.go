package app_test

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/trolyao/trolyao/configs"
	"github.com/trolyao/trolyao/internal/app"
)

// heldFolder is a folder that lets nobody read it from a time on.
type heldFolder struct {
	fs.FS

	held    chan struct{} // closed when it begins
	waiting chan struct{} // told that somebody wants to read
	goOn    chan struct{}
}

func (h heldFolder) Open(name string) (fs.File, error) {
	select {
	case <-h.held:
		select {
		case h.waiting <- struct{}{}:
		default:
		}
		<-h.goOn
	default:
	}
	return h.FS.Open(name)
}

// TestStopWaitsForWork stops the program in the middle of reading the folder:
// it is not ready any more, still answers who asks, and closes nothing before
// what it has begun is over.
func TestStopWaitsForWork(t *testing.T) {
	for name, begin := range map[string]func(t *testing.T){
		"watch":  func(*testing.T) {},
		"SIGHUP": func(t *testing.T) { t.Helper(); hangUp(t) },
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := configs.Load("", map[string]any{
				"listen": "127.0.0.1:0", "admin.listen": "127.0.0.1:0", "data": filepath.Join(t.TempDir(), "data"),
				"knowledge.watch": map[string]string{"watch": "1s", "SIGHUP": "0s"}[name],
			})
			if err != nil {
				t.Fatal(err)
			}
			folder := heldFolder{small(t), make(chan struct{}), make(chan struct{}, 1), make(chan struct{})}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			a, err := app.New(ctx, cfg, folder, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() { done <- a.Run(ctx) }()
			public, _ := a.Addresses()
			awaitStatus(t, public, http.StatusOK)
			close(folder.held)
			begin(t)
			<-folder.waiting
			stop()
			awaitStatus(t, public, http.StatusServiceUnavailable)
			select {
			case err := <-done:
				t.Errorf("stopped in the middle of its work: %v", err)
			default:
			}
			close(folder.goOn)
			if err := <-done; err != nil {
				t.Errorf("stopped with %v", err)
			}
		})
	}
}

func hangUp(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}

// awaitStatus asks /readyz until it answers so.
func awaitStatus(t *testing.T, address string, want int) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	got := 0
	for range 100 {
		res, err := client.Get("http://" + address + "/readyz")
		if err != nil {
			t.Errorf("not answered: %v", err)
			return
		}
		_ = res.Body.Close()
		if got = res.StatusCode; got == want {
			return
		}
		<-time.After(20 * time.Millisecond)
	}
	t.Errorf("/readyz answers %d, want %d", got, want)
}
