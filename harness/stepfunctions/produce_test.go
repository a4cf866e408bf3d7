package stepfunctions

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

func TestEachEventStartsAnExecutionOfItsOwn(t *testing.T) {
	s := &service{}
	p := &producer{machine: s.machine()}
	for _, e := range []event.Event{{Body: []byte(`{}`)}, {Body: []byte(`{}`)}, {Key: "order-1", Body: []byte(`[1]`)}} {
		if _, err := p.Send(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	first, second, third := *s.executions[0].Name, *s.executions[1].Name, *s.executions[2].Name
	if first == second || !strings.HasPrefix(first, "harken-") || len(first) > longestName || third != "order-1" {
		t.Errorf("got the names %q, %q and %q", first, second, third)
	}
}

func TestAnotherStartOfAnExecutionThatIsRunningIsSwallowed(t *testing.T) {
	s := &service{}
	p := &producer{machine: s.machine()}
	for i, c := range []struct {
		key       string
		swallowed bool
	}{{"order-1", false}, {"order-1", true}, {"order-2", false}, {"", false}, {"", false}} {
		r, err := p.Send(t.Context(), event.Event{Key: c.key, Body: []byte(`{}`)})
		if err != nil || (r.Swallowed != "") != c.swallowed {
			t.Errorf("%d, %q: got %+v, %v", i, c.key, r, err)
		}
	}
}

func TestWhatCannotBeAnInputIsNotSent(t *testing.T) {
	s := &service{}
	p := &producer{machine: s.machine()}
	for _, c := range []struct {
		name string
		e    event.Event
		want string
	}{
		{"headers", event.Event{Headers: event.Headers(map[string]string{"a": "b"}), Body: []byte(`{}`)}, "no headers"},
		{"no body", event.Event{}, "takes JSON only"},
		{"no JSON", event.Event{Body: []byte("hello")}, "takes JSON only"},
		{"too much", event.Event{Body: []byte(`"` + strings.Repeat("x", largest) + `"`)},
			"has 262146 bytes, and the input of an execution takes 262144"},
		{"too long a name", event.Event{Key: strings.Repeat("x", 81), Body: []byte(`{}`)},
			"has 81 characters, and the name of an execution takes 80"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := p.Send(t.Context(), c.e)
			wantError(t, err, c.want)
		})
	}
	if len(s.executions) > 0 {
		t.Errorf("%d executions were started", len(s.executions))
	}
}

func TestAStartWhoseAnswerWasLostIsAccepted(t *testing.T) {
	p := &producer{machine: (&service{err: &smithy.GenericAPIError{Code: "ExecutionAlreadyExists"}}).machine()}
	if _, err := p.Send(t.Context(), event.Event{Body: []byte(`{}`)}); err != nil {
		t.Errorf("nobody but this producer can have used the name: %v", err)
	}
	_, err := p.Send(t.Context(), event.Event{Key: "order-1", Body: []byte(`{}`)})
	wantError(t, err, `an execution has the name "order-1"`)
}

func TestAClosedProducerSendsNothing(t *testing.T) {
	p := &producer{machine: (&service{}).machine()}
	for range 2 {
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.Send(t.Context(), event.Event{Body: []byte(`{}`)}); !errors.Is(err, harness.ErrClosed) {
		t.Errorf("got %v", err)
	}
}
