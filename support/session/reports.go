// What a run tells of itself, beside its results on the terminal.

package session

import (
	"errors"
	"fmt"
	"os"

	"github.com/harken-bdd/harken/internal/disk"
	"github.com/harken-bdd/harken/support/report"
	"github.com/harken-bdd/harken/support/report/github"
)

// reported returns the suite as reports show it, without what must not be shown: also where a feature itself says it.
func (s *session) reported() report.Suite {
	if len(s.Formats) == 0 && s.Docs == "" {
		return report.Suite{} // nobody asks for it
	}
	suite := s.describe(s.world.Definitions)
	suite.Hooks = s.hooks
	hidden := s.hider(s.worlds()...)
	for _, text := range described(suite.Events) {
		if *text != nil {
			*text = []byte(s.hide(hidden(string(*text))))
		}
	}
	byFile := make(map[string][]*attempt)
	for _, a := range s.attempts {
		byFile[a.scenario.File.Path] = append(byFile[a.scenario.File.Path], a)
	}
	for _, f := range suite.Features {
		hidden := s.hider(worldsOf(byFile[f.Path])...)
		f.Redact(func(text string) string { return s.hide(hidden(text)) })
	}
	return suite
}

// described returns the texts of events that stand in files of their own.
func described(events []report.Kind) (all []*[]byte) {
	for i := range events {
		all = append(all, &events[i].Template, &events[i].Schema)
	}
	return all
}

// reportToGitHub shows the run to who looks at it in GitHub Actions, where it runs there.
func (s *session) reportToGitHub(r report.Run) error {
	directory, err := os.Getwd()
	if err != nil {
		return err
	}
	action, active := github.Active(s.Environ, directory)
	if !active {
		return nil
	}
	err = action.Annotations(s.commands, r)
	if action.SummaryFile == "" || err != nil {
		return err
	}
	f, err := disk.Append(action.SummaryFile)
	if err != nil {
		return fmt.Errorf("the summary of the job: %w", err)
	}
	return errors.Join(action.Summary(f, r), f.Close())
}
