// The code of the harness's function: built from source, and packed always the same.

package stack

import (
	"archive/zip"
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

const (
	module  = "github.com/harken-bdd/harken"
	program = module + "/harness/recorder/bootstrap"
	// handler is what Lambda starts in a runtime that is only an operating system.
	handler = "bootstrap"
)

// architectures are those of Lambda, and what Go calls them.
func architectures() map[string]string {
	return map[string]string{"arm64": "arm64", "x86_64": "amd64"}
}

// architecture returns that of Lambda's on which functions run where nobody says: arm64, which costs less, and on an
// emulator, which runs them as processes of this machine, the machine's own.
func (s *Stacks) architecture() string {
	if s.account.Local && runtime.GOARCH == "amd64" {
		return "x86_64"
	}
	return "arm64"
}

// Build returns the recorder's program for one of Lambda's architectures, made by the Go toolchain from the module
// around the working directory, where that is Harken or requires it, or else from that version of Harken's ("v1.2.0").
// The same source and toolchain make the same program.
func Build(ctx context.Context, architecture, version string) ([]byte, error) {
	arch, ok := architectures()[architecture]
	if !ok {
		return nil, errNoArchitecture(architecture)
	}
	folder, err := os.MkdirTemp("", "harken-build-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // what is left of it is in nobody's way
	file := filepath.Join(folder, handler)
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", file, program)
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0")
	if err := exec.CommandContext(ctx, "go", "list", program).Run(); ctx.Err() != nil {
		return nil, context.Cause(ctx)
	} else if err != nil {
		if build.Dir, err = moduleOf(folder, version); err != nil {
			return nil, err
		}
		build.Env = append(build.Env, "GOFLAGS=-mod=mod", "GOWORK=off")
	}
	if out, err := build.CombinedOutput(); ctx.Err() != nil {
		return nil, context.Cause(ctx)
	} else if err != nil {
		return nil, fmt.Errorf("build %s: %w\n%s", program, err, bytes.TrimSpace(out))
	}
	return os.ReadFile(file)
}

// moduleOf returns the folder of a module that requires Harken in a version.
func moduleOf(folder, version string) (string, error) {
	if version == "" || version == "(devel)" {
		return "", errors.New("the recorder's source is not found from here: run it in a module that requires " + module +
			", or give the program by --binary")
	}
	text := fmt.Sprintf("module build\n\ngo 1.26\n\nrequire %s %s\n", module, version)
	return folder, os.WriteFile(filepath.Join(folder, "go.mod"), []byte(text), 0o600)
}

// RunsOn returns an error for what is no program for Linux on one of Lambda's architectures: deployed, it would record
// nothing, and nothing but its log would say so.
func RunsOn(program []byte, architecture string) error {
	file, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		return fmt.Errorf("no program for Linux: %w", err)
	}
	machines := map[string]elf.Machine{"arm64": elf.EM_AARCH64, "x86_64": elf.EM_X86_64}
	want, ok := machines[architecture]
	switch {
	case !ok:
		return errNoArchitecture(architecture)
	case file.Machine != want:
		return fmt.Errorf("a program for %s, and the recorder runs on %s (--arch)", file.Machine, architecture)
	}
	return nil
}

func errNoArchitecture(architecture string) error {
	return fmt.Errorf("no architecture %q: have arm64 and x86_64", architecture)
}

// Zip returns a program as Lambda takes it. The same program makes the same zip.
func Zip(program []byte) ([]byte, error) {
	var buffer bytes.Buffer
	w := zip.NewWriter(&buffer)
	header := &zip.FileHeader{Name: handler, Method: zip.Deflate} // of no time
	header.SetMode(0o755)
	file, err := w.CreateHeader(header)
	if err == nil {
		_, err = file.Write(program)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("zip: %w", err)
	}
	return buffer.Bytes(), nil
}
