// What a scenario's own texts must not show. Events are redacted where they are shown; but what stands in them at the
// paths of `redact:` may also have been written down by a transport that refused it, by a command, or by the system
// under test.

package session

import (
	"errors"
	"os"
	"slices"

	"github.com/harken-bdd/harken/support/config"
	"github.com/harken-bdd/harken/support/definitions"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/plan"
	"github.com/harken-bdd/harken/support/redact"
	"github.com/harken-bdd/harken/support/report"
)

// secretsIn returns the secrets of a suite, behind what has hidden some already.
func (s Suite) secretsIn(c *config.Config, env *definitions.Environment, before *redact.Secrets) *redact.Secrets {
	paths := slices.Clone(s.Paths)
	for _, f := range c.Features {
		paths = append(paths, c.Path(f))
	}
	return redact.New(c.Secrets(env.Lookup, os.Environ(), plan.Says(paths)), before)
}

// hider returns what takes out of a text what must not be shown of these scenarios: of what they say, and of their
// events.
func (s *session) hider(worlds ...*engine.World) func(string) string {
	var secrets []string
	if len(s.config.Redact) > 0 {
		s.mu.Lock()
		for _, w := range worlds {
			secrets = append(secrets, s.says[w]...)
		}
		s.mu.Unlock()
		for _, w := range worlds {
			secrets = append(secrets, s.secretsOf(w)...)
		}
	}
	return redact.Texts(secrets)
}

// secretsOf returns what stands at the paths of `redact:` in the events of a scenario.
func (s *session) secretsOf(w *engine.World) (secrets []string) {
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

// redact takes what must not be shown out of an error, which `godog run` shows by itself. What the error is stays.
func (s *session) redact(w *engine.World, err error) error {
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
		return redact.Error(err, shown)
	}
	return err
}

// redactAll takes it out of all that the run has put into a scenario.
func (s *session) redactAll(w *engine.World, sc *report.Scenario) {
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
