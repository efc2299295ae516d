//go:build !race

package index_test

const watched = false
