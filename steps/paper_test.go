package steps_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	gherkin "github.com/cucumber/gherkin/go/v26"
	messages "github.com/cucumber/messages/go/v21"
)

// The features in testdata/paper were written for nine other subsystems before there were any phrases to write them in.
func TestEveryStepOfTheExamplesIsOnePhrase(t *testing.T) {
	r := phrases()
	used := make(map[int]bool)
	files, steps := 0, 0
	paper := os.DirFS("testdata/paper")
	err := fs.WalkDir(paper, ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".feature") {
			return err
		}
		files++
		f, err := paper.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		ids := &messages.Incrementing{}
		doc, err := gherkin.ParseGherkinDocument(f, ids.NewId)
		if err != nil {
			return err
		}
		for _, p := range gherkin.Pickles(*doc, path, ids.NewId) {
			for _, step := range p.Steps {
				steps++
				found := r.matching(step.Text)
				if len(found) != 1 {
					t.Errorf("%s: %q is matched by %d patterns", path, step.Text, len(found))
				}
				for _, i := range found {
					used[i] = true
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files != 9 || steps < 90 || len(used) < 15 {
		t.Errorf("%d features with %d steps use %d phrases: they prove little", files, steps, len(used))
	}
}
