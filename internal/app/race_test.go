//go:build race

package app_test

// The race detector makes everything several times slower.
const slow = 8
