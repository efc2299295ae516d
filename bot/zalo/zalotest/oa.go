package zalotest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

// OAOptions is how an OA is set up; every field has a default.
type OAOptions struct {
	AppID, OAID string
	AppSecret   string        // the header secret_key of the token endpoint
	OASecret    string        // signs the events
	Webhook     string        // where events are delivered; SetWebhook sets it later
	Patience    time.Duration // how long a delivery may take; 2 s
	RetryScale  time.Duration // what 30 s of the real retry schedule take here; 30 ms
	TokenLife   time.Duration // of access tokens; 25 h
	Quota       int           // free replies in the 48 h after a person's last message; 8
	Latency     time.Duration // between a request's work and its answer
	Now         func() time.Time
}

func (o OAOptions) filled() OAOptions {
	o.AppID = orElse(o.AppID, "360846524940903967")
	o.OAID = orElse(o.OAID, "388613280878808645")
	o.AppSecret = orElse(o.AppSecret, "APP_SECRET_TEST")
	o.OASecret = orElse(o.OASecret, "OA_SECRET_TEST")
	o.Patience = orElse(o.Patience, 2*time.Second)
	o.RetryScale = orElse(o.RetryScale, 30*time.Millisecond)
	o.TokenLife = orElse(o.TokenLife, 25*time.Hour)
	o.Quota = orElse(o.Quota, 8)
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// OA is a stand-in for the Official Account platform: OpenAPI, OAuth and
// webhook deliveries. Its methods may be called from many goroutines at once.
type OA struct {
	*ledger
	*courier
	options OAOptions
	server  *httptest.Server

	// Guarded by the ledger's mutex.
	tokens tokens
	scoped map[string]string // user_id_by_app -> user id
	events int               // raised so far
	sends  int               // messages sent so far
}

// NewOA starts a stand-in; Close ends it.
func NewOA(o OAOptions) *OA {
	o = o.filled()
	z := &OA{
		ledger:  newLedger(o.Now, o.Latency),
		courier: newCourier(o.Patience, schedule(o.RetryScale, 1, 10, 30, 60, 120)),
		options: o,
		tokens:  newTokens(),
		scoped:  map[string]string{},
	}
	z.vital = true
	z.taken = func(status int) bool { return status == http.StatusOK }
	z.SetWebhook(o.Webhook)
	mux := http.NewServeMux()
	mux.HandleFunc("/v3.0/oa/message/cs", z.serveMessage)
	mux.HandleFunc(tokenPath, z.serveToken)
	mux.HandleFunc("/v2.0/", z.serveOld)
	mux.HandleFunc("GET "+mediaPath, z.serveMedia)
	mux.HandleFunc("/", z.serveUnknown)
	z.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		z.inspect(r)
		path := callPath(r.URL.Path)
		z.serve(w, r, path, mux.ServeHTTP, func(w http.ResponseWriter, code int) {
			if path == tokenPath {
				writeJSON(w, tokenError(code, "made to fail"))
				return
			}
			refuse(w, code, "made to fail")
		})
	}))
	return z
}

// Options returns the setup with the defaults filled in.
func (z *OA) Options() OAOptions { return z.options }

// URL is the base address of the OpenAPI and of OAuth alike.
func (z *OA) URL() string { return z.server.URL }

// Close ends all deliveries and the server.
func (z *OA) Close() {
	z.close()
	z.server.CloseClientConnections()
	z.server.Close()
}

// SetWebhook sets where events are delivered. An event that is raised while
// there is no webhook is not delivered, as on the platform.
func (z *OA) SetWebhook(url string) { z.direct(url, nil) }

// Disabled reports whether the app was unsubscribed because the last retry of
// an event failed. From then on nothing is delivered.
func (z *OA) Disabled() bool {
	z.courier.mu.Lock()
	defer z.courier.mu.Unlock()
	return z.disabled
}

// Sign returns the value of X-ZEvent-Signature for a raw body: SHA-256, not
// HMAC, over the app's id, the body, the timestamp as it stands there, and the
// OA's secret.
func (z *OA) Sign(body []byte) string {
	var parts struct {
		AppID     string          `json:"app_id"`
		Timestamp json.RawMessage `json:"timestamp"`
	}
	_ = json.Unmarshal(body, &parts) // a body without these parts is signed without them
	timestamp := strings.Trim(string(parts.Timestamp), `"`)
	sum := sha256.Sum256([]byte(orElse(parts.AppID, z.options.AppID) + string(body) + timestamp + z.options.OASecret))
	return "mac=" + hex.EncodeToString(sum[:])
}

// refusal is an error as the OpenAPI reports it: with HTTP 200.
type refusal struct {
	Error   int    `json:"error"`
	Message string `json:"message"`
}

func refuse(w http.ResponseWriter, code int, message string) {
	writeJSON(w, refusal{code, message})
}

func (z *OA) serveOld(w http.ResponseWriter, r *http.Request) {
	z.problem("%s %s: the v2 API is shut down", r.Method, r.URL.Path)
	refuse(w, -240, "API v2 has been shut down, please use API v3")
}

func (z *OA) serveUnknown(w http.ResponseWriter, r *http.Request) {
	z.problem("%s %s: no such API", r.Method, r.URL.Path)
	w.WriteHeader(http.StatusNotFound)
	refuse(w, 404, "Empty api")
}

// inspect notes secrets in an address, where proxies and logs keep them.
func (z *OA) inspect(r *http.Request) {
	query := r.URL.Query()
	for _, name := range []string{"access_token", "refresh_token", "secret_key", "code"} {
		if query.Has(name) {
			z.problem("%s %s: %s in the address", r.Method, r.URL.Path, name)
			return
		}
	}
	for _, secret := range []string{r.Header.Get("access_token"), r.Header.Get("secret_key"), z.options.AppSecret, z.options.OASecret} {
		if secret != "" && strings.Contains(r.RequestURI, secret) {
			z.problem("%s: a secret in the address", r.Method)
			return
		}
	}
}
