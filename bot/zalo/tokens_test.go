package zalo_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot/zalo"
	"github.com/trolyao/trolyao/bot/zalo/zalotest"
	"github.com/trolyao/trolyao/internal/store"
	"github.com/trolyao/trolyao/internal/store/storetest"
)

const tokenPath = "/v4/oa/access_token"

// flaky is a state that fails to keep values.
type flaky struct {
	*store.DB

	mu    sync.Mutex
	fails int
}

func (f *flaky) SetState(ctx context.Context, name string, value []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fails > 0 {
		f.fails--
		return errors.New("disk full")
	}
	return f.DB.SetState(ctx, name, value)
}

// replica is one process that uses the account's tokens.
func replica(t *testing.T, z *zalotest.OA, state zalo.State, seed string, log *bytes.Buffer, now func() time.Time) *zalo.Tokens {
	t.Helper()
	set := z.Options()
	return zalo.NewTokens(zalo.TokenConfig{AppID: set.AppID, AppSecret: set.AppSecret, OAuth: z.URL(), Seed: seed}, state,
		&http.Client{Timeout: 5 * time.Second}, slog.New(slog.NewTextHandler(log, nil)), now)
}

// carrier is a transport made of a function.
type carrier func(r *http.Request) (*http.Response, error)

func (c carrier) RoundTrip(r *http.Request) (*http.Response, error) { return c(r) }

func newAccount(t *testing.T) *zalotest.OA {
	t.Helper()
	z := zalotest.NewOA(zalotest.OAOptions{})
	t.Cleanup(z.Close)
	return z
}

// TestReplicasTakeTurns wants many replicas that need a token at once to end
// with one pair and one refresh.
func TestReplicasTakeTurns(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { testReplicas(t, t.TempDir(), "") })
	t.Run("postgres", func(t *testing.T) {
		server, err := storetest.StartPostgres(t.Context())
		if errors.Is(err, storetest.ErrNoPostgres) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		testReplicas(t, t.TempDir(), server.Database(t))
	})
}

func testReplicas(t *testing.T, folder, address string) {
	t.Helper()
	z, log := newAccount(t), &bytes.Buffer{}
	dbs := []*store.DB{storetest.OpenAt(t, folder, address, time.Now), storetest.OpenAt(t, folder, address, time.Now)}
	seed := z.Grant().Refresh
	var all sync.WaitGroup
	tokens := make([]string, 8)
	for i := range tokens {
		r := replica(t, z, dbs[i%2], seed, log, time.Now)
		all.Go(func() {
			for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
				access, err := r.Access(t.Context())
				if err == nil {
					tokens[i] = access
					return
				}
				<-time.After(10 * time.Millisecond)
			}
		})
	}
	all.Wait()
	for _, access := range tokens {
		if access == "" || access != tokens[0] {
			t.Errorf("tokens differ: %q", tokens)
			break
		}
	}
	if z.Refreshes() != 1 || z.Refused() != 0 {
		t.Errorf("%d refreshes, %d refused; want one", z.Refreshes(), z.Refused())
	}
}

