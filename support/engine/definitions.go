// Package engine is what the steps of one scenario share: the values and labels it has set, the act it is in, what it
// has produced, and the way to the listeners and producers, which all scenarios of a run use together. It promises
// nothing to other modules.
package engine

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/internal/name"
	"github.com/harken-bdd/harken/support/cloudevents"
	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
	"github.com/harken-bdd/harken/support/schema"
)

// Definitions are the names that features may use, and what they stand for.
type Definitions struct {
	Channels   map[string]Channel
	Events     map[string]Event
	Subsystems map[string]Subsystem
	Commands   map[string]Command
	Links      map[string]Link
	SLA        time.Duration      // the window of a step where neither it, its event nor its subsystem gives one
	Audit      time.Duration      // how long after its window a surplus output counts, and a late one is waited for
	Redact     *pattern.Redaction // what no output may show
}

// Channel is one named place where events go in or come out.
type Channel struct {
	Name    string
	URL     *url.URL         // empty for a channel of answers
	Said    harness.Settings // beside the address
	Traits  harness.Traits
	Key     func(key string) error // why nothing can ever be under a key, where it is Keyed; nil: any key will do
	Foreign bool                   // others' events come by
	Private bool                   // nobody but this run is there
	Repeats bool                   // deduplication is meant: a repeat that is acknowledged and not stored counts as sent
	Format  *cloudevents.Format    // how its messages carry events; nil: each message is one
	Answers string                 // the channel on which what is sent here is answered; "" where none is of interest
	Of      string                 // for a channel of answers: a channel that they answer, "" for any other
	Replies bool                   // ... and they are Harken's, to what is captured there, and not the system's
}

// Event is a kind of event.
type Event struct {
	Name        string
	Channel     string
	Is          []pattern.Row   // tells it from its neighbours on the channel; written when it is produced
	Kind        pattern.Pattern // Is, as a pattern
	Root        string          // where plain field names start
	Correlation *jsonpath.Path  // the field that says whose it is, where the ids are not Harken's own; nil where they are
	Of          string          // what that is an id of; "" is the last name on the path
	None        bool            // it carries no id at all: whoever expects it runs alone
	Template    []byte          // nil: there is none
	Envelope    bool            // the template is a whole CloudEvent, and not its data alone
	Schema      *schema.Schema  // what every match is checked against; nil: there is none
	SLA         time.Duration   // 0: it has none of its own
}

// Subsystem is a part under test.
type Subsystem struct {
	Name    string
	Outputs []string
	SLA     time.Duration // 0: it has none of its own
}

// Command is a program that features may have run.
type Command struct {
	Name   string
	Run    []string      // the program and its arguments, as they were written: what may be shown
	Names  []string      // what stands in it as ${NAME}, sorted
	Within time.Duration // how long it may take
	// Expand returns the program with its arguments, and the whole environment of its process. A ${NAME} is one of the
	// values that a step gives, or else a variable; where it is neither, the error says so. Expand may be called
	// concurrently.
	Expand func(values map[string]string) (run, env []string, err error)
	// Execute returns nil once the program has ended well. Else its error says how it ended, and what it said last; where
	// ctx has ended it, why.
	Execute func(ctx context.Context, run, env []string) error
}

func (d Definitions) channel(n string) (Channel, error) {
	c, ok := d.Channels[n]
	if !ok {
		return c, name.Unknown("channel", n, slices.Collect(maps.Keys(d.Channels)))
	}
	return c, nil
}

func (d Definitions) command(n string) (Command, error) {
	c, ok := d.Commands[n]
	if !ok {
		return c, name.Unknown("command", n, slices.Collect(maps.Keys(d.Commands)))
	}
	return c, nil
}

func (d Definitions) event(n string) (Event, error) {
	e, ok := d.Events[n]
	if !ok {
		return e, name.Unknown("event", n, slices.Collect(maps.Keys(d.Events)))
	}
	return e, nil
}

func (d Definitions) subsystem(n string) (Subsystem, error) {
	s, ok := d.Subsystems[n]
	if !ok {
		return s, name.Unknown("subsystem", n, slices.Collect(maps.Keys(d.Subsystems)))
	}
	return s, nil
}

// producing returns the channel for an event or a message that is to be produced.
func (d Definitions) producing(n string) (Channel, error) {
	c, err := d.channel(n)
	switch {
	case err != nil:
	case c.Replies:
		err = fmt.Errorf("nothing is produced on %q but answers to what comes on %q (write: every \"...\" event is answered "+
			"with a \"...\" event)", n, c.Of)
	case c.Of != "":
		err = fmt.Errorf("nothing can be produced on %q, where what is sent on %q is answered", n, c.Of)
	case !c.Traits.Produce:
		err = fmt.Errorf("nothing can be produced on %q (%s)", n, c.URL.Redacted())
	}
	return c, err
}

// Listening returns the channel that something is expected on.
func (d Definitions) Listening(n string) (Channel, error) {
	c, err := d.channel(n)
	if err == nil && c.Replies {
		return c, fmt.Errorf("nothing is expected on %q: what is there are the answers that the test itself gives on %q", n, c.Of)
	}
	if err == nil && !c.Traits.Listen {
		err = fmt.Errorf("%q cannot be listened to (%s)", n, c.URL.Redacted())
		if c.Traits.ListenReason != "" {
			err = fmt.Errorf("%w: %s", err, c.Traits.ListenReason)
		}
	}
	return c, err
}

// owner returns the subsystem that a channel is an output of, if there is just one.
func (d Definitions) owner(channel string) (Subsystem, bool) {
	var found []Subsystem
	for _, s := range d.Subsystems {
		if slices.Contains(s.Outputs, channel) {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		return Subsystem{}, false
	}
	return found[0], true
}

// journalChannels says what the journal must know of each channel.
func (d Definitions) journalChannels(table harness.Table) []journal.Channel {
	var all []journal.Channel
	for _, c := range d.Channels {
		hears := make(map[string]harness.Hearing)
		for _, other := range d.Channels {
			if c.Of == "" && other.Of == "" && c.Traits.Listen && other.Traits.Produce {
				hears[other.Name] = table.Hears(c.URL, other.URL)
			}
		}
		all = append(all, journal.Channel{
			Name: c.Name, Foreign: c.Foreign, Exact: c.Traits.Exact, Keyed: c.Traits.Keyed, State: c.Traits.State, Hears: hears,
			Correlate: d.correlate(c.Name), Lessons: d.lessons(c.Name), Read: c.Read,
		})
	}
	return all
}
