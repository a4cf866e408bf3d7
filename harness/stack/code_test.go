package stack

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
)

func TestTheSameProgramMakesTheSameZip(t *testing.T) {
	first, err := Zip([]byte("a program"))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Zip([]byte("a program")); err != nil || !bytes.Equal(first, again) {
		t.Errorf("another zip: %v", err)
	}
	r, err := zip.NewReader(bytes.NewReader(first), int64(len(first)))
	if err != nil {
		t.Fatal(err)
	}
	if f := r.File[0]; len(r.File) != 1 || f.Name != "bootstrap" || f.Mode().Perm() != 0o755 {
		t.Errorf("it holds %s, %v", f.Name, f.Mode())
	}
}

func TestWhatCannotBeBuiltIsSaid(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("GOPROXY", "off")
	for _, c := range []struct{ name, architecture, version, want string }{
		{"no architecture of Lambda's", "amd64", "", `no architecture "amd64": have arm64 and x86_64`},
		{"neither a module nor a version", "arm64", "(devel)", "the recorder's source is not found from here: "},
		{"a version that cannot be had", "arm64", "v0.0.1", "build github.com/harken-bdd/harken/harness/recorder/bootstrap: exit status 1\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Build(t.Context(), c.architecture, c.version); err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}
