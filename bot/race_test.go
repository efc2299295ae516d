//go:build race

package bot

// watched says that the race detector runs, under which learning takes long.
const watched = true
