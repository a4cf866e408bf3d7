package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVariablesAreWrittenIntoAProfileAndAllElseStays(t *testing.T) {
	for _, c := range []struct{ name, before, after string }{
		{
			"a profile without env",
			"  staging: # ours\n    # how long\n    sla:    2s\n  other: {sla: 1s}   # stays\n",
			"  staging: # ours\n    env:\n      A: \"1\"\n      B: \"x & \\\"y\\\"\"\n    # how long\n    sla:    2s\n  " +
				"other: {sla: 1s}   # stays\n",
		},
		{
			"an empty profile", "  staging: {}  # ours\n",
			"  staging: # ours\n    env:\n      A: \"1\"\n      B: \"x & \\\"y\\\"\"\n",
		},
		{
			"one that is there, and one that is not",
			"  staging:\n    env:   # for addresses\n        C: keep   # this\n        B: 'old' # and this\n    sla: 2s",
			"  staging:\n    env:   # for addresses\n        A: \"1\"\n        C: keep   # this\n        B: \"x & \\\"y\\\"\" " +
				"# and this\n    sla: 2s\n",
		},
		{
			"an env in braces", "  staging:\n    env: {C: keep, B: old} # why\n",
			"  staging:\n    env: # why\n      A: \"1\"\n      B: \"x & \\\"y\\\"\"\n      C: \"keep\"\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			const head = "suite: S\n\nprofiles:   # all of them\n"
			file := filepath.Join(t.TempDir(), "godog.yml")
			if err := os.WriteFile(file, []byte(head+c.before), 0o640); err != nil {
				t.Fatal(err)
			}
			if err := SetEnv(file, "staging", map[string]string{"A": "1", "B": `x & "y"`}); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(file)
			if err != nil || string(got) != head+c.after {
				t.Errorf("got\n%s\nwant\n%s", got, head+c.after)
			}
			if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o640 {
				t.Errorf("got the mode %v, %v, want 0640", info.Mode(), err)
			}
			if err := SetEnv(file, "staging", map[string]string{"A": "1", "B": `x & "y"`}); err != nil {
				t.Fatal(err)
			}
			if again, _ := os.ReadFile(file); string(again) != string(got) {
				t.Errorf("written again: got\n%s\nwant\n%s", again, got)
			}
		})
	}
}

func TestWhatCannotBeKeptIsLeftAlone(t *testing.T) {
	const style = `: profile "staging": it is not written one key a line: write it so, and try again`
	for _, c := range []struct{ name, text, want string }{
		{"a profile in braces", "profiles:\n  staging: {sla: 2s}\n", style},
		{"all profiles in braces", "profiles: {staging: {}}\n", style},
		{"an env in braces over lines", "profiles:\n  staging:\n    env: {C: x,\n      D: y}\n", style},
		{"a value of several lines", "profiles:\n  staging:\n    env:\n      A: |\n        x\n        y\n", style},
		{"another profile", "profiles:\n  stagin:\n    sla: 2s\n",
			`: no profile "staging" (did you mean "stagin"? have stagin)`},
		{"no profile", "suite: S\n", `: no profile "staging" (there is none at all)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "godog.yml")
			if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := SetEnv(file, "staging", map[string]string{"A": "1"}); strings.TrimPrefix(message(err), file) != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if got, _ := os.ReadFile(file); string(got) != c.text {
				t.Errorf("got\n%s\nwant\n%s", got, c.text)
			}
			if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 1 {
				t.Errorf("got %v, %v in its folder, want nothing else", entries, err)
			}
		})
	}
}

func TestAValueIsNeverTakenForAVariable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "godog.yml")
	if err := os.WriteFile(file, []byte("profiles:\n  staging: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := SetEnv(file, "staging", map[string]string{"A": "${HOME}"}); err != nil {
		t.Fatal(err)
	}
	c, err := Load(file, "staging", from(nil))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Expand("${A}", nil); err != nil || got != "${HOME}" {
		t.Errorf("got %q, %v", got, err)
	}
}
