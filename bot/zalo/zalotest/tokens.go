package zalotest

import (
	"net/http"
	"strconv"
	"time"
)

// Pair is what a consent or a refresh yields.
type Pair struct{ Access, Refresh string }

// tokens are those that are valid, with the time they end.
type tokens struct {
	access, refresh, codes map[string]time.Time
	refreshes, refused     int
}

func newTokens() tokens {
	return tokens{access: map[string]time.Time{}, refresh: map[string]time.Time{}, codes: map[string]time.Time{}}
}

const (
	tokenPath = "/v4/oa/access_token" //nolint:gosec // an address, not a credential

	refreshLife = 90 * 24 * time.Hour
	codeLife    = 10 * time.Minute
)

// issue makes a pair; the caller holds the mutex.
func (z *OA) issue() Pair {
	pair := Pair{newToken(), newToken()}
	now := z.now()
	z.tokens.access[pair.Access] = now.Add(z.options.TokenLife)
	z.tokens.refresh[pair.Refresh] = now.Add(refreshLife)
	return pair
}

// Grant returns the pair of a person who consented just now. Earlier pairs stay
// valid.
func (z *OA) Grant() Pair {
	z.ledger.mu.Lock()
	defer z.ledger.mu.Unlock()
	return z.issue()
}

// Code returns an authorisation code: for one use, within 10 minutes.
func (z *OA) Code() string {
	z.ledger.mu.Lock()
	defer z.ledger.mu.Unlock()
	code := newToken()
	z.tokens.codes[code] = z.now().Add(codeLife)
	return code
}

// Revoke ends every token and code: the OA withdrew its consent.
func (z *OA) Revoke() {
	z.ledger.mu.Lock()
	defer z.ledger.mu.Unlock()
	clear(z.tokens.access)
	clear(z.tokens.refresh)
	clear(z.tokens.codes)
}

// ExpireAccess ends the access tokens of now; refresh tokens stay valid.
func (z *OA) ExpireAccess() {
	z.ledger.mu.Lock()
	defer z.ledger.mu.Unlock()
	clear(z.tokens.access)
}

// Refreshes is how many refreshes succeeded, those whose answer was lost
// included.
func (z *OA) Refreshes() int {
	z.ledger.mu.Lock()
	defer z.ledger.mu.Unlock()
	return z.tokens.refreshes
}

// Refused is how many refreshes were refused.
func (z *OA) Refused() int {
	z.ledger.mu.Lock()
	defer z.ledger.mu.Unlock()
	return z.tokens.refused
}

// tokenAnswer is the answer of the token endpoint: a pair, or an error. Both
// come with HTTP 200.
type tokenAnswer struct {
	Access      string `json:"access_token,omitempty"`
	Refresh     string `json:"refresh_token,omitempty"`
	Expires     string `json:"expires_in,omitempty"` // seconds, in a string
	Error       int    `json:"error,omitempty"`
	Name        string `json:"error_name,omitempty"`
	Reason      string `json:"error_reason,omitempty"`
	Description string `json:"error_description,omitempty"`
}

func tokenError(code int, name string) tokenAnswer {
	return tokenAnswer{Error: code, Name: name, Reason: name, Description: name + ": see the documentation of OAuth v4"}
}

func (z *OA) serveToken(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || !hasType(r, "application/x-www-form-urlencoded") {
		z.problem("token endpoint: %s of %q, want POST of application/x-www-form-urlencoded", r.Method, r.Header.Get("Content-Type"))
		writeJSON(w, tokenError(-14002, "Invalid request"))
		return
	}
	if err := r.ParseForm(); err != nil {
		z.problem("token endpoint: the form cannot be read")
		writeJSON(w, tokenError(-14002, "Invalid request"))
		return
	}
	writeJSON(w, z.exchange(r))
}

// exchange gives a pair for a refresh token or a code, each of which is gone
// with it, whether or not the answer arrives.
func (z *OA) exchange(r *http.Request) tokenAnswer {
	z.ledger.mu.Lock()
	defer z.ledger.mu.Unlock()
	grant := r.PostForm.Get("grant_type")
	refreshing := grant == "refresh_token"
	answer := z.granted(r, grant)
	switch {
	case !refreshing:
	case answer.Error == 0:
		z.tokens.refreshes++
	default:
		z.tokens.refused++
	}
	return answer
}

// granted decides on a request for tokens; the caller holds the mutex.
func (z *OA) granted(r *http.Request, grant string) tokenAnswer {
	if r.Header.Get("secret_key") != z.options.AppSecret || r.PostForm.Get("app_id") != z.options.AppID {
		return tokenError(-14004, "Invalid app id or secret key")
	}
	switch grant {
	case "refresh_token":
		if !z.take(z.tokens.refresh, r.PostForm.Get("refresh_token")) {
			return tokenError(-14014, "Invalid refresh token")
		}
	case "authorization_code":
		if !z.take(z.tokens.codes, r.PostForm.Get("code")) {
			return tokenError(-14015, "Invalid authorization code")
		}
	default:
		return tokenError(-14003, "Invalid grant type")
	}
	pair := z.issue()
	return tokenAnswer{Access: pair.Access, Refresh: pair.Refresh, Expires: strconv.Itoa(int(z.options.TokenLife.Seconds()))}
}

// take uses something up and reports whether it was valid.
func (z *OA) take(from map[string]time.Time, what string) bool {
	until, ok := from[what]
	delete(from, what)
	return ok && z.now().Before(until)
}

// authorised reports whether a request carries a valid access token, and
// answers it when it does not.
func (z *OA) authorised(w http.ResponseWriter, r *http.Request) bool {
	token := r.Header.Get("access_token")
	if token == "" {
		z.problem("%s: no header access_token", r.URL.Path)
	}
	z.ledger.mu.Lock()
	until, ok := z.tokens.access[token]
	z.ledger.mu.Unlock()
	if ok && z.now().Before(until) {
		return true
	}
	refuse(w, -216, "Access token is invalid")
	return false
}
