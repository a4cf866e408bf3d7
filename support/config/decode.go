// The keys of godog.yml: what each of them means and what it may hold.

package config

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// shortest is the shortest window that can be asked for.
const shortest = time.Millisecond

// unset is a Parallel that nothing has set yet.
const unset = -1

// config reads the whole document, with the profile of the name that is wanted.
func (r *reader) config(root *yaml.Node, wanted string) *Config {
	c := &Config{
		SLA: DefaultSLA, Audit: DefaultAudit, Parallel: unset, Features: []string{"features"},
		Channels: map[string]Channel{}, Subsystems: map[string]Subsystem{}, Events: map[string]Event{},
		Commands: map[string]Command{}, Links: map[string]Link{},
	}
	if root.Kind != yaml.MappingNode {
		r.problem(nil, root.Line, "want a mapping of keys such as channels and events, got %s", kind(root))
		r.blind = true
		return c
	}
	if r.refuse(root); len(r.problems) > 0 {
		r.blind = true
		return c // what was refused would be misread, and told a second time
	}

	var chosen string
	var profiles *yaml.Node
	line := 0
	r.keys(nil, root, "", map[string]read{
		"suite":      r.text(&c.Suite),
		"features":   r.texts(&c.Features),
		"sla":        r.span(&c.SLA, shortest),
		"audit":      r.span(&c.Audit, 0),
		"parallel":   r.parallel(&c.Parallel),
		"tags":       r.text(&c.Tags),
		"redact":     r.texts(&c.Redact),
		"secret":     r.names(&c.Secret),
		"channels":   r.named("channel", r.newChannel(c.Channels)),
		"subsystems": r.named("subsystem", r.newSubsystem(c.Subsystems)),
		"events":     r.named("event", r.newEvent(c.Events)),
		"commands":   r.named("command", r.newCommand(c.Commands)),
		"links":      r.named("link", r.newLink(c.Links)),
		"profile":    func(at place, n *yaml.Node) { line = n.Line; r.text(&chosen)(at, n) },
		"profiles":   func(_ place, n *yaml.Node) { profiles = n },
	})
	if wanted != "" {
		chosen, line = wanted, 0
	}
	// Profiles come last: they change what the suite says, wherever in the file it says it.
	r.profiles(c, profiles, chosen, line)
	r.resolve(c)
	r.distinct(c.Links, c.Channels)
	if c.Parallel == unset {
		c.Parallel = DefaultParallel
		if c.Profile.Name == Local {
			c.Parallel = Unlimited
		}
	}
	return c
}

func (r *reader) newChannel(all map[string]Channel) func(string, int) read {
	return func(name string, line int) read {
		return func(at place, n *yaml.Node) {
			before := len(r.problems)
			c := Channel{Name: name, Line: line}
			reads := r.request("channels.NAME", &c.Request)
			maps.Copy(reads, map[string]read{
				"url":         r.text(&c.URL),
				"answers":     r.channel(&c.Answers),
				"env":         r.variable(&c.Env),
				"description": r.text(&c.Description),
				"foreign":     r.only("expected", &c.Foreign),
				"private":     r.truth(&c.Private),
				"duplicates":  r.only("swallowed", &c.Duplicates),
				"format":      r.format("channels.NAME.format", &c.Format),
			})
			r.fields("channels.NAME", reads)(at, n)
			r.alone(at, line, c)
			all[name] = c
			if len(r.problems) == before {
				r.sound = append(r.sound, name)
			}
		}
	}
}

// only reads a setting that can have one value, or be left out.
func (r *reader) only(value string, into *bool) read {
	return func(at place, n *yaml.Node) {
		*into = n.Value == value
		if !*into {
			around, field := at.split()
			r.problem(around, n.Line, "%s can only be %q", field, value)
		}
	}
}

// format reads cloudevents, or a mapping of that to the mode in which they are written.
func (r *reader) format(mapping string, into *Format) read {
	return func(at place, n *yaml.Node) {
		around, key := at.split()
		if n.Kind == yaml.MappingNode {
			*into = Format{}
			r.fields(mapping, map[string]read{"cloudevents": r.text(&into.CloudEvents)})(at, n)
		} else if text, ok := r.scalar(at, n, "cloudevents, or a mapping of that to a mode"); ok && text == "cloudevents" {
			into.CloudEvents = modes()[0]
		} else if ok {
			r.problem(around, n.Line, `%s can only be "cloudevents"`, key)
			return
		}
		if !slices.Contains(modes(), into.CloudEvents) {
			r.problem(around, n.Line, "%s: cloudevents can be %s", key, strings.Join(modes(), ", "))
		}
	}
}

// modes are the modes in which CloudEvents are written, the first of them where nobody says one.
func modes() []string { return []string{"structured", "binary", "batch"} }

