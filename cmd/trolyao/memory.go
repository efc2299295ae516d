package main

import (
	"io/fs"
	"math"
	"path"
	"runtime/debug"
)

// What the program may hold before the collector works harder: enough for the
// embedded knowledge, and for each article of a folder. Together with the
// program itself it then stays below 256 MB, also while it learns.
const (
	leastMemory   = 180 << 20 // bytes
	articleMemory = 128 << 10
)

// keepSmall bounds the memory that serving takes by the size of the knowledge.
// It is no hard bound: what is needed is taken. GOMEMLIMIT in the environment
// wins.
func keepSmall(fsys fs.FS) {
	if debug.SetMemoryLimit(-1) != math.MaxInt64 {
		return // GOMEMLIMIT has been read
	}
	articles := 0
	_ = fs.WalkDir(fsys, ".", func(name string, _ fs.DirEntry, err error) error {
		if err == nil && path.Ext(name) == ".md" {
			articles++
		}
		return nil // who loads the folder reports what is wrong with it
	})
	debug.SetMemoryLimit(leastMemory + int64(articles)*articleMemory)
}
