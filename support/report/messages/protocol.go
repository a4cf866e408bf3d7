// The messages that messages/go/v21 is too old for, but for those that are written by hand: see line.

package messages

import (
	"time"

	messages "github.com/cucumber/messages/go/v21"
)

// protocol is the version of @cucumber/messages whose schema the messages are valid by.
const protocol = "34.2.1"

// envelope is one line of those that package encoding/json writes. One of its fields is set.
type envelope struct {
	Meta            *meta                     `json:"meta,omitempty"`
	Source          *messages.Source          `json:"source,omitempty"`
	GherkinDocument *messages.GherkinDocument `json:"gherkinDocument,omitempty"`
	Pickle          *pickle                   `json:"pickle,omitempty"`
	StepDefinition  *messages.StepDefinition  `json:"stepDefinition,omitempty"`
	Hook            *hook                     `json:"hook,omitempty"`
	TestRunStarted  *testRunStarted           `json:"testRunStarted,omitempty"`
	Suggestion      *suggestion               `json:"suggestion,omitempty"`
	TestRunFinished *testRunFinished          `json:"testRunFinished,omitempty"`
}

// instant is a timestamp.
type instant struct {
	Seconds int64 `json:"seconds"`
	Nanos   int64 `json:"nanos"`
}

func timestamp(t time.Time) instant { return instant{t.Unix(), int64(t.Nanosecond())} }

type meta struct {
	ProtocolVersion string           `json:"protocolVersion"`
	Implementation  messages.Product `json:"implementation"`
	Runtime         messages.Product `json:"runtime"`
	OS              messages.Product `json:"os"`
	CPU             messages.Product `json:"cpu"`
	CI              *messages.Ci     `json:"ci,omitempty"`
}

type pickle struct {
	*messages.Pickle
	Location messages.Location `json:"location"`
}

type hook struct {
	ID              string                   `json:"id"`
	Name            string                   `json:"name,omitempty"`
	Type            string                   `json:"type"`
	SourceReference messages.SourceReference `json:"sourceReference"`
}

type testRunStarted struct {
	ID        string  `json:"id"`
	Timestamp instant `json:"timestamp"`
}

type testRunFinished struct {
	TestRunStartedID string  `json:"testRunStartedId"`
	Timestamp        instant `json:"timestamp"`
	Success          bool    `json:"success"`
	Message          string  `json:"message,omitempty"`
}

type suggestion struct {
	ID           string    `json:"id"`
	PickleStepID string    `json:"pickleStepId"`
	Snippets     []snippet `json:"snippets"`
}

type snippet struct {
	Language string `json:"language"`
	Code     string `json:"code"`
}
