// What a scenario caused without a fault: the material that faults are made of.

package lab

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/harken-bdd/harken/harness/fault"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/support/cloudevents"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
	"github.com/harken-bdd/harken/support/session"
)

// output is all events of a kind that a scenario caused on a channel.
type output struct {
	trial   session.Trial
	kind    engine.Event // the zero one where godog.yml has none that is like them
	channel engine.Channel
	seen    []*journal.Capture // in the order of receipt, each delivery once
}

// outputs returns what a scenario caused, in the order in which the first of each appeared. Answers are left out: they
// come with the sends, and no listener stands between where a fault could be made.
func (e *experiment) outputs(t session.Trial) (all []*output) {
	definitions := e.series.Definitions()
	for _, c := range t.Captures {
		if c.Echo() || c.Redelivery || c.Answers != nil {
			continue
		}
		kind := kindOf(definitions, c.Channel, c.Doc)
		i := slices.IndexFunc(all, func(o *output) bool { return o.kind.Name == kind.Name && o.channel.Name == c.Channel })
		if i < 0 {
			i = len(all)
			all = append(all, &output{trial: t, kind: kind, channel: definitions.Channels[c.Channel]})
		}
		all[i].seen = append(all[i].seen, c)
	}
	slices.SortStableFunc(all, func(a, b *output) int { return a.seen[0].Seen().Compare(b.seen[0].Seen()) })
	return all
}

// every stands for all events of an output.
const every = 0

// example returns the nth event, or of all of them the last.
func (o *output) example(nth int) *journal.Capture {
	if nth == every {
		nth = len(o.seen)
	}
	return o.seen[nth-1]
}

// kindOf returns what godog.yml calls an event on a channel: one of the channel's own events, or else one of another
// channel's that can be told by itself.
func kindOf(d engine.Definitions, channel string, doc *pattern.Doc) engine.Event {
	for _, own := range []bool{true, false} {
		for _, name := range slices.Sorted(maps.Keys(d.Events)) {
			kind := d.Events[name]
			if (kind.Channel == channel) == own && (own || len(kind.Is) > 0) && kind.Kind.Match(doc) == nil {
				return kind
			}
		}
	}
	return engine.Event{}
}

// checks returns what the scenario expects on the channel.
func (o *output) checks() (all []engine.Check) {
	for _, c := range o.trial.Checks {
		if slices.Contains(c.Judged.Channels, o.channel.Name) {
			all = append(all, c)
		}
	}
	return all
}

// window returns the longest time that the scenario waits for something on the channel; 0 where it does not.
func (o *output) window() (longest time.Duration) {
	for _, c := range o.checks() {
		longest = max(longest, c.Judged.Window.Length())
	}
	return longest
}

// beyond returns how much later an event must come to be after the windows that it could be in, whenever it comes.
func (o *output) beyond(fallback time.Duration) time.Duration {
	longest := fallback
	for _, c := range o.checks() {
		longest = max(longest, c.Judged.Window.Deadline.Sub(c.Judged.Window.Begin))
	}
	return longest + clearly
}

// clearly is how much is surely not due to the errors of clocks.
const clearly = time.Second

// afterwards returns how much later than the nth event another one must come to be in the middle of an audit: that of a
// count, if there is one.
func (o *output) afterwards(nth int, audit time.Duration) time.Duration {
	var deadline time.Time
	counted := false
	for _, c := range o.checks() {
		if counts := c.Judged.Audited(); counts && !counted || counts == counted && c.Judged.Window.Deadline.After(deadline) {
			deadline, counted = c.Judged.Window.Deadline, counts
		}
	}
	return max(deadline.Sub(o.seen[nth-1].Seen()), 0) + audit/2
}

// gap returns how long after the nth event the next one came.
func (o *output) gap(nth int) time.Duration { return o.seen[nth].Seen().Sub(o.seen[nth-1].Seen()) }

// most is how many fields of a kind of event are changed.
const most = 10

// laterItem is what the paths of fields have that are in another item of a list than the first.
var laterItem = regexp.MustCompile(`\[[1-9]`)

// fields returns the fields of the nth event that are worth changing, the first of them: of lists those of the first
// item, and neither what tells the kind, nor what tells whose it is, nor what is the protocol's own.
func (o *output) fields(nth int) []string {
	c, inSteps := o.example(nth), o.inSteps(nth)
	all := fault.Fields(c.Doc.Message())
	for i, field := range all {
		all[i] = inSteps(field)
	}
	all = slices.DeleteFunc(all, func(field string) bool {
		return field == "" || laterItem.MatchString(field) || o.tells(field) || o.correlates(c, field) || o.isTransports(field)
	})
	return all[:min(len(all), most)]
}

// isTransports says whether a field is a header that every client of HTTP makes by itself. A step that names one asks
// nothing of the system, and where the port is a free one, the host is another in the next run.
func (o *output) isTransports(field string) bool {
	header, ok := strings.CutPrefix(strings.ToLower(field), "header ")
	return ok && o.channel.Traits.Asks && slices.Contains([]string{
		"accept-encoding", "connection", "content-length", "host", "transfer-encoding", "user-agent",
	}, header)
}

// tells says whether the kind is told by the field.
func (o *output) tells(field string) bool {
	return slices.ContainsFunc(o.kind.Is, func(row pattern.Row) bool {
		return strings.EqualFold(whole(o.asHeader(row.Path), o.kind.Root), whole(field, ""))
	})
}

// correlates says whether the field holds what tells whose the event is, where that is no id of Harken's.
func (o *output) correlates(c *journal.Capture, field string) bool {
	value, ok, err := c.Doc.Value(whole(field, ""), "")
	return err == nil && ok && slices.Contains(c.Values, value)
}

// whole returns a path as one from the whole of the event, whatever the root that it starts at.
func whole(path, root string) string {
	switch {
	case strings.HasPrefix(path, "header ") || strings.HasPrefix(path, "$."):
		return path
	case root == "":
		root = "$"
	}
	if strings.HasPrefix(path, "[") {
		return root + path
	}
	return root + "." + path
}

// plain returns a field as a step of the kind names it.
func (o *output) plain(field string) string {
	if header, ok := strings.CutPrefix(field, "header "); ok {
		if name, ok := cloudevents.Attribute(header); ok && o.channel.Format != nil {
			return "attribute " + name
		}
		return field
	}
	root := o.kind.Root
	if root == "" {
		root = "$"
	}
	short, inside := strings.CutPrefix(whole(field, ""), root+".")
	switch short {
	case "key", "body", "size", "header":
		inside = false
	}
	if o.channel.Format != nil && jsonpath.Written(short) != short {
		inside = false
	}
	if !inside {
		return whole(field, "")
	}
	return short
}
