//go:build !race

package app_test

const slow = 1
