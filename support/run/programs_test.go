package run_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// What godog's builder asks go for as packages are initialised would cost a request to a module proxy, see package
// hidden.
func TestNeitherGodogRunNorGoTestRunsGoByItself(t *testing.T) {
	t.Parallel()
	for _, line := range [][]string{{godogRun(t), "--tags=@none"}, {os.Args[0], "-test.run=^$"}} {
		dir := t.TempDir()
		script := "#!/bin/sh\ntouch '" + dir + "/called'\nexit 1\n"
		if err := os.WriteFile(filepath.Join(dir, "go"), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), line[0], line[1:]...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"))
		out, _ := cmd.CombinedOutput() // there is no godog.yml
		if _, err := os.Stat(filepath.Join(dir, "called")); err == nil {
			t.Errorf("%s has run go\n%s", filepath.Base(line[0]), out)
		}
	}
}
