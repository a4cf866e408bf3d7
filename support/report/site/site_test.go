package site_test

import (
	"flag"
	"testing"

	"github.com/harken-bdd/harken/support/report/reporttest"
	"github.com/harken-bdd/harken/support/report/site"
)

var folder = flag.String("site", "", "a folder that TestExample writes the example's documentation to, for somebody to look at")

func TestExample(t *testing.T) {
	dir := *folder
	if dir == "" {
		dir = t.TempDir()
	}
	suite := reporttest.Suite()
	run := reporttest.Run(suite)
	if err := site.Write(dir, suite, &run); err != nil {
		t.Fatal(err)
	}
}
