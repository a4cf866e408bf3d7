// The messages that messages/go/v21 is too old for, and those that are written so often that they hold no pointers.

package messages

import (
	"time"

	messages "github.com/cucumber/messages/go/v21"
)

// protocol is the version of @cucumber/messages whose schema the messages are valid by.
const protocol = "34.2.1"

// envelope is one line. One of its fields is set.
type envelope struct {
	Meta             *meta                     `json:"meta,omitempty"`
	Source           *messages.Source          `json:"source,omitempty"`
	GherkinDocument  *messages.GherkinDocument `json:"gherkinDocument,omitempty"`
	Pickle           *pickle                   `json:"pickle,omitempty"`
	StepDefinition   *messages.StepDefinition  `json:"stepDefinition,omitempty"`
	Hook             *hook                     `json:"hook,omitempty"`
	TestRunStarted   *testRunStarted           `json:"testRunStarted,omitempty"`
	TestCase         *testCaseMessage          `json:"testCase,omitempty"`
	TestCaseStarted  *testCaseStarted          `json:"testCaseStarted,omitempty"`
	TestStepStarted  *testStepStarted          `json:"testStepStarted,omitempty"`
	Attachment       *attachment               `json:"attachment,omitempty"`
	Suggestion       *suggestion               `json:"suggestion,omitempty"`
	TestStepFinished *testStepFinished         `json:"testStepFinished,omitempty"`
	TestCaseFinished *testCaseFinished         `json:"testCaseFinished,omitempty"`
	TestRunFinished  *testRunFinished          `json:"testRunFinished,omitempty"`
}

// instant is a timestamp or a duration.
type instant struct {
	Seconds int64 `json:"seconds"`
	Nanos   int64 `json:"nanos"`
}

func timestamp(t time.Time) instant { return instant{t.Unix(), int64(t.Nanosecond())} }

func duration(d time.Duration) instant {
	return instant{int64(d / time.Second), int64(d % time.Second)}
}

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
	Name            string                   `json:"name"`
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

type testCaseMessage struct {
	ID               string     `json:"id"`
	PickleID         string     `json:"pickleId"`
	TestSteps        []testStep `json:"testSteps"`
	TestRunStartedID string     `json:"testRunStartedId"`
}

// testStep is a step of the pickle, or the hook. One of a pickle has both lists, be they empty.
type testStep struct {
	ID                      string                   `json:"id"`
	HookID                  string                   `json:"hookId,omitempty"`
	PickleStepID            string                   `json:"pickleStepId,omitempty"`
	StepDefinitionIDs       []string                 `json:"stepDefinitionIds,omitzero"`
	StepMatchArgumentsLists []stepMatchArgumentsList `json:"stepMatchArgumentsLists,omitzero"`
}

type stepMatchArgumentsList struct {
	StepMatchArguments []stepMatchArgument `json:"stepMatchArguments"`
}

type stepMatchArgument struct {
	Group group `json:"group"`
}

// group is a group of a regular expression. One that took no part in the match has neither a start nor a value.
type group struct {
	Start    *int    `json:"start,omitempty"` // in units of UTF-16, as Cucumber counts
	Value    *string `json:"value,omitempty"`
	Children []group `json:"children,omitempty"`
}

type testCaseStarted struct {
	ID         string  `json:"id"`
	TestCaseID string  `json:"testCaseId"`
	Attempt    int     `json:"attempt"` // from 0
	Timestamp  instant `json:"timestamp"`
}

type testCaseFinished struct {
	TestCaseStartedID string  `json:"testCaseStartedId"`
	Timestamp         instant `json:"timestamp"`
	WillBeRetried     bool    `json:"willBeRetried"`
}

type testStepStarted struct {
	TestCaseStartedID string  `json:"testCaseStartedId"`
	TestStepID        string  `json:"testStepId"`
	Timestamp         instant `json:"timestamp"`
}

type testStepFinished struct {
	TestCaseStartedID string         `json:"testCaseStartedId"`
	TestStepID        string         `json:"testStepId"`
	TestStepResult    testStepResult `json:"testStepResult"`
	Timestamp         instant        `json:"timestamp"`
}

type testStepResult struct {
	Status    messages.TestStepResultStatus `json:"status"`
	Duration  instant                       `json:"duration"`
	Message   string                        `json:"message,omitempty"`
	Exception *messages.Exception           `json:"exception,omitempty"`
}

type attachment struct {
	TestCaseStartedID string                             `json:"testCaseStartedId"`
	TestStepID        string                             `json:"testStepId"`
	Body              string                             `json:"body"`
	ContentEncoding   messages.AttachmentContentEncoding `json:"contentEncoding"`
	MediaType         string                             `json:"mediaType"`
	FileName          string                             `json:"fileName,omitempty"`
	Timestamp         instant                            `json:"timestamp"`
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
