package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/internal/selftest/checkout"
)

func TestTheFileNamesAllThatIsLinkedInWithItsLicenseAndItsNotice(t *testing.T) {
	t.Chdir(checkout.Root(t))
	if err := run(file, true); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Go's standard library: BSD-3-Clause\n",
		"github.com/hashicorp/go-immutable-radix v", "github.com/hashicorp/go-memdb v", "github.com/hashicorp/golang-lru v",
		": MPL-2.0\n",
		"Mozilla Public License, version 2.0",
		"go.yaml.in/yaml/v4 NOTICE\n",
		"github.com/aws/aws-sdk-go-v2 internal/sync/singleflight/LICENSE\n", // of others, within a module
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("it lacks %q", want)
		}
	}
	// What is used for tests only is not passed on.
	if strings.Contains(string(text), "chromedp") {
		t.Error("it names what is not linked in")
	}
}

func TestAFileThatIsOutOfDateIsNoticed(t *testing.T) {
	old := filepath.Join(t.TempDir(), file)
	if err := compare(old, "Go: MPL-2.0"); err == nil {
		t.Error("it is content with a file that is not there")
	}
	if err := os.WriteFile(old, []byte("Go: MIT"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := compare(old, "Go: MPL-2.0"); err == nil || !strings.Contains(err.Error(), "make licenses") {
		t.Errorf("it says %v", err)
	}
}

func TestALicenseThatNobodyHasAllowedIsAnError(t *testing.T) {
	const gpl = `                    GNU GENERAL PUBLIC LICENSE
                       Version 3, 29 June 2007

    This program is free software: you can redistribute it and/or modify
    it under the terms of the GNU General Public License as published by
    the Free Software Foundation, either version 3 of the License, or
    (at your option) any later version.

    This program is distributed in the hope that it will be useful,
    but WITHOUT ANY WARRANTY; without even the implied warranty of
    MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
    GNU General Public License for more details.

    You should have received a copy of the GNU General Public License
    along with this program.  If not, see <https://www.gnu.org/licenses/>.
`
	for _, c := range []struct {
		texts map[string]string
		want  string
	}{
		{map[string]string{"LICENSE": gpl}, "x v1: LICENSE is GPL-3.0"},
		{map[string]string{"LICENSE": "Do as you like."}, "x v1: nobody knows what license LICENSE is"},
		{map[string]string{"NOTICE": "By us."}, "x v1 has no license"},
		{nil, "x v1 has no license"},
	} {
		err := write(&strings.Builder{}, []*module{{"x", "v1", c.texts}})
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}
