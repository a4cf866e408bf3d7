// Writing into godog.yml, line by line, so that all else in it stays as its author has left it.

package config

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/harken-bdd/harken/internal/disk"
	"github.com/harken-bdd/harken/internal/name"
)

// SetEnv sets variables in the env of a profile of the godog.yml of that name. Whatever else is in the file stays as it
// is, comments included. After an error the file is as it was. One that is written in a way that cannot be kept is an
// error, too.
func SetEnv(file, profile string, env map[string]string) error {
	data, err := disk.Read(file)
	if err != nil {
		return err
	}
	before, err := parse(file, data, "", os.LookupEnv)
	if err != nil {
		return err
	}
	if !slices.Contains(before.Profiles, profile) {
		return fmt.Errorf("%s: %w", file, name.Unknown("profile", profile, before.Profiles))
	}
	root, err := document(file, data)
	if err != nil {
		return err
	}
	text, err := withEnv(string(data), root, profile, env)
	if err != nil {
		return fmt.Errorf("%s: profile %q: %w", file, profile, err)
	}
	after, err := parse(file, []byte(text), profile, os.LookupEnv)
	for variable, value := range env {
		if err != nil || after.Profile.Env[variable] != escaped(value) {
			return fmt.Errorf("%s: profile %q: %w", file, profile, errOtherStyle)
		}
	}
	return replace(file, text)
}

// errOtherStyle is the error of what YAML has a hundred ways to write, and one of the others was used.
var errOtherStyle = errors.New("it is not written one key a line: write it so, and try again")

// withEnv returns the text of a document with the variables in it.
func withEnv(text string, root *yaml.Node, profile string, env map[string]string) (string, error) {
	_, profiles := entry(root, "profiles")
	key, p := entry(profiles, profile)
	if inBraces(profiles) || inBraces(p) && len(p.Content) > 0 {
		return "", errOtherStyle
	}
	lines := strings.SplitAfter(strings.TrimSuffix(text, "\n")+"\n", "\n")
	env = maps.Clone(env)
	at, there := entry(p, "env")
	var added []string
	line, column := key.Line, key.Column+2 // of what is added: behind which line, and how far in
	switch {
	case at == nil:
		if len(p.Content) > 0 {
			column = p.Content[0].Column
		} else {
			lines[line-1] = strings.TrimRight(lines[line-1][:p.Column-1], " ") + comment(p) + "\n"
		}
		added = []string{strings.Repeat(" ", column-1) + "env:\n"}
		column += 2
	case inBraces(there):
		line, column = at.Line, at.Column+2
		for _, e := range entries(there) {
			if _, given := env[e.key.Value]; !given {
				env[e.key.Value] = unescaped(e.value.Value)
			}
		}
		lines[line-1] = strings.Repeat(" ", at.Column-1) + "env:" + comment(there) + "\n"
	default:
		line, column = at.Line, at.Column+2
		for i, e := range entries(there) {
			if i == 0 {
				column = e.key.Column
			}
			if value, given := env[e.key.Value]; given {
				if e.value.Line != e.key.Line {
					return "", errOtherStyle
				}
				line := &lines[e.key.Line-1]
				*line = (*line)[:e.key.Column-1] + assignment(e.key.Value, value) + comment(e.value) + "\n"
				delete(env, e.key.Value)
			}
		}
	}
	for _, variable := range slices.Sorted(maps.Keys(env)) {
		added = append(added, strings.Repeat(" ", column-1)+assignment(variable, env[variable])+"\n")
	}
	return strings.Join(slices.Insert(lines, line, added...), ""), nil
}

// assignment writes a variable as YAML.
func assignment(variable, value string) string {
	return variable + ": " + `"` + quoted(escaped(value), false) + `"`
}

// escaped returns a value in which nothing is taken for a variable.
func escaped(value string) string { return strings.ReplaceAll(value, "${", "$${") }

func unescaped(value string) string { return strings.ReplaceAll(value, "$${", "${") }

// comment returns what stands behind a node on its line.
func comment(n *yaml.Node) string {
	if n.LineComment == "" {
		return ""
	}
	return " " + n.LineComment
}

func inBraces(n *yaml.Node) bool { return n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle != 0 }

type pair struct{ key, value *yaml.Node }

// entries returns those of a mapping, and none of what is no mapping.
func entries(n *yaml.Node) (all []pair) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		all = append(all, pair{n.Content[i], n.Content[i+1]})
	}
	return all
}

// entry returns a key of a mapping and its value; both are nil where there is none.
func entry(n *yaml.Node, key string) (at, value *yaml.Node) {
	for _, e := range entries(n) {
		if e.key.Value == key {
			return e.key, e.value
		}
	}
	return nil, nil
}

// replace writes a file anew, in one step.
func replace(file, text string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Chmod(info.Mode().Perm()), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
