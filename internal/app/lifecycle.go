package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// cleanups are the named steps that undo what was started, run in reverse.
type cleanups struct {
	steps []cleanup
}

type cleanup struct {
	name string
	run  func(context.Context) error
}

func (c *cleanups) add(name string, run func(context.Context) error) {
	c.steps = append(c.steps, cleanup{name, run})
}

// stopWithin is how long the steps may take altogether. What works beside them
// has some seconds before that to finish; a service manager should wait longer
// than both before it kills.
const stopWithin = 10 * time.Second

// stop runs the steps, last started first, and returns what went wrong. It may
// be called again; the second call has nothing left to do.
func (c *cleanups) stop(ctx context.Context) error {
	// Stopping must go on after the context that ended the work.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	var problems []error
	for _, step := range slices.Backward(c.steps) {
		if err := step.run(ctx); err != nil {
			problems = append(problems, fmt.Errorf("stop %s: %w", step.name, err))
		}
	}
	c.steps = nil
	return errors.Join(problems...)
}
