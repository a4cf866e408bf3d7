package harnesstest_test

import (
	"testing"

	"github.com/harken-bdd/harken/harness/harnesstest"
)

func TestWhatTheExampleBringsConforms(t *testing.T) { harnesstest.Run(t, subject()) }
