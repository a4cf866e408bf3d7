// The messages that messages/go/v21 is too old for, and those of which a run has hundreds of thousands: they are
// written out here as far as Harken has something to say, so that nothing is looked at that is never there.

package messages

import (
	"time"

	messages "github.com/cucumber/messages/go/v21"
)

// protocol is the version of @cucumber/messages whose schema the messages are valid by.
const protocol = "34.2.1"

// envelope is one line. One of its fields is set.
type envelope struct {
	Meta            *meta                     `json:"meta,omitempty"`
	Source          *messages.Source          `json:"source,omitempty"`
	GherkinDocument *messages.GherkinDocument `json:"gherkinDocument,omitempty"`
	Pickle          *pickle                   `json:"pickle,omitempty"`
	StepDefinition  *messages.StepDefinition  `json:"stepDefinition,omitempty"`
	Hook            *hook                     `json:"hook,omitempty"`
	TestRunStarted  *testRunStarted           `json:"testRunStarted,omitempty"`
	TestCase        *testCaseMessage          `json:"testCase,omitempty"`
	CaseStarted     *caseStarted              `json:"testCaseStarted,omitempty"`
	StepStarted     *stepStarted              `json:"testStepStarted,omitempty"`
	Attachment      *attachmentMessage        `json:"attachment,omitempty"`
	Suggestion      *suggestion               `json:"suggestion,omitempty"`
	StepFinished    *stepFinished             `json:"testStepFinished,omitempty"`
	CaseFinished    *caseFinished             `json:"testCaseFinished,omitempty"`
	TestRunFinished *testRunFinished          `json:"testRunFinished,omitempty"`
}

// instant is a timestamp.
type instant struct {
	Seconds int64 `json:"seconds"`
	Nanos   int64 `json:"nanos"`
}

func timestamp(t time.Time) instant { return instant{t.Unix(), int64(t.Nanosecond())} }

// length returns a duration, which has the form of an instant.
func length(d time.Duration) instant { return instant{int64(d / time.Second), int64(d % time.Second)} }

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

// testCaseMessage is what was to run.
type testCaseMessage struct {
	ID               string     `json:"id"`
	PickleID         string     `json:"pickleId"`
	TestRunStartedID string     `json:"testRunStartedId"`
	Steps            []testStep `json:"testSteps"`
}

// testStep is a step of the pickle, or a hook: what the other has is nil or empty.
type testStep struct {
	ID            string          `json:"id"`
	HookID        string          `json:"hookId,omitempty"`
	PickleStepID  string          `json:"pickleStepId,omitempty"`
	DefinitionIDs []string        `json:"stepDefinitionIds,omitzero"`
	Arguments     []argumentsList `json:"stepMatchArgumentsLists,omitzero"`
}

// argumentsList is what a definition takes out of a step's text.
type argumentsList struct {
	Arguments []argument `json:"stepMatchArguments"`
}

type argument struct {
	Group group `json:"group"`
}

// group is what a group of a pattern has matched: one that took no part in the match has neither a start nor a value.
type group struct {
	Start    *int    `json:"start,omitempty"`
	Value    *string `json:"value,omitempty"`
	Children []group `json:"children,omitempty"`
}

type caseStarted struct {
	ID         string  `json:"id"`
	TestCaseID string  `json:"testCaseId"`
	Attempt    int     `json:"attempt"`
	Timestamp  instant `json:"timestamp"`
}

type stepStarted struct {
	CaseStartedID string  `json:"testCaseStartedId"`
	StepID        string  `json:"testStepId"`
	Timestamp     instant `json:"timestamp"`
}

type attachmentMessage struct {
	CaseStartedID string  `json:"testCaseStartedId"`
	StepID        string  `json:"testStepId"`
	Body          string  `json:"body"`
	Encoding      string  `json:"contentEncoding"`
	MediaType     string  `json:"mediaType"`
	FileName      string  `json:"fileName,omitempty"`
	Timestamp     instant `json:"timestamp"`
}

type stepFinished struct {
	CaseStartedID string     `json:"testCaseStartedId"`
	StepID        string     `json:"testStepId"`
	Result        stepResult `json:"testStepResult"`
	Timestamp     instant    `json:"timestamp"`
}

type stepResult struct {
	Status    messages.TestStepResultStatus `json:"status"`
	Duration  instant                       `json:"duration"`
	Message   string                        `json:"message,omitempty"`
	Exception *exception                    `json:"exception,omitempty"`
}

type exception struct {
	Type    string `json:"type"`
	Message string `json:"message,omitempty"`
}

type caseFinished struct {
	CaseStartedID string  `json:"testCaseStartedId"`
	Timestamp     instant `json:"timestamp"`
	WillBeRetried bool    `json:"willBeRetried"`
}
