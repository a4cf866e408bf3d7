// What godog.yml and the features say, apart from any run.

package report

import (
	"time"

	messages "github.com/cucumber/messages/go/v21"
)

// Suite is what the reports tell of a suite, whether or not it has run.
type Suite struct {
	Name        string
	SLA         time.Duration
	Subsystems  []Subsystem  // by name
	Channels    []Address    // by name
	Events      []Kind       // by name
	Commands    []Means      // that features may have run, by name
	Links       []Means      // of the system's, that features may cut and slow, by name
	Definitions []Definition // the phrases, in the order in which they were registered
	Hooks       []Hook       // around scenarios, in the order in which they were registered
	Features    []*Feature   // all that were read, in their order, those without a chosen scenario too
}

// Subsystem is a part under test.
type Subsystem struct {
	Name        string
	Description string // Markdown
	Inputs      []string
	Outputs     []string
	SLA         time.Duration // never zero
}

// Address is a channel, as godog.yml has it.
type Address struct {
	Name        string
	Description string // Markdown
	Scheme      string // of its URL: the transport
	State       bool   // it tells what is there, not what happened
	Answers     string // the channel on which what is sent here is answered; "" where answers are nobody's business
}

// Kind is a kind of event, as godog.yml has it.
type Kind struct {
	Name        string
	Description string // Markdown
	Channel     string
	Is          []string      // what tells it from its neighbours: `header type "order.shipped.v1"`
	SLA         time.Duration // 0: it has none of its own
	Template    []byte        // the body that is produced, with its placeholders; nil where there is none
	Schema      []byte        // its JSON Schema; nil where there is none
}

// Means is what features may do to the system beside sending events, as godog.yml has it.
type Means struct {
	Name        string
	Description string // Markdown
}

// Definition is a phrase, or a step of the suite's own.
type Definition struct {
	Pattern string // a regular expression
	Source  string // the file that its function is in, after the path of its package
	Line    int
}

// Hook is a function of the suite's own that is called before or after each scenario.
type Hook struct {
	After  bool
	Source string // as Definition.Source
	Line   int
}

// Feature is one feature file.
type Feature struct {
	Path   string
	Source []byte
	// nil where the file cannot be read; the ids in it are the suite's, no two are alike
	Document  *messages.GherkinDocument
	Scenarios []*Plan // in the order of the file
}

// Plan is what is known of a scenario before it runs.
type Plan struct {
	Pickle     *messages.Pickle
	Line       int  // as Scenario.Line
	Chosen     bool // it was to run
	Subsystems []string
	// Matches are, for each step, the numbers of the Definitions that it matches: one, unless it is undefined or
	// ambiguous.
	Matches [][]int
	// Tables are, for each step, how its table is read.
	Tables []Reading
	// Problems are what is wrong with its steps, by the step's text: each is undefined or ambiguous.
	Problems map[string]string
}

// Reading is how a table is read.
type Reading int

// Tables have paths in their first column, in their first row, or names of values in their first column. Which it is of
// a step that is the suite's own nobody knows.
const (
	Unread Reading = iota
	Down
	Across
	OfValues
)
