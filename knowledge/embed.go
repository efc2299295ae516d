package knowledge

import (
	"embed"
	"io/fs"
)

//go:embed articles lanes lexicon report calibration.json questions.jsonl
var embedded embed.FS

// Embedded returns the knowledge that the program carries.
func Embedded() fs.FS { return embedded }
