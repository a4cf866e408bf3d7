// The stack that runs a recorder in an account.

package recorder

import _ "embed"

//go:embed template.yaml
var template string

// Template returns the CloudFormation template of a recorder: its function (package bootstrap), its table, its dead-letter
// queue, and how events and canaries come to it. It describes its own parameters and outputs.
func Template() string { return template }
