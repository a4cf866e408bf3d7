package stack

import (
	"archive/zip"
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"errors"
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
		{"a version that cannot be had", "arm64", "v0.0.1",
			"build github.com/harken-bdd/harken/harness/recorder/bootstrap: exit status 1\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Build(t.Context(), c.architecture, c.version); err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestABuildThatIsInterruptedSaysNothingElse(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	cancel(interrupted)
	if _, err := Build(ctx, "arm64", "(devel)"); !errors.Is(err, interrupted) || err.Error() != "interrupted" {
		t.Errorf("got %v", err)
	}
}

func TestAProgramThatTheRecorderCannotBeIsRefused(t *testing.T) {
	for _, c := range []struct {
		name, architecture string
		program            []byte
		want               string
	}{
		{"no program at all", "arm64", []byte("#!/bin/sh\n"), "no program for Linux: "},
		{"another processor's", "arm64", emptyProgram(t, elf.EM_X86_64),
			"a program for EM_X86_64, and the recorder runs on arm64 (--arch)"},
		{"no architecture of Lambda's", "amd64", emptyProgram(t, elf.EM_X86_64),
			`no architecture "amd64": have arm64 and x86_64`},
		{"one that fits", "arm64", emptyProgram(t, elf.EM_AARCH64), ""},
		{"one that fits the other", "x86_64", emptyProgram(t, elf.EM_X86_64), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := RunsOn(c.program, c.architecture)
			if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// emptyProgram returns the header of a program, which says what it runs on.
func emptyProgram(t *testing.T, on elf.Machine) []byte {
	t.Helper()
	header := elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(on), Version: uint32(elf.EV_CURRENT), Ehsize: 64, Phentsize: 56,
		Shentsize: 64,
	}
	var program bytes.Buffer
	if err := binary.Write(&program, binary.LittleEndian, header); err != nil {
		t.Fatal(err)
	}
	return program.Bytes()
}
