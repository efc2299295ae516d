package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trolyao/trolyao/handoff"
	"github.com/trolyao/trolyao/internal/store/storetest"
)

// TestReplicasShareADatabase runs two servers on one PostgreSQL database behind
// an address that hands every request to the next of them, kills one or the
// other meanwhile, and wants every report that was given a code at the agency,
// once.
func TestReplicasShareADatabase(t *testing.T) {
	postgres := startPostgres(t)
	agency := newAgency(t)
	kho := filepath.Join(t.TempDir(), "kho")
	writeState(t, kho, "cách thử")
	address := postgres.Database(t)
	settings, files := fmt.Sprintf("knowledge: {dir: %q}\nstore_file: DIR/store\n", kho), map[string]string{"store": address + "\n"}
	servers := []*server{newServerWith(t, agency, settings, files), newServerWith(t, agency, settings, files)}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	// One after the other: the second has to be given the first one's key.
	first, second := servers[0], servers[1]
	first.start()
	first.waitReady(ctx)
	if out, err := second.try("serve"); err == nil || !strings.Contains(out, "secret.key") {
		t.Errorf("started with another key: %v\n%s", err, out)
	}
	key, err := os.ReadFile(filepath.Join(first.data, "secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(second.data, "secret.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	second.start()
	second.waitReady(ctx)

	const reports, people, kills = 30, 6, 4
	front := inTurn(t, first.url, second.url)
	codes := make(chan handoff.Code, reports)
	var citizens sync.WaitGroup
	var left atomic.Int64
	left.Store(reports)
	for c := range people {
		citizens.Go(func() {
			for n := left.Add(-1); n >= 0; n = left.Add(-1) {
				code, err := submit(ctx, front, fmt.Sprintf("nguoi-%d-%d", c, n), n)
				if err != nil {
					t.Errorf("report %d: %v", n, err)
					return
				}
				codes <- code
			}
		})
	}
	for i := range kills {
		s := servers[i%2]
		s.kill()
		s.start()
		s.waitReady(ctx)
	}
	citizens.Wait()
	close(codes)
	agency.behave.Store(true)
	seen := map[handoff.Code]bool{}
	for code := range codes {
		seen[code] = true
	}
	if len(seen) != reports {
		t.Errorf("%d codes", len(seen))
	}
	for again := time.Now(); !agency.has(seen); {
		if time.Since(again) > 3*time.Second {
			second.run("reports", "retry", "--all")
			again = time.Now()
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal("reports are missing at the agency")
		}
	}
	for _, s := range servers {
		s.stop()
	}
	agency.check(t, seen)
	if out := first.run("reports", "verify"); !strings.Contains(out, "nguyên vẹn") || !strings.Contains(out, fmt.Sprintf("%d đơn", reports)) || !strings.Contains(out, "PostgreSQL") {
		t.Errorf("custody: %s", out)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	for _, s := range servers {
		for _, secret := range []string{password, chaosName, chaosPhone, "Bí Mật"} {
			if strings.Contains(s.log.String(), secret) {
				t.Errorf("%q stands in the log", secret)
			}
		}
		if _, err := os.Stat(filepath.Join(s.data, "trolyao.db")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("there is a database in the data folder too: %v", err)
		}
	}
	for _, secret := range []string{chaosStory, chaosName, chaosPhone} {
		if postgres.Has(t, address, secret) {
			t.Errorf("%q stands in the database", secret)
		}
	}
}

// startPostgres starts a PostgreSQL for a test, which is skipped where there is
// none.
func startPostgres(t *testing.T) *storetest.Postgres {
	t.Helper()
	postgres, err := storetest.StartPostgres(t.Context())
	if errors.Is(err, storetest.ErrNoPostgres) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return postgres
}

// inTurn returns an address that hands every request to the next of some.
func inTurn(t *testing.T, addresses ...string) string {
	t.Helper()
	var next atomic.Int64
	front := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			to, err := url.Parse(addresses[int(next.Add(1))%len(addresses)])
			if err != nil {
				t.Error(err)
				return
			}
			r.SetURL(to)
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }, // one is being killed
	})
	t.Cleanup(front.Close)
	return front.URL
}
