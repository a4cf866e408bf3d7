package cli

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/internal/selftest/checkout"
)

// The module in testdata has a main of one line, and everything but AWS's commands.
func TestAModuleOfItsOwnHasTheCommands(t *testing.T) {
	dir := checkout.Module(t, "testdata/module")
	program := filepath.Join(dir, "thermostat")
	in(t, dir, "go", "build", "-mod=mod", "-o", program, ".")
	for _, c := range []struct {
		args string
		want string
	}{
		{"check", "nothing is wrong\n"},
		{"steps", "\n\nof this module:\n\nGiven ^the heating is off$\n    main/main.go:"},
		{"run", "1 scenario, 1 passed"},
		{"docs pages", ""},
	} {
		if out := in(t, dir, program, strings.Fields(c.args)...); !strings.Contains(out, c.want) {
			t.Errorf("%s says\n%s\nwant %q", c.args, out, c.want)
		}
	}
	if out := in(t, dir, program, "--help"); strings.Contains(out, "harness") {
		t.Errorf("it has the commands for AWS, too:\n%s", out)
	}
	for pkg := range strings.Lines(in(t, dir, "go", "list", "-mod=mod", "-deps", ".")) {
		if strings.HasPrefix(pkg, "github.com/aws/") {
			t.Errorf("it is built from %s", pkg)
		}
	}
}

// in runs a program in a folder, where it must end well, and returns what it says.
func in(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(program), strings.Join(args, " "), err, out)
	}
	return string(out)
}