func TestTokens(t *testing.T) {
	t.Run("an answer that is lost is one alarm and no loop", func(t *testing.T) {
		z, db, log := newAccount(t), openStore(t), &bytes.Buffer{}
		pair := z.Grant()
		z.FailNext(tokenPath, 1, zalotest.Fault{HangUp: true, After: true})
		one, other := replica(t, z, db, pair.Refresh, log, time.Now), replica(t, z, db, pair.Refresh, log, time.Now)
		for range 20 {
			for _, r := range []*zalo.Tokens{one, other} {
				if _, err := r.Access(t.Context()); err == nil || strings.Contains(err.Error(), pair.Refresh) {
					t.Fatalf("err %v", err)
				}
			}
		}
		if n := len(z.Calls(tokenPath)); n != 2 {
			t.Errorf("asked %d times, want once and once more", n)
		}
		if !one.NeedsConsent() || !other.NeedsConsent() {
			t.Error("no alarm")
		}
		// An admin brings a new pair; both go on with it.
		if err := replica(t, z, db, pair.Refresh, log, time.Now).Paste(t.Context(), z.Grant().Refresh); err != nil {
			t.Fatal(err)
		}
		first, err := one.Access(t.Context())
		second, err2 := other.Access(t.Context())
		if err != nil || err2 != nil || first != second || one.NeedsConsent() {
			t.Errorf("%v %v, the same: %v", err, err2, first == second)
		}
	})
	t.Run("a request that was not heard is made again", func(t *testing.T) {
		z, log := newAccount(t), &bytes.Buffer{}
		z.FailNext(tokenPath, 1, zalotest.Fault{HangUp: true})
		r := replica(t, z, openStore(t), z.Grant().Refresh, log, time.Now)
		if _, err := r.Access(t.Context()); err != nil || r.NeedsConsent() {
			t.Error(err)
		}
	})
	t.Run("a pair is not used before it is kept", func(t *testing.T) {
		z, log := newAccount(t), &bytes.Buffer{}
		state := &flaky{DB: openStore(t), fails: 6}
		r := replica(t, z, state, z.Grant().Refresh, log, time.Now)
		if _, err := r.Access(t.Context()); err == nil {
			t.Error("used a pair that was not kept")
		}
		access, err := r.Access(t.Context())
		if err != nil || z.Refreshes() != 1 {
			t.Errorf("%v after %d refreshes", err, z.Refreshes())
		}
		again := replica(t, z, state, "", log, time.Now)
		if kept, err := again.Access(t.Context()); err != nil || kept != access {
			t.Errorf("%v, the same: %v", err, kept == access)
		}
	})
	t.Run("a caller who leaves does not cut a renewal", func(t *testing.T) {
		z, db, log := newAccount(t), openStore(t), &bytes.Buffer{}
		z.FailNext(tokenPath, 1, zalotest.Fault{Delay: 200 * time.Millisecond})
		r := replica(t, z, db, z.Grant().Refresh, log, time.Now)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		if _, err := r.Access(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Run("the seed is used once", func(t *testing.T) {
		z, db, log := newAccount(t), openStore(t), &bytes.Buffer{}
		seed := z.Grant().Refresh
		if _, err := replica(t, z, db, seed, log, time.Now).Access(t.Context()); err != nil {
			t.Fatal(err)
		}
		// Started again with the same file, a day later.
		later := func() time.Time { return time.Now().Add(26 * time.Hour) }
		if _, err := replica(t, z, db, seed, log, later).Access(t.Context()); err != nil || z.Refused() != 0 {
			t.Errorf("%v, %d refused", err, z.Refused())
		}
		// And with another file, after a new consent.
		z.Revoke()
		if _, err := replica(t, z, db, z.Grant().Refresh, log, time.Now).Access(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("a login is not undone by a server that still holds the seed", func(t *testing.T) {
		z, db, log := newAccount(t), openStore(t), &bytes.Buffer{}
		clock := time.Now()
		now := func() time.Time { return clock }
		server := replica(t, z, db, z.Grant().Refresh, log, now)
		if _, err := server.Access(t.Context()); err != nil {
			t.Fatal(err)
		}
		// The file of the seed is deleted; the command does not know it.
		if err := replica(t, z, db, "", log, now).Paste(t.Context(), z.Grant().Refresh); err != nil {
			t.Fatal(err)
		}
		clock = clock.Add(26 * time.Hour)
		if _, err := server.Access(t.Context()); err != nil || server.NeedsConsent() || z.Refused() != 0 {
			t.Errorf("%v, needs consent: %v, %d refused", err, server.NeedsConsent(), z.Refused())
		}
	})
	t.Run("replicas with seeds of different days do not take them by turns", func(t *testing.T) {
		z, db, log := newAccount(t), openStore(t), &bytes.Buffer{}
		clock := time.Now()
		now := func() time.Time { return clock }
		older, newer := replica(t, z, db, z.Grant().Refresh, log, now), replica(t, z, db, z.Grant().Refresh, log, now)
		for range 3 {
			for _, r := range []*zalo.Tokens{older, newer} {
				if _, err := r.Access(t.Context()); err != nil {
					t.Error(err)
				}
			}
			clock = clock.Add(26 * time.Hour)
		}
		if z.Refused() != 0 {
			t.Errorf("%d refused", z.Refused())
		}
	})
	t.Run("a seed that is refused does not cost the pair that works", func(t *testing.T) {
		z, db, log := newAccount(t), openStore(t), &bytes.Buffer{}
		access, err := replica(t, z, db, z.Grant().Refresh, log, time.Now).Access(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r := replica(t, z, db, "spent long ago", log, time.Now)
		for range 2 {
			if kept, err := r.Access(t.Context()); err != nil || kept != access || r.NeedsConsent() {
				t.Errorf("%v, the same: %v, needs consent: %v", err, kept == access, r.NeedsConsent())
			}
		}
		if z.Refused() != 1 {
			t.Errorf("%d refused, want the seed and only once", z.Refused())
		}
	})
	t.Run("a refusal does not cost the pair that an admin brings meanwhile", func(t *testing.T) {
		z, db, log := newAccount(t), openStore(t), &bytes.Buffer{}
		clock := time.Now()
		now := func() time.Time { return clock }
		set := z.Options()
		meanwhile := func() {}
		client := &http.Client{Transport: carrier(func(r *http.Request) (*http.Response, error) {
			meanwhile()
			return http.DefaultTransport.RoundTrip(r)
		})}
		server := zalo.NewTokens(zalo.TokenConfig{AppID: set.AppID, AppSecret: set.AppSecret, OAuth: z.URL(), Seed: z.Grant().Refresh}, db,
			client, slog.New(slog.DiscardHandler), now)
		if _, err := server.Access(t.Context()); err != nil {
			t.Fatal(err)
		}
		z.Revoke()
		clock = clock.Add(26 * time.Hour)
		meanwhile = sync.OnceFunc(func() {
			if err := replica(t, z, db, "", log, now).Paste(t.Context(), z.Grant().Refresh); err != nil {
				t.Error(err)
			}
		})
		if _, err := server.Access(t.Context()); err != nil || server.NeedsConsent() {
			t.Errorf("%v, needs consent: %v", err, server.NeedsConsent())
		}
	})
	t.Run("a code is exchanged", func(t *testing.T) {
		z, log := newAccount(t), &bytes.Buffer{}
		r := replica(t, z, openStore(t), "", log, time.Now)
		if _, err := r.Access(t.Context()); err == nil {
			t.Error("a token out of nothing")
		}
		if err := r.Login(t.Context(), "wrong", ""); err == nil {
			t.Error("a wrong code was taken")
		}
		if err := r.Login(t.Context(), z.Code(), ""); err != nil {
			t.Error(err)
		}
		if _, err := r.Access(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
