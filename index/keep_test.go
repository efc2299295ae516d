package index

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
)

// FuzzLearned reads anything as what was learnt: it is refused as damaged, or it
// is what was written.
func FuzzLearned(f *testing.F) {
	some := &learned{
		rows: map[uint64]span{1: {0, 2}, 7: {2, 2}, featurePair | 3<<31 | 4: {2, 3}},
		weights: []articleWeight{
			{0, 3 * weightUnit}, {2, -5000 * weightUnit}, {1, weightUnit},
		},
	}
	f.Add(some.encode(), 3)
	f.Add(some.encode(), 2) // fewer articles than it speaks of
	f.Add(some.encode()[:5], 3)
	f.Add((&learned{}).encode(), 0)
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 1}, 1)
	f.Fuzz(func(t *testing.T, data []byte, articles int) {
		l, err := decodeLearned(data, articles)
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("%v is not ErrDamaged", err)
			}
			return
		}
		again, err := decodeLearned(l.encode(), articles)
		if err != nil || !reflect.DeepEqual(l, again) {
			t.Errorf("%v written and read again is %v: %v", l, again, err)
		}
		if !bytes.Equal(l.encode(), again.encode()) {
			t.Error("written in two ways")
		}
	})
}
