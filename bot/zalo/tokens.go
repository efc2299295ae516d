package zalo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/trolyao/trolyao/bot/messenger"
)

// State keeps what must not be forgotten, for all replicas.
type State interface {
	// State returns a value, nil when there is none.
	State(ctx context.Context, name string) ([]byte, error)
	// SetState keeps a value, durably.
	SetState(ctx context.Context, name string, value []byte) error
	// Hold reserves a name for at most so long. held is false while another
	// holds it.
	Hold(ctx context.Context, name string, most time.Duration) (release func(context.Context) error, held bool, err error)
}

// TokenConfig says whose tokens these are and where they come from.
type TokenConfig struct {
	AppID     string
	AppSecret string
	OAuth     string // address of the token service
	Seed      string // refresh token to begin with
}

// Tokens hands out the access token of the account. A refresh token is worth one
// use, and its answer holds the next one: so replicas take turns, and a new pair
// is kept before it is used. Should an answer be lost all the same, an admin has
// to bring a new pair, and is told so.
type Tokens struct {
	cfg    TokenConfig
	state  State
	client *http.Client
	log    *slog.Logger
	now    func() time.Time

	renewing sync.Mutex // one renewal at a time in this process

	mu      sync.Mutex
	pair    pair
	unsaved *pair  // got, but not kept yet
	refused string // access token that Zalo does not take
	alarmed time.Time
}

// pair is what is kept.
type pair struct {
	Access  string    `json:"access"`
	Refresh string    `json:"refresh"`
	Got     time.Time `json:"got"`
	Expires time.Time `json:"expires"`
	// Seeds are the digests of the seeds that were used, the last of them at the
	// end: a process may hold one for years after it was spent.
	Seeds []string `json:"seeds,omitempty"`
	// Problem is why Zalo gave no new pair, and Tried when that was.
	Problem string    `json:"problem,omitempty"`
	Tried   time.Time `json:"tried,omitzero"`
}

// NewTokens returns the tokens of an account.
func NewTokens(cfg TokenConfig, state State, client *http.Client, log *slog.Logger, now func() time.Time) *Tokens {
	return &Tokens{cfg: cfg, state: state, client: client, log: log, now: now}
}

func (t *Tokens) name() string { return "zalo/" + t.cfg.AppID }

// errConsent is returned when Zalo gives no new tokens.
var errConsent = errors.New("zalo: an admin must run \"trolyao zalo login\"")

// errOther is returned while another replica gets new tokens.
var errOther = errors.New("zalo: new tokens are on their way")

// NeedsConsent reports whether Zalo refused to give new tokens.
func (t *Tokens) NeedsConsent() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pair.Problem != ""
}

// Refused says that Zalo did not take an access token.
func (t *Tokens) Refused(access string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refused = access
}

// Access returns an access token, a new one if need be.
func (t *Tokens) Access(ctx context.Context) (string, error) {
	if access, ok := t.usable(0); ok {
		return access, nil
	}
	return t.renew(ctx, 0)
}

// usable returns the token at hand, if it lives on for so long.
func (t *Tokens) usable(ahead time.Duration) (string, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.pair
	return p.Access, p.Access != "" && p.Access != t.refused && t.now().Add(ahead).Before(p.Expires)
}

// How long a renewal may take, and how long replicas wait for one whose process
// has died.
const (
	renewWithin = time.Minute
	holdFor     = 2 * time.Minute
)

// renew gets a token that lives on for so long. What it has begun it finishes,
// even when the caller has left: the answer must not be lost.
func (t *Tokens) renew(ctx context.Context, ahead time.Duration) (access string, err error) {
	t.renewing.Lock()
	defer t.renewing.Unlock()
	if access, ok := t.usable(ahead); ok { // another turn was faster
		return access, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewWithin)
	defer cancel()
	release, held, err := t.state.Hold(ctx, t.name(), holdFor)
	if err != nil {
		return "", fmt.Errorf("zalo tokens: %w", err)
	}
	if !held {
		return "", errOther
	}
	defer func() { err = errors.Join(err, release(ctx)) }()
	if err := t.saveLeft(ctx); err != nil {
		return "", err
	}
	return t.exchange(ctx, ahead)
}

