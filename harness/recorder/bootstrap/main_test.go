package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/harken-bdd/harken/harness/recorder"
)

func environment(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

func TestTheEnvironmentIsTheConfiguration(t *testing.T) {
	s, err := read(environment(map[string]string{
		"HARKEN_TABLE": "captures", "HARKEN_CHANNELS": `{"orders-topic": "orders"}`,
		"HARKEN_CORRELATION": `{"orders": "orderId"}`,
		"HARKEN_TTL":         "48h", "HARKEN_DEAD_LETTERS": "https://queue", "HARKEN_CANARY_SOURCE": "harken.canary.stack",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if s.table != "captures" || s.deadLetters != "https://queue" || s.options.TTL != 48*time.Hour ||
		s.options.CanarySource != "harken.canary.stack" ||
		!reflect.DeepEqual(s.options.Channels, recorder.Channels{"orders-topic": "orders"}) ||
		len(s.options.Correlation) != 1 {
		t.Errorf("got %+v", s)
	}
}

func TestTheLeastThatIsNeededIsATableAndChannels(t *testing.T) {
	least := environment(map[string]string{"HARKEN_TABLE": "captures", "HARKEN_CHANNELS": `{"*": "orders"}`,
		"AWS_REGION": "eu-central-1"})
	if _, err := start(t.Context(), least); err != nil {
		t.Error(err)
	}
}

func TestTheTemplateSetsWhatIsReadAndNothingElse(t *testing.T) {
	set := regexp.MustCompile(`(?m)^ +(HARKEN_[A-Z_]+): `).FindAllStringSubmatch(recorder.Template(), -1)
	var got []string
	for _, match := range set {
		got = append(got, match[1])
	}
	slices.Sort(got)
	want := []string{canarySourceVariable, channelsVariable, correlationVariable, deadLettersVariable, tableVariable,
		ttlVariable}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAnEnvironmentThatMakesNoSenseIsAnErrorThatNamesTheVariable(t *testing.T) {
	for variable, c := range map[string]struct{ value, want string }{
		"HARKEN_TABLE":       {"", "HARKEN_TABLE is not set: it names the captures table"},
		"HARKEN_CHANNELS":    {"{}", "HARKEN_CHANNELS: channels: no source is mapped to a channel"},
		"HARKEN_CORRELATION": {"orderId", "HARKEN_CORRELATION: correlation: want a JSON object"},
		"HARKEN_TTL":         {"a day", `HARKEN_TTL: "a day" is no length of time such as 24h`},
	} {
		variables := map[string]string{"HARKEN_TABLE": "captures", "HARKEN_CHANNELS": `{"*": "orders"}`}
		variables[variable] = c.value
		if _, err := start(t.Context(), environment(variables)); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s=%s: got %v, want %s", variable, c.value, err, c.want)
		}
	}
}

func TestAnInvocationIsKnownByItsRequest(t *testing.T) {
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "request-1"})
	if got := requestID(ctx); got != "request-1" {
		t.Errorf("got %q", got)
	}
	if got := requestID(t.Context()); got != "" {
		t.Errorf("outside of Lambda: got %q", got)
	}
}

// queue keeps what is sent, or fails with err.
type queue struct {
	sent []*sqs.SendMessageInput
	err  error
}

func (q *queue) SendMessage(
	_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options),
) (*sqs.SendMessageOutput, error) {
	q.sent = append(q.sent, in)
	return &sqs.SendMessageOutput{}, q.err
}

func TestADeadLetterSaysWhyAndWhat(t *testing.T) {
	q, log := &queue{}, &bytes.Buffer{}
	m := deadLetterQueue{client: q, url: "https://queue", log: slog.New(slog.NewTextHandler(log, nil))}
	for _, record := range []string{`{"orderId": "o-1"}`, `not JSON`, strings.Repeat("x", 6<<20)} {
		q.sent = nil
		if err := m.keep(t.Context(), recorder.DeadLetter{Record: json.RawMessage(record),
			Reason: errors.New("no channel")}); err != nil {
			t.Fatal(err)
		}
		var dead struct {
			Reason, Record string
			Bytes          int
		}
		if err := json.Unmarshal([]byte(*q.sent[0].MessageBody), &dead); err != nil {
			t.Fatal(err)
		}
		if *q.sent[0].QueueUrl != "https://queue" || dead.Reason != "no channel" || dead.Bytes != len(record) ||
			!strings.HasPrefix(record, dead.Record) ||
			len(dead.Record) != min(len(record), maxDeadLetter) || !strings.Contains(log.String(), `reason="no channel"`) {
			t.Errorf("%.20s: got %.200s", record, *q.sent[0].MessageBody)
		}
	}
	q.err = errors.New("no such queue")
	if err := m.keep(t.Context(), recorder.DeadLetter{Reason: errors.New("no channel")}); !errors.Is(err, q.err) {
		t.Errorf("got %v", err)
	}
}

func TestALongestLetterFitsIntoAMessage(t *testing.T) {
	text, err := write(recorder.DeadLetter{Record: json.RawMessage(strings.Repeat("\x01", 6<<20)),
		Reason: errors.New("no channel")})
	if err != nil || len(text) > 1<<20 {
		t.Errorf("got %d bytes, %v", len(text), err)
	}
}

func TestACanaryThatCannotBeRecordedIsNoDeadLetter(t *testing.T) {
	q, log := &queue{}, &bytes.Buffer{}
	m := deadLetterQueue{client: q, url: "https://queue", log: slog.New(slog.NewTextHandler(log, nil))}
	if err := m.keep(t.Context(), recorder.DeadLetter{Reason: errors.New("no recorded channel"),
		Canary: true}); err != nil {
		t.Fatal(err)
	}
	if len(q.sent) != 0 || !strings.Contains(log.String(), "no recorded channel") {
		t.Errorf("sent %+v, logged %s", q.sent, log)
	}
}
