// Package github shows a run to who looks at it in GitHub Actions: annotations beside the lines of the features, and a
// summary of the job. It promises nothing to other modules.
//
// A failed scenario is an error. An inconclusive or flaky one is a warning: it may fail the job as well, but it is not
// the subsystem's fault, and only ten of each are shown (of a step of a workflow), so that it must not hide what is.
package github

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/report"
)

const (
	mostShown    = 10      // annotations of a level, which is what GitHub shows
	messageLimit = 4 << 10 // bytes of an annotation's message
	titleLimit   = 200     // bytes of a name
	pathLimit    = 1 << 10 // bytes of a path that is linked
)

// Action is a step of a workflow of GitHub Actions.
type Action struct {
	// SummaryFile takes the step's summary, to be appended to. It is "" on servers that have none.
	SummaryFile string

	blob   string // the URL of the files at this commit; "" where it is not known
	prefix string // of a feature's path, to be relative to the repository; "" where the features are not in it
	inside bool
}

// Active returns the step that this process runs in, and false where it runs in none. directory is the one that the
// features' paths are relative to, as an absolute path.
func Active(environ func(name string) (string, bool), directory string) (Action, bool) {
	get := func(name string) string {
		value, _ := environ(name)
		return value
	}
	if get("GITHUB_ACTIONS") != "true" {
		return Action{}, false
	}
	a := Action{SummaryFile: get("GITHUB_STEP_SUMMARY")}
	server, repository, commit := get("GITHUB_SERVER_URL"), get("GITHUB_REPOSITORY"), get("GITHUB_SHA")
	if server != "" && repository != "" && commit != "" {
		a.blob = server + "/" + repository + "/blob/" + commit + "/"
	}
	if workspace := get("GITHUB_WORKSPACE"); workspace != "" {
		prefix, err := filepath.Rel(workspace, directory)
		a.prefix, a.inside = filepath.ToSlash(prefix), err == nil && filepath.IsLocal(prefix)
	}
	return a, true
}

// path returns the feature's path in the repository, and false where it is not in it, or is too long for a link.
func (a Action) path(file string) (string, bool) {
	if !a.inside || filepath.IsAbs(file) || len(file) > pathLimit {
		return file, false
	}
	path := filepath.Join(a.prefix, file)
	return filepath.ToSlash(path), filepath.IsLocal(path)
}

// Annotations writes a workflow command for each scenario that did not pass, up to as many as GitHub shows.
func (a Action) Annotations(out io.Writer, run report.Run) error {
	var b strings.Builder
	a.annotate(&b, "error", run, func(s report.Scenario) bool { return s.Verdict == expect.Failed })
	a.annotate(&b, "warning", run, func(s report.Scenario) bool {
		return s.Verdict != expect.Failed && s.Verdict != expect.Passed && !stopped(s)
	})
	if run.Trouble != "" {
		fmt.Fprintf(&b, "::warning title=The run has not passed::%s\n",
			data.Replace(visible(report.Clip(run.Trouble, messageLimit))))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// stopped says whether the scenario is one that an interrupted run did not come to: it explains nothing.
func stopped(s report.Scenario) bool { return s.Idle && s.Verdict != expect.Failed }

func (a Action) annotate(b *strings.Builder, level string, run report.Run, shown func(report.Scenario) bool) {
	var all []report.Scenario
	for _, s := range run.Scenarios {
		if shown(s) {
			all = append(all, s)
		}
	}
	rest := 0
	if len(all) > mostShown {
		rest = len(all) - mostShown + 1
		all = all[:mostShown-1]
	}
	for _, s := range all {
		path, _ := a.path(s.File)
		title := verdict(s.Verdict) + ": " + oneLine(report.Clip(s.Name, titleLimit))
		fmt.Fprintf(b, "::%s file=%s,line=%d,title=%s::%s\n", level, value.Replace(path), s.Line, value.Replace(title),
			data.Replace(why(s, messageLimit)))
	}
	if rest > 0 {
		fmt.Fprintf(b, "::%s title=... and %d more::GitHub shows no more than %d. The summary of the job and the report "+
			"have them.\n", level, rest, mostShown)
	}
}

// What a workflow command's message and the values of its properties are written with.
var (
	data  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	value = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// why says what there is to say of a scenario that did not pass: the step, and the reason, of which limit bytes are
// shown.
func why(s report.Scenario, limit int) string {
	var lines []string
	if s.Of > 1 {
		lines = append(lines, fmt.Sprintf("attempt %d of %d", s.Attempt, s.Of))
	}
	if s.Step != "" {
		lines = append(lines, report.Clip(s.Step, limit))
	}
	return visible(strings.Join(append(lines, report.Clip(s.Reason, limit)), "\n"))
}

func verdict(v expect.Verdict) string {
	name := v.String()
	return strings.ToUpper(name[:1]) + name[1:]
}
