// The stack that runs a recorder in an account.

package recorder

import (
	_ "embed"
	"fmt"
)

//go:embed template.yaml
var template string

// Template returns the CloudFormation template of a recorder: its function (package bootstrap), its table, its dead-letter
// queue, and how events and canaries come to it. It describes its own parameters and outputs.
func Template() string { return template }

// CheckParameters returns an error for parameters of the template with which a recorder is deployed and does not start: those
// that hold JSON, which CloudFormation does not read.
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
	return nil
}
