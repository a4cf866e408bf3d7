package command

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) { os.Exit(Waiting(m)) }
