// What cannot be recorded.

package recorder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// DeadLetter is a record that cannot be recorded, however often it is tried.
type DeadLetter struct {
	Record json.RawMessage // as it came; a payload that cannot be read may be no JSON
	Reason error
	Canary bool // nothing of the subsystem's is lost with it
}

// keepDead returns nil once all dead letters are kept.
func (r *Recorder) keepDead(ctx context.Context, dead ...DeadLetter) error {
	var errs []error
	for _, l := range dead {
		if r.options.DeadLetters == nil {
			errs = append(errs, l.Reason)
		} else if err := r.options.DeadLetters(ctx, l); err != nil {
			errs = append(errs, fmt.Errorf("dead letter: %w; it says: %w", err, l.Reason))
		}
	}
	return errors.Join(errs...)
}

// lastingError is one that a retry of the same record meets again.
type lastingError struct{ error }

func (e lastingError) Unwrap() error { return e.error }

func lasting(err error) error { return lastingError{err} }

func isLasting(err error) bool {
	var l lastingError
	return errors.As(err, &l)
}

// isPassing holds for an error that a retry may not meet.
func isPassing(err error) bool { return err != nil && !isLasting(err) }