// exchange gets a new pair for the one at hand, unless that lives on for so long.
func (t *Tokens) exchange(ctx context.Context, ahead time.Duration) (access string, err error) {
	p, err := t.load(ctx)
	if err != nil {
		return "", err
	}
	if access, ok := t.usable(ahead); ok { // another replica was faster
		return access, nil
	}
	if p.Refresh == "" {
		return "", errConsent
	}
	if p.Problem != "" && t.now().Sub(p.Tried).Abs() < retryRefused {
		return "", errConsent
	}
	fresh, err := t.refresh(ctx, p.Refresh)
	if refusal, ok := errors.AsType[refusedError](err); ok {
		return t.without(ctx, ahead, p, refusal)
	}
	if err != nil {
		return "", err
	}
	fresh.Seeds = p.Seeds
	if err := t.save(ctx, fresh); err != nil {
		return "", err
	}
	return fresh.Access, nil
}

// without goes on after Zalo refused a pair. When another one is kept, because
// the refused one was a seed or an admin has brought a pair meanwhile, that one
// is worth trying and must not be overwritten.
func (t *Tokens) without(ctx context.Context, ahead time.Duration, p pair, refusal refusedError) (access string, err error) {
	kept, err := t.kept(ctx)
	if err != nil {
		return "", err
	}
	if kept.Refresh == "" || kept.Refresh == p.Refresh {
		p.Problem, p.Tried = refusal.Error(), t.now()
		return "", errors.Join(errConsent, t.save(ctx, p))
	}
	kept.use(t.cfg.Seed)
	if err := t.save(ctx, kept); err != nil {
		return "", err
	}
	return t.exchange(ctx, ahead)
}

// retryRefused is how long Zalo is not asked again after it refused.
const retryRefused = time.Hour

// load returns the pair to go on with: the kept one, or a seed that was never
// used, for an admin has brought it since.
func (t *Tokens) load(ctx context.Context) (pair, error) {
	p, err := t.kept(ctx)
	if err != nil {
		return p, err
	}
	if p.use(t.cfg.Seed) {
		p = pair{Refresh: t.cfg.Seed, Seeds: p.Seeds}
	}
	t.mu.Lock()
	t.pair = p
	t.mu.Unlock()
	return p, nil
}

// kept reads the pair that is kept, the zero one when there is none.
func (t *Tokens) kept(ctx context.Context) (pair, error) {
	var p pair
	data, err := t.state.State(ctx, t.name())
	if err == nil && data != nil {
		err = json.Unmarshal(data, &p)
	}
	if err != nil {
		return p, fmt.Errorf("zalo tokens: %w", err)
	}
	return p, nil
}

// use notes that a seed is used, and reports whether it was not before.
func (p *pair) use(seed string) bool {
	if seed == "" {
		return false
	}
	sum := sha256.Sum256([]byte(seed))
	digest := hex.EncodeToString(sum[:8])
	if slices.Contains(p.Seeds, digest) {
		return false
	}
	p.Seeds = append(p.Seeds, digest)
	return true
}

// saveTries is how often keeping a new pair is tried at once.
const saveTries = 5

// save keeps a pair, and only then lets it be used.
func (t *Tokens) save(ctx context.Context, p pair) error {
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("zalo tokens: %w", err)
	}
	for try := range saveTries {
		if err = t.state.SetState(ctx, t.name(), data); err == nil {
			t.mu.Lock()
			t.pair, t.unsaved = p, nil
			t.mu.Unlock()
			return nil
		}
		messenger.Wait(ctx, 100*time.Millisecond<<try)
	}
	t.mu.Lock()
	t.unsaved = &p // the only valid one: it is tried again before all else
	t.mu.Unlock()
	return fmt.Errorf("zalo tokens not kept: %w", err)
}

func (t *Tokens) saveLeft(ctx context.Context) error {
	t.mu.Lock()
	left := t.unsaved
	t.mu.Unlock()
	if left == nil {
		return nil
	}
	return t.save(ctx, *left)
}

// refusedError is an answer of Zalo without tokens.
type refusedError struct{ code string }

func (e refusedError) Error() string { return "zalo refused to give new tokens, error " + e.code }

