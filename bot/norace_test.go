//go:build !race

package bot

const watched = false
