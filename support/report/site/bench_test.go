package site_test

import (
	"testing"

	"github.com/harken-bdd/harken/support/report/reporttest"
	"github.com/harken-bdd/harken/support/report/site"
)

func BenchmarkWrite(b *testing.B) {
	suite, run := reporttest.Many(10_000)
	dir := b.TempDir()
	for b.Loop() {
		if err := site.Write(dir, suite, &run); err != nil {
			b.Fatal(err)
		}
	}
}
