package formats

import (
	"path/filepath"
	"testing"
)

func TestTwoReportsMustNotGoToOneFileHoweverItIsWritten(t *testing.T) {
	t.Chdir(t.TempDir())
	whole, err := filepath.Abs("run.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := Check([]string{"json:run.json", "cucumber:" + whole}); err == nil {
		t.Error("one would overwrite the other, and nothing is said")
	}
}
