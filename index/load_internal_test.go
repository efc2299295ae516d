package index

import (
	"testing"

	"github.com/trolyao/trolyao/index/vietnamese"
)

// What a keyboard left in an example must not become a word: who types it again
// would not be understood.
func TestLeftByKeyboard(t *testing.T) {
	for typed, want := range map[string]bool{
		"khoong": true, "treen": true, "dduwowcj": true, "phis": true,
		"không": false, "khong": false, "online": false, "vneid": false, "ct01": false, "an": false,
	} {
		if got := leftByKeyboard(vietnamese.Tokens(typed)[0]); got != want {
			t.Errorf("%q: %v, want %v", typed, got, want)
		}
	}
}
