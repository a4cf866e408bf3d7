// Command licenses writes THIRD_PARTY_LICENSES: under which licenses the modules are that Harken's programs are built
// from, and what these licenses and their notices say. With -check it only says whether the file is what it would
// write.
//
// What counts is what is linked in, on any system that Harken is built for: a module's license, and the license or
// notice of any folder between a package and the root of its module, since some modules hold code of others. Licenses
// are recognized by google/licenseclassifier, as google/go-licenses does it. A license that is not recognized, or that
// nobody has allowed, is an error.
//
// google/go-licenses itself finds the same, but no notices, asks the internet for addresses, and says something else
// where it gets no answer.
package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	classifier "github.com/google/licenseclassifier/v2"
)

// file is what is written, in the folder that the command is run in.
const file = "THIRD_PARTY_LICENSES"

// programs are what is given to others.
var programs = []string{".", "./harness/recorder/bootstrap"}

// systems are what they are built for.
var systems = []string{"linux", "darwin"}

// allowed are the licenses that Harken, under Apache-2.0, may be linked with.
var allowed = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MPL-2.0"}

// said are files that the classifier does not know, by what they say themselves. Of what says only which file is for
// what, that is nothing.
var said = map[string][]string{
	"github.com/aws/aws-lambda-go LICENSE-LAMBDACODE": {"MIT-0"},
	"github.com/aws/aws-lambda-go LICENSE-SUMMARY":    nil,
}

// told is how the name of a file begins that must be passed on with a program.
var told = regexp.MustCompile(`(?i)^(licen[sc]e|copying|notice)`)

// module is one that is linked in. Texts are its licenses and notices, by their paths in it.
type module struct {
	path, version string
	texts         map[string]string
}

// name is the module's as it is written.
func (m *module) name() string { return strings.TrimSpace(m.path + " " + m.version) }

// licenses returns what the module is under.
func (m *module) licenses(classifier *classifier.Classifier) ([]string, error) {
	var all []string
	for _, path := range slices.Sorted(maps.Keys(m.texts)) {
		if isNotice(path) {
			continue
		}
		of, known := said[m.path+" "+path]
		for _, match := range classifier.Match([]byte(m.texts[path])).Matches {
			if match.MatchType != "Copyright" {
				of, known = append(of, match.Name), true
			}
		}
		if !known {
			return nil, fmt.Errorf("%s: nobody knows what license %s is", m.name(), path)
		}
		for _, license := range of {
			if !slices.Contains(allowed, license) {
				return nil, fmt.Errorf("%s: %s is %s, allowed are %s", m.name(), path, license, strings.Join(allowed, ", "))
			}
		}
		all = append(all, of...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no license", m.name())
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

func isNotice(path string) bool {
	return strings.HasPrefix(strings.ToLower(filepath.Base(path)), "notice")
}

func main() {
	check := flag.Bool("check", false, "only say whether the file is what would be written")
	flag.Parse()
	if err := run(file, *check); err != nil {
		fmt.Fprintln(os.Stderr, "licenses:", err)
		os.Exit(1)
	}
}

// run writes the file, or checks it.
func run(file string, check bool) error {
	modules, err := linked()
	if err != nil {
		return err
	}
	var text strings.Builder
	if err := write(&text, modules); err != nil {
		return err
	}
	if check {
		return compare(file, text.String())
	}
	return os.WriteFile(file, []byte(text.String()), 0o644) //nolint:gosec // anybody may read it
}

// compare is an error where the file does not hold the text.
func compare(file, text string) error {
	if there, err := os.ReadFile(file); err != nil || string(there) != text {
		return errors.Join(err, fmt.Errorf("%s is not what is linked in; write it with: make licenses", file))
	}
	return nil
}

// listed is what `go list` says of a package.
type listed struct {
	Dir      string
	Standard bool
	Module   *struct {
		Path, Version, Dir string
		Main               bool
	}
}

// linked returns the modules that are linked into a program on some system, in the order of their paths, behind Go
// itself.
func linked() ([]*module, error) {
	all := make(map[string]*module)
	for _, system := range systems {
		packages, err := list(system)
		if err != nil {
			return nil, err
		}
		for _, p := range packages {
			if err := add(all, p); err != nil {
				return nil, err
			}
		}
	}
	return append([]*module{golang(all)}, slices.SortedFunc(maps.Values(all),
		func(a, b *module) int { return cmp.Compare(a.path, b.path) })...), nil
}

// golang is the standard library. Its license is that of golang.org/x, word for word, and taken from there: some
// systems install Go without it.
func golang(all map[string]*module) *module {
	return &module{path: "Go's standard library",
		texts: map[string]string{"LICENSE": all["golang.org/x/sys"].texts["LICENSE"]}}
}

// list returns the packages that are linked in on a system.
func list(system string) (all []listed, err error) {
	cmd := exec.Command("go", append([]string{"list", "-deps", "-json=Dir,Standard,Module"}, programs...)...)
	cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		all = append(all, p)
	}
}

// add adds what must be passed on with a package.
func add(all map[string]*module, p listed) error {
	if p.Standard || p.Module == nil || p.Module.Main {
		return nil
	}
	m := all[p.Module.Path]
	if m == nil {
		m = &module{p.Module.Path, p.Module.Version, make(map[string]string)}
		all[m.path] = m
	}
	for dir := p.Dir; ; dir = filepath.Dir(dir) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			// A license is no program.
			if e.IsDir() || !told.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
				continue
			}
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				return err
			}
			path, err := filepath.Rel(p.Module.Dir, filepath.Join(dir, e.Name()))
			if err != nil {
				return err
			}
			m.texts[filepath.ToSlash(path)] = strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n"))
		}
		if dir == p.Module.Dir {
			return nil
		}
	}
}
