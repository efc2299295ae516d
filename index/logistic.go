package index

import "math"

// logistic turns evidence into a likelihood.
type logistic struct {
	bias    float64
	weights []float64
}

func (l logistic) of(e []float64) float64 {
	z := l.bias
	for i, x := range e {
		z += l.weights[i] * x
	}
	return 1 / (1 + math.Exp(-z))
}

// observation is evidence, and whether what it speaks for was so.
type observation struct {
	x      []float64
	so     bool
	weight float64
}

// oddsPenalty keeps few observations from deciding much.
const oddsPenalty = 1e-4

// newtonSteps are more than enough for a logistic regression to settle.
const newtonSteps = 25

// fitLogistic is logistic regression of what was so, by Newton's method (Bishop,
// "Pattern Recognition and Machine Learning", 4.3.3). Without
// observations it knows nothing.
func fitLogistic(seen []observation) (l logistic) {
	total := 0.0
	for _, o := range seen {
		total += o.weight
	}
	if total == 0 {
		return l
	}
	l.weights = make([]float64, len(seen[0].x))
	for range newtonSteps {
		step := solve(l.normalEquations(seen, total))
		for k := range l.weights {
			l.weights[k] += step[k]
		}
		l.bias += step[len(l.weights)]
	}
	return l
}

// normalEquations are those of one step: in each row the curvature in a weight
// and, last, how steeply the likelihood rises with it. The last row is the bias.
func (l logistic) normalEquations(seen []observation, total float64) [][]float64 {
	n := len(l.weights)
	rows := make([][]float64, n+1)
	for i := range rows {
		rows[i] = make([]float64, n+2)
	}
	x := make([]float64, n+1)
	x[n] = 1
	for _, o := range seen {
		copy(x, o.x)
		p, w := l.of(o.x), o.weight/total
		rise := w * (float64(count(o.so)) - p)
		for i := range x {
			rows[i][n+1] += rise * x[i]
			for j := range x {
				rows[i][j] += w * p * (1 - p) * x[i] * x[j]
			}
		}
	}
	for i := range n {
		rows[i][i] += oddsPenalty
		rows[i][n+1] -= oddsPenalty * l.weights[i]
	}
	rows[n][n] += least
	return rows
}

// solve solves linear equations by Gauss and Jordan; the right side is the last
// column.
func solve(rows [][]float64) []float64 {
	n := len(rows)
	for i := range n {
		pivot := i
		for r := i + 1; r < n; r++ {
			if math.Abs(rows[r][i]) > math.Abs(rows[pivot][i]) {
				pivot = r
			}
		}
		rows[i], rows[pivot] = rows[pivot], rows[i]
		for r := range n {
			if r == i {
				continue
			}
			factor := rows[r][i] / rows[i][i]
			for c := i; c <= n; c++ {
				rows[r][c] -= factor * rows[i][c]
			}
		}
	}
	x := make([]float64, n)
	for i := range n {
		x[i] = rows[i][n] / rows[i][i]
	}
	return x
}
