// Events: what tells each from its neighbours, and what it is made of.

package definitions

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/harken-bdd/harken/internal/disk"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/support/cloudevents"
	"github.com/harken-bdd/harken/support/config"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/pattern"
	"github.com/harken-bdd/harken/support/schema"
)

// kindOf reads what an event's definition names.
func kindOf(c *config.Config, e config.Event, on engine.Channel) (engine.Event, error) {
	kind := engine.Event{Name: e.Name, Channel: e.Channel, Root: e.Fields, SLA: e.SLA}
	for _, is := range e.Is {
		cell, err := pattern.ExpandCell(is.Cell, noValue)
		if err != nil {
			return kind, fmt.Errorf("is: %w", pattern.Blame(is.Path, e.Fields, fmt.Errorf("%s: %w", is.Path, err)))
		}
		kind.Is = append(kind.Is, pattern.Row{Path: is.Path, Cell: cell, Answer: answer(c, e.Channel)})
	}
	var err error
	if kind.Kind, err = pattern.FromRows(kind.Is, e.Fields); err != nil {
		return kind, fmt.Errorf("is: %w", err)
	}
	kind.Of, kind.None = e.Correlation.Of, e.Correlation.None
	if e.Correlation.Path != "" {
		path, err := jsonpath.Parse(e.Correlation.Path, e.Fields)
		if err != nil {
			return kind, fmt.Errorf("correlation: %w", err)
		}
		kind.Correlation = &path
	}
	if e.Schema != "" {
		if kind.Schema, err = schema.Load(c.Path(e.Schema), c.Path("")); err != nil {
			return kind, fmt.Errorf("schema %s: %w", e.Schema, err)
		}
	}
	if err = template(c, e, on, &kind); err != nil {
		return kind, err
	}
	if err = kind.Unambiguous(kind.Kind, on); err != nil {
		return kind, fmt.Errorf("is: %w", err)
	}
	if kind.Correlation == nil {
		return kind, nil
	}
	if err = kind.UnambiguousPath(*kind.Correlation, on); err != nil {
		return kind, fmt.Errorf("correlation: %w", err)
	}
	return kind, nil
}

// answer says whether what appears on a channel are answers.
func answer(c *config.Config, channel string) bool {
	for _, other := range c.Channels {
		if other.Answers == channel && channel != "" {
			return true
		}
	}
	return false
}

// template reads the template of an event.
func template(c *config.Config, e config.Event, on engine.Channel, kind *engine.Event) (err error) {
	if e.Template == "" {
		return nil
	}
	if kind.Template, err = disk.Read(c.Path(e.Template)); err != nil {
		return fmt.Errorf("template: %w", err)
	}
	filled, err := pattern.ExpandTemplate(kind.Template, example)
	if err == nil && filepath.Ext(e.Template) == ".json" && !json.Valid(filled) {
		var v any
		err = fmt.Errorf("not JSON: %w", json.Unmarshal(filled, &v))
	}
	if err == nil && on.Format != nil {
		_, _, kind.Envelope, err = cloudevents.Template(filled)
	}
	if err != nil {
		return fmt.Errorf("template %s: %w", e.Template, err)
	}
	return nil
}

// noValue is the lookup of what is the same for all scenarios.
func noValue(string) (string, error) {
	return "", errors.New("an event is told by the same in all scenarios")
}

// alike returns the pairs of events on one channel that one event could both be.
func alike(d engine.Definitions, events map[string]engine.Event) (pairs [][2]string) {
	kind := func(name string) pattern.Pattern {
		e := events[name]
		return e.Kind.On(d.Channels[e.Channel].Format != nil)
	}
	names := slices.Sorted(maps.Keys(events))
	for i, a := range names {
		for _, b := range names[i+1:] {
			if events[a].Channel == events[b].Channel && events[a].Channel != "" && kind(a).Overlaps(kind(b)) {
				pairs = append(pairs, [2]string{a, b})
			}
		}
	}
	return pairs
}
