// The entry for `go test` and for `godog run`: both run the features by godog.yml.
package main

import (
	"testing"

	"github.com/cucumber/godog"
)

// underGodog is the one package variable with an effect: `godog run` reads no file and calls nothing before it reads its
// flags, so that godog.yml must be read while packages are initialised. It is nil under `go test`.
var underGodog = suite().Godog()

// InitializeTestSuite is what `godog run` calls.
func InitializeTestSuite(sc *godog.TestSuiteContext) { underGodog.Register(sc) }

// TestFeatures runs every scenario as a subtest.
func TestFeatures(t *testing.T) {
	t.Parallel()
	suite().Test(t)
}