// truth reads true or false.
func (r *reader) truth(into *bool) read {
	return func(at place, n *yaml.Node) {
		if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
			r.mismatch(at, n, "true or false")
			return
		}
		*into = n.Value == "true"
	}
}

// alone refuses what contradicts itself: that nobody else is on a channel, and that others' events come by there.
func (r *reader) alone(at place, line int, c Channel) {
	if c.Private && c.Foreign {
		r.problem(at, line, "private: true says that nobody else is there, and foreign: expected that others' events come by")
	}
}

func (r *reader) newSubsystem(all map[string]Subsystem) func(string, int) read {
	return func(name string, line int) read {
		return func(at place, n *yaml.Node) {
			s := Subsystem{Name: name, Line: line}
			r.fields("subsystems.NAME", map[string]read{
				"description": r.text(&s.Description),
				"inputs":      r.channels(&s.Inputs),
				"outputs":     r.channels(&s.Outputs),
				"sla":         r.span(&s.SLA, shortest),
			})(at, n)
			all[name] = s
		}
	}
}

func (r *reader) newEvent(all map[string]Event) func(string, int) read {
	return func(name string, line int) read {
		return func(at place, n *yaml.Node) {
			words := strings.Fields(strings.ToLower(name))
			if len(words) > 0 && slices.Contains(nouns(), words[len(words)-1]) {
				r.problem(at, line, "a name cannot end in %q, which phrases say after it", words[len(words)-1])
			}
			e := Event{Name: name, Line: line}
			r.fields("events.NAME", map[string]read{
				"description": r.text(&e.Description),
				"channel":     r.channel(&e.Channel),
				"is":          r.conditions(&e.Is),
				"fields":      r.text(&e.Fields),
				"correlation": r.correlation(&e.Correlation),
				"template":    r.text(&e.Template),
				"schema":      r.text(&e.Schema),
				"sla":         r.span(&e.SLA, shortest),
			})(at, n)
			all[name] = e
		}
	}
}

// correlation reads a path, "none", or a mapping of a path and what the id there is an id of.
func (r *reader) correlation(into *Correlation) read {
	return func(at place, n *yaml.Node) {
		if n.Kind != yaml.MappingNode {
			text, ok := r.scalar(at, n, "a path, none, or a mapping of path and of")
			if into.None = ok && text == "none"; !into.None {
				into.Path = text
			}
			return
		}
		r.fields("events.NAME.correlation", map[string]read{"path": r.text(&into.Path), "of": r.text(&into.Of)})(at, n)
		if into.Path == "" {
			around, key := at.split()
			r.problem(around, n.Line, "%s: the path is missing", key)
		}
	}
}

// nouns are the words that a phrase may have after the name of an event.
func nouns() []string {
	return []string{
		"event", "events", "message", "messages", "file", "files", "record", "records", "row", "rows",
	}
}

func (r *reader) conditions(into *[]Condition) read {
	return func(at place, n *yaml.Node) {
		if n.Kind != yaml.MappingNode {
			r.mismatch(at, n, "a mapping of paths")
			return
		}
		r.pairs(at, n, func(key, value *yaml.Node) {
			if empty(value) && strings.HasSuffix(key.Value, ")") {
				r.problem(at, key.Line, "%q is half of a rule: one with a comma needs quotes around it", key.Value)
				return
			}
			if text, ok := r.scalar(at.in(key.Value), value, "text"); ok {
				*into = append(*into, Condition{Path: key.Value, Cell: text, Line: key.Line})
			}
		})
	}
}

func (r *reader) parallel(into *int) read {
	return func(at place, n *yaml.Node) {
		if n.Value == "unlimited" {
			*into = Unlimited
			return
		}
		count, err := strconv.Atoi(n.Value)
		if err != nil || count < 1 {
			around, _ := at.split()
			r.problem(around, n.Line, "parallel must be a number from 1 or unlimited")
			return
		}
		*into = count
	}
}

// profiles reads all profiles, so that what is wrong with any of them is found, and applies the chosen one to c. line
// is where the file chooses it, and 0 where the caller did.
func (r *reader) profiles(c *Config, n *yaml.Node, chosen string, line int) {
	if n != nil {
		r.named("profile", func(name string, line int) read {
			c.Profiles = append(c.Profiles, name)
			into := &Config{Channels: map[string]Channel{}}
			if name == chosen || chosen == "" && name == Local {
				into = c
			}
			return r.profile(c, into, name, line)
		})(place{"profiles"}, n)
	}
	if chosen != "" && c.Profile.Name != chosen {
		r.unknown(nil, line, "profile", chosen, c.Profiles)
	}
}

