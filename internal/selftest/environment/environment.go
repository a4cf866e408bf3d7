// Package environment keeps what a machine has configured out of tests.
package environment

import (
	"os"
	"strings"
	"testing"
)

// WithoutAWS takes away whatever the machine's user has configured for AWS, until the test is over: an SDK finds
// neither a region nor credentials, and asks nobody for them.
func WithoutAWS(t testing.TB) {
	t.Helper()
	for _, setting := range os.Environ() {
		if name, _, _ := strings.Cut(setting, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}
