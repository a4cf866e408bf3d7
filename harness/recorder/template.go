// The stack that runs a recorder in an account.

package recorder

import (
	_ "embed"
	"fmt"
	"strconv"
	"time"
)

//go:embed template.yaml
var template string

// Template returns the CloudFormation template of a recorder: its function (package bootstrap), its table, its
// dead-letter queue, and how events and canaries come to it. It describes its own parameters and outputs.
func Template() string { return template }

// Lifetimes are the parameters of the template that say how long captures and dead letters are kept.
const (
	captureRetention    = "CaptureRetention"    // a duration
	deadLetterRetention = "DeadLetterRetention" // seconds
)

// What SQS keeps a message for, at least and at most.
const (
	leastKept = time.Minute
	mostKept  = 14 * 24 * time.Hour
)

// Complete adds what follows from the parameters that are given: dead letters hold the same events as captures, and are
// kept as long. CloudFormation cannot tell by itself, since it does not multiply.
func Complete(values map[string]string) {
	if _, given := values[deadLetterRetention]; given {
		return
	}
	if kept, err := time.ParseDuration(values[captureRetention]); err == nil {
		values[deadLetterRetention] = strconv.Itoa(int(min(max(kept, leastKept), mostKept).Seconds()))
	}
}

// longer returns an error where dead letters would be kept for longer than captures.
func longer(values map[string]string) error {
	captures, err := time.ParseDuration(values[captureRetention])
	seconds, errs := strconv.Atoi(values[deadLetterRetention])
	if dead := time.Duration(seconds) * time.Second; err == nil && errs == nil && dead > max(captures, leastKept) {
		return fmt.Errorf("%s=%d: dead letters hold the same events as captures, and these are kept for %s, which is %d "+
			"seconds", deadLetterRetention, seconds, values[captureRetention], int(captures.Seconds()))
	}
	return nil
}

// CheckParameters returns an error for parameters of the template with which a recorder is deployed and does not start:
// those that hold JSON, which CloudFormation does not read; and for dead letters that would be kept for longer than
// captures.
func CheckParameters(values map[string]string) error {
	checks := []struct {
		parameter string
		check     func(text string) error
	}{
		{"Channels", func(text string) error { _, err := ParseChannels(text); return err }},
		{"Correlation", func(text string) error { _, err := ParseCorrelation(text); return err }},
	}
	for _, c := range checks {
		if text, ok := values[c.parameter]; ok {
			if err := c.check(text); err != nil {
				return fmt.Errorf("%s=%s: %w", c.parameter, text, err)
			}
		}
	}
	return longer(values)
}
