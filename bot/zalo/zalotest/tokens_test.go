package zalotest_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/trolyao/trolyao/bot/zalo/zalotest"
)

func token(t *testing.T, z *zalotest.OA, secret string, form url.Values) answer {
	t.Helper()
	status, body, err := post(t, "", z.URL()+"/v4/oa/access_token", form.Encode(), "secret_key", secret, "Content-Type", "application/x-www-form-urlencoded")
	return parse(t, status, body, err)
}

func refresh(z *zalotest.OA, with string) url.Values {
	return url.Values{"app_id": {z.Options().AppID}, "grant_type": {"refresh_token"}, "refresh_token": {with}}
}

func TestRefreshTokenIsGoodForOne(t *testing.T) {
	z := newOA(t, zalotest.OAOptions{})
	secret := z.Options().AppSecret
	old := z.Grant()
	a := token(t, z, secret, refresh(z, old.Refresh))
	if a.Access == "" || a.Refresh == "" || a.Access == old.Access || a.Refresh == old.Refresh || a.Expires != "90000" || a.Error != 0 {
		t.Fatalf("%+v", a)
	}
	for _, used := range []string{old.Refresh, "unknown", a.Access} {
		if again := token(t, z, secret, refresh(z, used)); again.Error != -14014 || again.Name != "Invalid refresh token" || again.Access != "" {
			t.Errorf("%+v", again)
		}
	}
	if z.Refreshes() != 1 || z.Refused() != 3 {
		t.Errorf("%d refreshes, %d refused", z.Refreshes(), z.Refused())
	}
	z.Say(user, "chào")
	for _, access := range []string{old.Access, a.Access} {
		if got := sendText(t, z, access, user, "đáp"); got.Error != 0 {
			t.Errorf("%+v", got)
		}
	}
	calls := z.Calls("/v4/oa/access_token")
	if len(calls) != 4 || calls[0].Secret != secret || calls[0].Fields["refresh_token"] != old.Refresh || calls[0].Method != http.MethodPost {
		t.Errorf("%+v", calls)
	}
	wantProblems(t, z.Problems())
}

func TestTokensEnd(t *testing.T) {
	now := newClock()
	z := newOA(t, zalotest.OAOptions{Now: now.now, TokenLife: time.Hour})
	secret := z.Options().AppSecret
	z.Say(user, "chào")
	pair := z.Grant()
	check := func(step, access string, want int) {
		t.Helper()
		if a := sendText(t, z, access, user, "đáp"); a.Error != want {
			t.Errorf("%s: %+v, want %d", step, a, want)
		}
	}
	check("fresh", pair.Access, 0)
	now.pass(time.Hour)
	check("expired", pair.Access, -216)
	renewed := token(t, z, secret, refresh(z, pair.Refresh))
	if renewed.Expires != "3600" {
		t.Errorf("%+v", renewed)
	}
	check("refreshed", renewed.Access, 0)
	z.ExpireAccess()
	check("made to expire", renewed.Access, -216)
	renewed = token(t, z, secret, refresh(z, renewed.Refresh))
	check("refreshed again", renewed.Access, 0)
	z.Revoke()
	check("revoked", renewed.Access, -216)
	if a := token(t, z, secret, refresh(z, renewed.Refresh)); a.Error != -14014 {
		t.Errorf("revoked: %+v", a)
	}
	pair = z.Grant()
	now.pass(91 * 24 * time.Hour)
	if a := token(t, z, secret, refresh(z, pair.Refresh)); a.Error != -14014 {
		t.Errorf("after three months: %+v", a)
	}
}

func TestCodes(t *testing.T) {
	now := newClock()
	z := newOA(t, zalotest.OAOptions{Now: now.now})
	secret := z.Options().AppSecret
	form := func(code string) url.Values {
		return url.Values{"app_id": {z.Options().AppID}, "grant_type": {"authorization_code"}, "code": {code}}
	}
	code := z.Code()
	for _, tt := range []struct {
		name   string
		secret string
		form   url.Values
		want   int
	}{
		{"a wrong secret", "x", form(code), -14004},
		{"a wrong app", secret, url.Values{"app_id": {"1"}, "grant_type": {"authorization_code"}, "code": {code}}, -14004},
		{"another grant", secret, url.Values{"app_id": {z.Options().AppID}, "grant_type": {"password"}}, -14003},
		{"the code", secret, form(code), 0},
		{"the code again", secret, form(code), -14015},
	} {
		if a := token(t, z, tt.secret, tt.form); a.Error != tt.want || (a.Access != "") != (tt.want == 0) {
			t.Errorf("%s: %+v", tt.name, a)
		}
	}
	late := z.Code()
	now.pass(10 * time.Minute)
	if a := token(t, z, secret, form(late)); a.Error == 0 {
		t.Errorf("late: %+v", a)
	}
	if z.Refreshes() != 0 || z.Refused() != 0 {
		t.Error("a code is no refresh")
	}
}
