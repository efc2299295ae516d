package web

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// TestVisitorsAreForgotten wants the memory of addresses to be bounded, at once
// and over time.
func TestVisitorsAreForgotten(t *testing.T) {
	v, now := newVisitors(1), time.Now()
	come := func(i int) {
		v.allow(&http.Request{RemoteAddr: fmt.Sprintf("[2001:db8:%x:%x::1]:1", i>>16, i&0xFFFF)}, now)
	}
	for i := range mostVisitors + 2 {
		come(i)
	}
	if n := len(v.known); n > mostVisitors {
		t.Errorf("%d addresses are remembered, want at most %d", n, mostVisitors)
	}
	for i := range 10 {
		come(i)
	}
	now = now.Add(2 * time.Minute)
	come(0)
	if n := len(v.known); n != 1 {
		t.Errorf("%d addresses are remembered after two minutes, want the one that came", n)
	}
}