// profile reads one profile of suite and applies it to c.
func (r *reader) profile(suite, c *Config, name string, line int) read {
	p := &c.Profile
	*p = Profile{Name: name, Line: line, Recorder: map[string]string{}, Kafka: map[string]string{},
		Env: map[string]string{}}
	return r.fields("profiles.NAME", map[string]read{
		"embedded": r.texts(&p.Embedded),
		"recorder": r.recorder(p.Recorder),
		"kafka":    r.kafka(p.Kafka),
		"system":   r.system(&p.System),
		"channels": r.named("channel", r.override(suite.Channels, c.Channels)),
		"sla":      r.span(&c.SLA, shortest),
		"audit":    r.span(&c.Audit, 0),
		"parallel": r.parallel(&c.Parallel),
		"env":      r.env(p.Env),
		"inherit":  r.names(&p.Inherit),
	})
}

// override reads what a profile says about a channel of the suite.
func (r *reader) override(suite, into map[string]Channel) func(string, int) read {
	return func(name string, line int) read {
		return func(at place, n *yaml.Node) {
			around, _ := at.split()
			r.refs = append(r.refs, reference{around, line, name})
			c, ok := suite[name]
			reads := r.request("profiles.NAME.channels.NAME", &c.Request)
			maps.Copy(reads, map[string]read{
				"url": r.text(&c.URL), "foreign": r.only("expected", &c.Foreign), "private": r.truth(&c.Private),
				"duplicates": r.only("swallowed", &c.Duplicates),
				"format":     r.format("profiles.NAME.channels.NAME.format", &c.Format),
			})
			r.fields("profiles.NAME.channels.NAME", reads)(at, n)
			r.alone(at, line, c)
			if ok {
				into[name] = c
			}
		}
	}
}

func (r *reader) recorder(into map[string]string) read {
	return func(at place, n *yaml.Node) {
		r.settings(func(key *yaml.Node, text string) {
			r.refs = append(r.refs, reference{at, key.Line, key.Value})
			into[key.Value] = text
		})(at, n)
	}
}

func (r *reader) kafka(into map[string]string) read {
	return r.settings(func(key *yaml.Node, text string) { into[key.Value] = text })
}

func (r *reader) system(into **System) read {
	return func(at place, n *yaml.Node) {
		s := &System{Line: n.Line, Env: map[string]string{}, Within: DefaultWithin}
		r.fields("profiles.NAME.system", map[string]read{
			"command": r.texts(&s.Command),
			"dir":     r.text(&s.Dir),
			"env":     r.env(s.Env),
			"ready":   r.text(&s.Ready),
			"within":  r.span(&s.Within, shortest),
		})(at, n)
		if n.Kind == yaml.MappingNode && (len(s.Command) == 0 || s.Command[0] == "") {
			r.problem(at, n.Line, "no command")
		}
		*into = s
	}
}

func (r *reader) env(into map[string]string) read {
	return func(at place, n *yaml.Node) {
		r.settings(func(key *yaml.Node, text string) {
			if !isVariable(key.Value) {
				r.problem(at, key.Line, "%q cannot be the name of a variable", key.Value)
			}
			into[key.Value] = text
		})(at, n)
	}
}

// names reads a list of names of variables, which may be empty and is then not nil.
func (r *reader) names(into *[]string) read {
	return func(at place, n *yaml.Node) {
		*into = []string{}
		r.list(func(text string, line int) {
			if !isVariable(text) {
				r.problem(at, line, "%q cannot be the name of a variable", text)
			}
			*into = append(*into, text)
		})(at, n)
	}
}

// variable reads the name of a variable.
func (r *reader) variable(into *string) read {
	return func(at place, n *yaml.Node) {
		text, ok := r.scalar(at, n, "the name of a variable")
		if ok && !isVariable(text) {
			r.problem(at, n.Line, "%q cannot be the name of a variable", text)
		}
		*into = text
	}
}

// resolve checks what can be checked only when everything was read.
func (r *reader) resolve(c *Config) {
	known := slices.Sorted(maps.Keys(c.Channels))
	for _, ref := range r.refs {
		if _, ok := c.Channels[ref.channel]; !ok {
			r.unknown(ref.at, ref.line, "channel", ref.channel, known)
		}
	}
	answers, told := make(map[string]bool), make(map[string]string)
	for _, name := range known {
		channel := c.Channels[name]
		answers[channel.Answers] = true
		if other := told[channel.Env]; channel.Env != "" && other != "" {
			r.problem(nil, channel.Line, "channel %q: env: by %s the system hears where %q is already", name, channel.Env, other)
		}
		told[channel.Env] = name
	}
	for _, name := range r.sound {
		channel := c.Channels[name]
		switch to := c.Channels[channel.Answers]; {
		case channel.URL == "" && !answers[name]:
			r.problem(nil, channel.Line, "channel %q has no url", name)
		case channel.URL == "" && channel.Answers != "":
			r.problem(nil, channel.Line, "channel %q has no url, so that nothing is sent there which could be answered", name)
		case to.URL != "":
			r.problem(nil, channel.Line,
				"channel %q: answers: %q has a url of its own; answers appear on a channel without one", name, channel.Answers)
		}
	}
}
