package pages_test

import (
	"os"
	"testing"

	"github.com/harken-bdd/harken/internal/selftest/command"
)

func TestMain(m *testing.M) { os.Exit(command.Waiting(m)) }
