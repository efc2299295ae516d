//go:build race

package index_test

// watched says that the race detector runs, under which learning takes minutes.
const watched = true
