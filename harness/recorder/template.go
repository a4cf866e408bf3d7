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
	if text, ok := values["Channels"]; ok {
		if _, err := ParseChannels(text); err != nil {
			return fmt.Errorf("Channels=%s: %w", text, err)
		}
	}
	if text, ok := values["Correlation"]; ok {
		if _, err := ParseCorrelation(text); err != nil {
			return fmt.Errorf("Correlation=%s: %w", text, err)
		}
	}
	return nil
}
