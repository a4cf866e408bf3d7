// Package config reads godog.yml: which channels, subsystems and events there are, what they are called, and where they
// are found. It reads and checks; it starts nothing, opens no address and parses no cell. It promises nothing to other
// modules.
//
// Three decisions that a reader may question:
//   - An address is kept as it was written, with its ${VARIABLES}: it may not be a URL before they are filled in, and
//     it can be printed, which the filled-in one cannot.
//   - A variable that is set but empty counts as not set: an address with a hole in it is another address.
//   - A profile's sla replaces the suite's. An sla that an event or a subsystem states for itself still goes first.
package config

import (
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/harken-bdd/harken/internal/disk"
)

// What holds where godog.yml says nothing.
const (
	DefaultSLA      = 5 * time.Second
	DefaultAudit    = 10 * time.Second
	DefaultParallel = 32
	DefaultWithin   = time.Minute // a system that is compiled first takes its time
	DefaultCommand  = 5 * time.Minute
)

// Unlimited is the Parallel of a suite all of whose scenarios may run at once.
const Unlimited = 0

// Local is the profile that is taken where neither the caller nor the file names one.
const Local = "local"

// maxFile is how long godog.yml may be, in bytes.
const maxFile = 1 << 20

// Config is godog.yml with one of its profiles applied.
type Config struct {
	File string // as it was given to Load
	Dir  string // the folder of File, which relative paths in it start from

	Suite    string        // what the suite is called, for people; may be empty
	Features []string      // files and folders of features
	SLA      time.Duration // how long an output may take, where nothing closer to it says so
	// Audit is how long after a window a failed expectation's late output, or a surplus one, is still waited for.
	Audit    time.Duration
	Parallel int    // how many scenarios run at once, or Unlimited
	Tags     string // a tag expression that chooses scenarios; empty chooses all

	Channels   map[string]Channel // the profile's addresses are in here already
	Subsystems map[string]Subsystem
	Events     map[string]Event
	Commands   map[string]Command
	Links      map[string]Link
	Redact     []string // paths whose values no output shows
	Secret     []string // variables whose values no output shows, beside those whose names say so

	Profile  Profile  // the one that was chosen; its Name is empty where there is none
	Profiles []string // the names of all profiles, as they stand in the file

	environ func(string) (string, bool)
	source  string // of the file
}

// Channel is one named place where events go in or come out.
type Channel struct {
	Name        string
	URL         string // as it was written; see Config.ChannelURL. Empty for a channel of answers
	Answers     string // the channel on which what is sent here is answered; empty where answers are nobody's business
	Env         string // the variable by which the system hears where it is; empty: by none
	Description string
	Foreign     bool // others' events come by here and are nobody's business
	Private     bool // nobody else is there
	Duplicates  bool // deduplication is meant: a repeat that is acknowledged and not stored counts as sent
	Format      Format
	Request         // of HTTP
	Line        int // where the suite names it
}

// Format says how the messages of a channel carry events. The zero one: each message is an event.
type Format struct {
	CloudEvents string // as CloudEvents, which are written in this mode
}

// Request is what every request to a channel of HTTP has, with its variables as they were written.
type Request struct {
	Method  string
	Query   map[string]string
	Headers map[string]string
	OAuth2  *OAuth2 // nil: no token is got
}

// OAuth2 says where a token is got by client credentials, as it was written.
type OAuth2 struct {
	URL, Client, Secret string
	Scopes              []string
	Params              map[string]string
}

// Subsystem is a part under test.
type Subsystem struct {
	Name        string
	Description string
	Inputs      []string // names of channels
	Outputs     []string
	SLA         time.Duration // zero: the suite's
	Line        int
}

// Event is one kind of event, by the name that features use.
type Event struct {
	Name        string
	Description string
	Channel     string        // where it is, unless a phrase says so; may be empty
	Is          []Condition   // what tells it from its neighbours on the channel
	Fields      string        // the path at which plain field names start; empty: the body
	Correlation Correlation   // where the id is that says whose it is; the zero one: ids are Harken's own
	Template    string        // a file with the body that is produced; see Config.Path
	Schema      string        // a file with the JSON Schema of the whole body; see Config.Path
	SLA         time.Duration // zero: the subsystem's
	Line        int
}

// Correlation says where an event has an id of the system's own form, or that it has none.
type Correlation struct {
	Path string
	Of   string // what it is an id of; empty: the last name on the path says it
	None bool   // the event carries no id at all
}

// Condition is one line of an event's "is": what must be found at a path, as the text of a cell.
type Condition struct {
	Path string
	Cell string
	Line int
}

// Profile is what is particular to one environment, apart from what Load has applied to the Config itself: addresses,
// sla, audit and parallel.
type Profile struct {
	Name     string
	Embedded []string          // the services that run inside Harken
	Recorder map[string]string // for the embedded recorder: by channel, the address that it records, as it was written
	Kafka    map[string]string // for the embedded Kafka: by topic, its partitions and what else of its configuration
	System   *System           // nil: the system under test is there already
	Env      map[string]string // variables for addresses, as they were written; see Config.Expand
	Inherit  []string          // the only variables of Harken's own environment that its processes get; nil: all
	Line     int
}

// System is the process under test, where Harken starts it.
type System struct {
	// Command is the program and its arguments, as they were written, like all of this; never empty; see Config.Expand.
	Command []string
	Dir     string // see Config.Path
	Env     map[string]string
	Ready   string        // what shows that it is ready, as it was written; see Config.Expand
	Within  time.Duration // how long it may take to get ready
	Line    int
}

// Load reads a godog.yml and applies the profile of that name to it. Without a name it takes the profile that the file
// names, else Local if there is one, else none. environ looks up a variable of the process, as os.LookupEnv does.
//
// The error names every problem of the file, one a line as FILE:LINE: PROBLEM, in the order of the lines. Where these
// are about what the file says, and not about whether it can be read, it is an *Invalid.
func Load(file, profile string, environ func(string) (string, bool)) (*Config, error) {
	f, err := disk.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	return parse(file, data, profile, environ)
}

func parse(file string, data []byte, profile string, environ func(string) (string, bool)) (*Config, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: longer than 1 MiB", file)
	}
	root, err := document(file, data)
	if err != nil {
		return nil, err
	}
	r := &reader{file: file, known: knownKeys()}
	c := r.config(root, profile)
	c.File, c.Dir, c.environ, c.source = file, filepath.Dir(file), environ, string(data)
	if err := r.err(c); err != nil {
		return nil, err
	}
	return c, nil
}

// Path returns where a path that godog.yml names is, as seen from the working directory.
func (c *Config) Path(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(c.Dir, path)
}
