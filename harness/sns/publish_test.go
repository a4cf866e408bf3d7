package sns

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	queues "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/selftest/environment"
)

const whoAmI = `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws-cn:iam::111122223333:user/me</Arn>` +
	`<Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`

const topicAttributes = `<GetTopicAttributesResponse><GetTopicAttributesResult><Attributes><entry><key>MaximumMessageSize</key>` +
	`<value>2048</value></entry></Attributes></GetTopicAttributesResult></GetTopicAttributesResponse>`

const published = `<PublishResponse><PublishResult><MessageId>m-1</MessageId></PublishResult></PublishResponse>`

// service answers by the action of a request, and keeps what was asked.
type service struct {
	answers map[string]string

	mu    sync.Mutex
	asked []url.Values
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	values, _ := url.ParseQuery(string(body))
	s.mu.Lock()
	s.asked = append(s.asked, values)
	s.mu.Unlock()
	answer, ok := s.answers[values.Get("Action")]
	if !ok {
		w.WriteHeader(http.StatusForbidden)
		answer = `<ErrorResponse><Error><Code>AuthorizationError</Code><Message>no</Message></Error></ErrorResponse>`
	}
	_, _ = io.WriteString(w, answer)
}

// at returns the address of a topic of a service, in a region of China.
func (s *service) at(t *testing.T, topic string) *url.URL {
	t.Helper()
	environment.WithoutAWS(t)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return &url.URL{Scheme: "sns", Host: topic,
		RawQuery: url.Values{"endpoint": {server.URL}, "region": {"cn-north-1"}}.Encode()}
}

