package messages

import (
	"io"
	"testing"

	"github.com/harken-bdd/harken/support/report/reporttest"
)

func BenchmarkTenThousandScenarios(b *testing.B) {
	suite, run := reporttest.Many(10_000)
	counted := &counter{}
	for b.Loop() {
		counted.n = 0
		if err := Write(io.MultiWriter(io.Discard, counted), suite, run); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(counted.n)
}

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}
