// What a scenario's own texts must not show. Events are redacted where they are shown; but what stands in them at the paths
// of `redact:` may also have been written down by a transport that refused it, by a command, or by the system under test.

package run

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"unicode"

	"github.com/harken-bdd/harken/support/config"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/pattern"
	"github.com/harken-bdd/harken/support/report"
)

// shortest is how many bytes a value has at least that is hidden wherever it stands: a shorter one protects nothing, and
// without it a text would be unreadable.
const shortest = 4

// hider returns what takes out of a text what must not be shown of these scenarios: of what they say, and of their events.
func (s *session) hider(worlds ...*engine.World) func(string) string {
	var secrets []string
	if len(s.config.Redact) > 0 {
		s.mu.Lock()
		for _, w := range worlds {
			secrets = append(secrets, s.says[w]...)
		}
		s.mu.Unlock()
		for _, w := range worlds {
			secrets = append(secrets, s.redacted(w)...)
		}
	}
	return replacing(secrets)
}

// replacing returns what takes these out of a text, but for those that are too short.
func replacing(secrets []string) func(string) string {
	secrets = hideable(secrets)
	return func(text string) string {
		// No Replacer: a secret may be all of a body of many megabytes.
		for _, secret := range secrets {
			text = strings.ReplaceAll(text, secret, pattern.Redacted)
		}
		if strings.Contains(text, ellipsis) {
			for _, secret := range secrets {
				text = withoutRest(text, secret, pattern.Redacted)
			}
		}
		return text
	}
}

// hideable returns secrets in all their forms, the longest first, but for those that are too short.
func hideable(secrets []string) []string {
	for _, secret := range secrets {
		secrets = append(secrets, forms(secret)...)
	}
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return slices.DeleteFunc(slices.Compact(secrets), func(secret string) bool { return len(secret) < shortest })
}

// forms returns what else a secret may be written as: in JSON, with or without what HTML minds, in the cell of a table, and in a
// URL.
func forms(secret string) []string {
	if strings.IndexFunc(secret, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) < 0 {
		return nil
	}
	return append(config.Spellings(secret), cell.Replace(secret))
}

// cell writes a text as the cell of a table has it.
var cell = strings.NewReplacer(`\`, `\\`, "|", `\|`, "\n", `\n`)

// redacted returns what stands at the paths of `redact:` in the events of a scenario.
func (s *session) redacted(w *engine.World) (secrets []string) {
	for _, sent := range w.Execution().Sent() {
		secrets = append(secrets, s.world.Redact.Secrets(sent.Doc)...)
	}
	for _, channel := range w.Listens() {
		for _, c := range s.world.Journal.View(w.Execution(), channel).Own {
			secrets = append(secrets, s.world.Redact.Secrets(c.Doc)...)
		}
	}
	return secrets
}

// conceal takes what must not be shown out of an error, which `godog run` shows by itself. What the error is stays.
func (s *session) conceal(w *engine.World, err error) error {
	var v *engine.Verdict
	if errors.As(err, &v) {
		v.Reason = s.hide(s.hider(w)(v.Reason))
		return err
	}
	if err == nil {
		return nil
	}
	text := err.Error()
	if shown := s.hide(s.hider(w)(text)); shown != text {
		return concealed{shown, err}
	}
	return err
}

// concealed is an error whose text is another.
type concealed struct {
	text  string
	cause error
}

func (c concealed) Error() string { return c.text }

func (c concealed) Unwrap() error { return c.cause }

// concealAll takes it out of all that the run has put into a scenario.
func (s *session) concealAll(w *engine.World, sc *report.Scenario) {
	hidden := s.hider(w)
	sc.Redact(func(text string) string { return s.hide(hidden(text)) })
}

// worlds returns those of all scenarios that have begun.
func (s *session) worlds() (all []*engine.World) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.running {
		all = append(all, a.world)
	}
	return append(all, worldsOf(s.attempts)...)
}

// worldsOf returns those of the attempts that have begun.
func worldsOf(attempts []*attempt) (all []*engine.World) {
	for _, a := range attempts {
		if a.world != nil {
			all = append(all, a.world)
		}
	}
	return all
}
