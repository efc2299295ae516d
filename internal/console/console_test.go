package console_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/internal/console"
	"github.com/trolyao/trolyao/internal/publish"
)

const password = "mật khẩu dùng để thử"

// slow is a publisher for whose publications nobody waits.
type slow struct {
	console.Publisher

	begun chan struct{}
	goOn  chan struct{}
	ended chan error // whether it was broken off
}

func (s slow) Do(ctx context.Context, _ publish.Order) (publish.Publication, error) {
	close(s.begun)
	<-s.goOn
	s.ended <- ctx.Err()
	return publish.Publication{}, ctx.Err()
}

// TestLongOrders lets a publication take longer than a page may: who has ordered
// it is answered, and it is not broken off when he has gone away.
func TestLongOrders(t *testing.T) {
	const pageTime = 50 * time.Millisecond
	for _, path := range []string{"/reindex", "/api/reindex"} {
		for name, patient := range map[string]bool{"waits": true, "leaves": false} {
			t.Run(path[1:]+" "+name, func(t *testing.T) {
				s := slow{begun: make(chan struct{}), goOn: make(chan struct{}), ended: make(chan error, 1)}
				log := slog.New(slog.DiscardHandler)
				c, err := console.New(console.Config{Password: password}, index.New(log), nil, s, nil, prometheus.NewRegistry(), log)
				if err != nil {
					t.Fatal(err)
				}
				server := httptest.NewUnstartedServer(c.Handler())
				server.Config.WriteTimeout = pageTime
				server.Start()
				defer server.Close()
				ctx, leave := context.WithCancel(t.Context())
				defer leave()
				req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+path, http.NoBody)
				if err != nil {
					t.Fatal(err)
				}
				req.SetBasicAuth("", password)
				answered := make(chan error, 1)
				go func() {
					res, err := server.Client().Transport.RoundTrip(req)
					if err == nil {
						err = res.Body.Close()
					}
					answered <- err
				}()
				<-s.begun
				if !patient {
					leave()
				}
				<-time.After(2 * pageTime)
				close(s.goOn)
				if err := <-s.ended; err != nil {
					t.Errorf("the publication was broken off: %v", err)
				}
				if err := <-answered; patient && err != nil {
					t.Errorf("not answered: %v", err)
				}
			})
		}
	}
}
