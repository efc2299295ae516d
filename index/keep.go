package index

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"slices"
)

// What was learnt is kept beside the index it was learnt from: to learn again
// would take a third of a start, and of its memory.

// encode writes the weights as bytes: for each feature, in order, its number
// less that before it, how many weights it has, and for each of these its article
// less the one before and its multiple of weightUnit.
func (l *learned) encode() []byte {
	features := make([]uint64, 0, len(l.rows))
	for f := range l.rows {
		features = append(features, f)
	}
	slices.Sort(features)
	out := binary.AppendUvarint(nil, uint64(len(features)))
	out = binary.AppendUvarint(out, uint64(len(l.weights)))
	before := uint64(0)
	for _, f := range features {
		row := l.weights[l.rows[f].from:l.rows[f].to]
		out = binary.AppendUvarint(out, f-before)
		out = binary.AppendUvarint(out, uint64(len(row)))
		before = f
		doc := uint32(0)
		for _, w := range row {
			out = binary.AppendUvarint(out, uint64(w.doc-doc))
			out = binary.AppendVarint(out, int64(math.Round(float64(w.weight)/weightUnit)))
			doc = w.doc
		}
	}
	return out
}

// decodeLearned reads what encode wrote of so many articles.
func decodeLearned(data []byte, articles int) (*learned, error) {
	r := varints{data: data}
	features, weights := r.count(), r.count()
	l := &learned{rows: make(map[uint64]span, features), weights: make([]articleWeight, 0, weights)}
	feature := uint64(0)
	for range features {
		feature += r.unsigned()
		n := r.count()
		from := len(l.weights)
		doc := uint64(0)
		for range n {
			doc += r.unsigned()
			weight := r.signed()
			if r.bad || doc >= uint64(max(articles, 0)) {
				return nil, fmt.Errorf("%w: %s", ErrDamaged, learnedFile)
			}
			l.weights = append(l.weights, articleWeight{uint32(doc), float32(float64(weight) * weightUnit)}) //nolint:gosec // a number of articles
		}
		l.rows[feature] = span{uint32(from), uint32(len(l.weights))} //nolint:gosec // far below 2³²
	}
	if r.bad || len(r.data) > 0 || len(l.rows) != features {
		return nil, fmt.Errorf("%w: %s", ErrDamaged, learnedFile)
	}
	return l, nil
}

// varints reads numbers of changing length. Past the first that is none, bad is
// set and nothing is left: every other is 0.
type varints struct {
	data []byte
	bad  bool
}

func (r *varints) unsigned() uint64 {
	x, n := binary.Uvarint(r.data)
	r.take(n)
	return x
}

func (r *varints) signed() int64 {
	x, n := binary.Varint(r.data)
	r.take(n)
	return x
}

func (r *varints) take(n int) {
	if n <= 0 {
		r.bad, r.data = true, nil
		return
	}
	r.data = r.data[n:]
}

// count reads how many things follow; there cannot be more than bytes.
func (r *varints) count() int {
	n := r.unsigned()
	if n > uint64(len(r.data)) {
		r.bad = true
		return 0
	}
	return int(n) //nolint:gosec // no more than bytes in memory
}

func writeLearned(path string, l *learned) error {
	if err := os.WriteFile(path, l.encode(), 0o600); err != nil {
		return fmt.Errorf("keep what was learnt: %w", err)
	}
	return nil
}

func readLearned(path string, articles int) (*learned, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return decodeLearned(data, articles)
}