// refresh exchanges a refresh token. When no answer comes, it is tried once
// more: either Zalo had not heard, or the old token is spent and is refused.
func (t *Tokens) refresh(ctx context.Context, token string) (pair, error) {
	form := url.Values{"app_id": {t.cfg.AppID}, "grant_type": {"refresh_token"}, "refresh_token": {token}}
	p, err := t.request(ctx, form)
	if _, refused := errors.AsType[refusedError](err); err == nil || refused || ctx.Err() != nil {
		return p, err
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return p, err
	}
	messenger.Wait(ctx, time.Second)
	return t.request(ctx, form)
}

// request asks the token service. Its errors hold no token.
func (t *Tokens) request(ctx context.Context, form url.Values) (pair, error) {
	var res struct {
		Access  string  `json:"access_token"`
		Refresh string  `json:"refresh_token"`
		Expires literal `json:"expires_in"`
		Error   literal `json:"error"`
	}
	status, err := messenger.Post(ctx, t.client, t.cfg.OAuth+"/v4/oa/access_token", http.Header{"Secret_key": {t.cfg.AppSecret}},
		"application/x-www-form-urlencoded", []byte(form.Encode()), &res)
	switch {
	case err != nil:
		return pair{}, fmt.Errorf("zalo token service: %w", err)
	case status >= http.StatusInternalServerError:
		return pair{}, fmt.Errorf("zalo token service: HTTP status %d", status)
	case res.Access == "" || res.Refresh == "":
		return pair{}, refusedError{string(res.Error)}
	}
	seconds, err := strconv.Atoi(string(res.Expires))
	if err != nil || seconds <= 0 {
		seconds = 3600 // what the shortest-lived tokens had
	}
	now := t.now()
	return pair{Access: res.Access, Refresh: res.Refresh, Got: now, Expires: now.Add(time.Duration(seconds) * time.Second)}, nil
}

// How often the tokens are looked at, and how often an admin is told that they
// need him.
const (
	lookEvery  = time.Minute
	alarmEvery = time.Hour
)

// Keep renews the tokens before they end, with or without traffic, until ctx
// ends.
func (t *Tokens) Keep(ctx context.Context) {
	for ctx.Err() == nil {
		t.look(ctx)
		messenger.Wait(ctx, lookEvery)
	}
}

func (t *Tokens) look(ctx context.Context) {
	p, err := t.load(ctx)
	if err == nil {
		// A quarter of its life before the end; Zalo's live 25 hours.
		if _, ok := t.usable(p.Expires.Sub(p.Got) / 4); !ok {
			_, err = t.renew(ctx, p.Expires.Sub(p.Got)/4)
		}
	}
	if err == nil || ctx.Err() != nil || errors.Is(err, errOther) || t.now().Sub(t.alarmed) < alarmEvery {
		return
	}
	t.alarmed = t.now()
	t.log.ErrorContext(ctx, "zalo tokens not renewed", "channel", "zalo", "err", err)
}

// Login keeps the pair that an authorisation code is exchanged for.
func (t *Tokens) Login(ctx context.Context, code, verifier string) error {
	form := url.Values{"app_id": {t.cfg.AppID}, "grant_type": {"authorization_code"}, "code": {code}}
	if verifier != "" {
		form.Set("code_verifier", verifier)
	}
	return t.adopt(ctx, "", func() (pair, error) { return t.request(ctx, form) })
}

// Paste keeps a refresh token that an admin brings, after trying it.
func (t *Tokens) Paste(ctx context.Context, refresh string) error {
	return t.adopt(ctx, refresh, func() (pair, error) { return t.refresh(ctx, refresh) })
}

// adopt keeps a pair that an admin has Zalo give, for a refresh token or "". No
// process takes that token, or a seed of before, for a newer one.
func (t *Tokens) adopt(ctx context.Context, used string, get func() (pair, error)) error {
	before, err := t.load(ctx) // first: what Zalo gives must not be lost
	if err != nil {
		return err
	}
	p, err := get()
	if err != nil {
		return err
	}
	before.use(used)
	p.Seeds = before.Seeds
	return t.save(ctx, p)
}

// Status is what an admin may know of the tokens.
type Status struct {
	Known   bool // there is a pair, or a token to begin with
	Problem string
	Expires time.Time // of the access token
	Got     time.Time // the last pair
}

// Status reads how the tokens are.
func (t *Tokens) Status(ctx context.Context) (Status, error) {
	p, err := t.load(ctx)
	return Status{Known: p.Refresh != "", Problem: p.Problem, Expires: p.Expires, Got: p.Got}, err
}