func TestAMessageCarriesHeadersAsAttributesAndTheKeyAsItsGroup(t *testing.T) {
	for _, topic := range []string{"orders", "orders.fifo"} {
		s := &service{answers: map[string]string{"GetCallerIdentity": whoAmI, "GetTopicAttributes": topicAttributes,
			"Publish": published}}
		p, err := Transport().Produce(t.Context(), s.at(t, topic))
		if err != nil {
			t.Fatal(err)
		}
		e := event.Event{Key: "o-1", Headers: event.Headers(map[string]string{"type": "order.placed"}),
			Body: []byte(`{"n":1}`)}
		for range 2 {
			if _, err := p.Send(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := p.Send(t.Context(), event.Event{Key: "k", Body: []byte(strings.Repeat("x", 2049))}); err == nil ||
			err.Error() != "sns "+topic+": a message of 2049 bytes with its attributes: SNS takes at most 2048 "+
				"(MaximumMessageSize of the topic)" {
			t.Errorf("got %v, want the topic's own limit", err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if len(s.asked) != 4 {
			t.Fatalf("asked for %v", s.asked)
		}
		first, second := s.asked[2], s.asked[3]
		for parameter, want := range map[string]string{
			"TopicArn": "arn:aws-cn:sns:cn-north-1:111122223333:" + topic, "Message": `{"n":1}`, "MessageGroupId": "o-1",
			"MessageAttributes.entry.1.Name": "type", "MessageAttributes.entry.1.Value.StringValue": "order.placed",
			"MessageAttributes.entry.1.Value.DataType": "String",
		} {
			if got := first.Get(parameter); got != want {
				t.Errorf("%s: %s is %q, want %q", topic, parameter, got, want)
			}
		}
		a, b := first.Get("MessageDeduplicationId"), second.Get("MessageDeduplicationId")
		if topic == "orders" && a != "" || topic != "orders" && (a == "" || a == b) {
			t.Errorf("%s: the deduplication ids are %q and %q", topic, a, b)
		}
	}
}

func TestADuplicateAtAFIFOTopicIsSwallowed(t *testing.T) {
	e := event.Event{Key: "o-1", Headers: event.Headers(map[string]string{"MessageDeduplicationId": "order-1"}),
		Body: []byte("x")}
	for _, c := range []struct {
		name, parameters, id string
		e                    event.Event
	}{
		{"by an id that is named", "", "order-1", e},
		{"by content", "&deduplication=content", "", event.Event{Key: "o-1", Body: []byte("x")}},
	} {
		s := &service{answers: map[string]string{"GetCallerIdentity": whoAmI, "GetTopicAttributes": topicAttributes,
			"Publish": published}}
		u := s.at(t, "orders.fifo")
		u.RawQuery += c.parameters
		p, err := Transport().Produce(t.Context(), u)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		for i, want := range []bool{false, true} {
			r, err := p.Send(t.Context(), c.e)
			if err != nil || (r.Swallowed != "") != want {
				t.Errorf("%s, %d: got %+v, %v", c.name, i, r, err)
			}
		}
		for _, asked := range s.asked[2:] {
			if asked.Get("MessageDeduplicationId") != c.id || asked.Has("MessageAttributes.entry.1.Name") {
				t.Errorf("%s: asked for %v", c.name, asked)
			}
		}
	}
}

func TestWhatIsNotAllowedIsNamed(t *testing.T) {
	s := &service{answers: map[string]string{"GetCallerIdentity": whoAmI, "GetTopicAttributes": topicAttributes}}
	u := s.at(t, "orders")
	p, err := Transport().Produce(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	const want = "sns orders: access denied: the IAM action sns:Publish is needed"
	if _, err := p.Send(t.Context(), event.Event{Body: []byte("x")}); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	delete(s.answers, "GetTopicAttributes")
	const denied = "sns orders: access denied: the IAM action sns:GetTopicAttributes is needed"
	if _, err := Transport().Produce(t.Context(), u); err == nil || !strings.HasPrefix(err.Error(), denied) {
		t.Errorf("got %v, want %s", err, denied)
	}
}

func TestAnAddressThatMakesNoSenseIsRefusedWithTheReason(t *testing.T) {
	for text, want := range map[string]string{
		"sns:///orders":                      "no topic: want sns://TOPIC",
		"sns:arn:aws:sns:eu-west-1:1:orders": "an ARN stands where the name of a topic is wanted",
		"sns://orders/placed":                "/placed: an address of a topic ends with its name",
		"sns://or.ders":                      `"or.ders" is no name of a topic`,
		"sns://orders?canary=yes":            "canary: want true or false",
		"sns://orders?bound=2":               "bound: ",
		"sns://orders?deduplication=content": "deduplication is for FIFO queues and topics",
		"sns://o.fifo?deduplication=body":    "deduplication: want content",
		"sns://orders?canray=true":           `no parameter "canray" (did you mean "canary"?`,
	} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Transport().Check(u); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func TestThePermissionsAreOfTheTopicAndOfWhatIsMadeForTheRun(t *testing.T) {
	u := &url.URL{Scheme: "sns", Host: "orders"}
	var got []string
	for _, p := range Transport().Permissions(u) {
		got = append(got, p.Action+" "+p.Resource)
	}
	for _, want := range []string{
		"sns:Publish arn:${Partition}:sns:${Region}:${Account}:orders",
		"sns:Subscribe arn:${Partition}:sns:${Region}:${Account}:orders",
		"sqs:CreateQueue arn:${Partition}:sqs:${Region}:${Account}:harken-*",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not among %q", want, got)
		}
	}
}

func TestWhatIsNoNotificationIsAnErrorAndTheGroupIsTheKey(t *testing.T) {
	if _, _, err := read(queues.Message{MessageId: aws.String("m-1"), Body: aws.String("raw")}); err == nil ||
		err.Error() != "message m-1 is no notification of SNS" {
		t.Errorf("got %v", err)
	}
	m := queues.Message{Attributes: map[string]string{"MessageGroupId": "o-1"}, Body: aws.String(
		`{"Type":"Notification","MessageId":"n-1","TopicArn":"arn:aws:sns:eu-west-1:1:orders","Message":"x","Timestamp":"2026-03-01T12:00:00.250Z"}`)}
	if e, canary, err := read(m); err != nil || canary != "" || e.Key != "o-1" || e.ID != "n-1" || string(e.Body) != "x" {
		t.Errorf("got %+v, %q, %v", e, canary, err)
	}
}
