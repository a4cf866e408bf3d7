package subscription

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/internal/selftest/environment"
)

// service returns an account at which what is asked is kept, and answered.
func service(t *testing.T, answer string) (a *account.Account, asked func() []string) {
	t.Helper()
	environment.WithoutAWS(t)
	var bodies []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		bodies = append(bodies, operation+" "+string(body))
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	a, err := account.Open(t.Context(), account.Settings{Endpoint: server.URL},
		func(c aws.Config) *string { return c.BaseEndpoint })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a, func() []string { return bodies }
}

func TestAQueueIsTheRunsOwnAndTakesFromOneSourceOnly(t *testing.T) {
	owner := account.Owner{Run: "run-1", Created: time.Unix(0, 0).UTC(), Expires: time.Unix(3600, 0).UTC()}
	for _, c := range []struct{ source, ending string }{
		{"arn:aws-cn:sns:cn-north-1:111122223333:orders", ""},
		{"arn:aws-cn:sns:cn-north-1:111122223333:orders.fifo", ".fifo"},
	} {
		a, asked := service(t, `{"QueueUrl":"https://sqs/1/made"}`)
		q, err := Create(t.Context(), a, owner, Source{Service: "sns.amazonaws.com", ARN: c.source})
		if err != nil {
			t.Fatal(err)
		}
		var in struct {
			QueueName        string
			Attributes, Tags map[string]string
		}
		request, _ := strings.CutPrefix(asked()[0], "CreateQueue ")
		if err := json.Unmarshal([]byte(request), &in); err != nil {
			t.Fatal(err)
		}
		arn := "arn:aws-cn:sqs:cn-north-1:111122223333:" + in.QueueName
		if q.URL != "https://sqs/1/made" || q.ARN != arn || !strings.HasPrefix(in.QueueName, account.NamePrefix+"run-1-") ||
			!strings.HasSuffix(in.QueueName, c.ending) {
			t.Errorf("got %+v", q)
		}
		if o, ok := account.OwnerFrom(in.Tags); !ok || o != owner {
			t.Errorf("got the tags %v", in.Tags)
		}
		policy := `{"Statement":[{"Action":"sqs:SendMessage","Condition":{"ArnEquals":{"aws:SourceArn":"` + c.source +
			`"}},` +
			`"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Resource":"` + arn + `"}],"Version":"2012-10-17"}`
		if got := in.Attributes["Policy"]; got != policy {
			t.Errorf("got the policy %s\nwant %s", got, policy)
		}
		if in.Attributes["SqsManagedSseEnabled"] != "true" || in.Attributes["MessageRetentionPeriod"] != "3600" ||
			(in.Attributes["FifoQueue"] == "true") != (c.ending != "") {
			t.Errorf("got %v", in.Attributes)
		}
		if err := q.Remove(t.Context()); err != nil || asked()[1] != `DeleteQueue {"QueueUrl":"https://sqs/1/made"}` {
			t.Errorf("got %v, asked for %s", err, asked()[1])
		}
	}
}

func TestAQueueWhoseMakingIsInterruptedIsKnownAndCanBeRemoved(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	a, asked := service(t, `{"QueueUrl":"https://sqs/1/made"}`)
	a.Config.HTTPClient = during{a.Config.HTTPClient, interrupt}
	topic := Source{Service: "sns.amazonaws.com", ARN: "arn:aws:sns:eu-west-1:111122223333:orders"}
	q, err := Create(ctx, a, account.Owner{Run: "run-1"}, topic)
	if err != nil || q.URL != "https://sqs/1/made" {
		t.Errorf("got %+v, %v", q, err)
	}
	if _, err := Create(ctx, a, account.Owner{Run: "run-1"}, topic); !errors.Is(err, context.Canceled) ||
		len(asked()) != 1 {
		t.Errorf("got %v after %d requests, want that nothing is made after an interruption", err, len(asked()))
	}
}

// during is a client that calls something while its requests are under way.
type during struct {
	aws.HTTPClient
	call func()
}

func (d during) Do(r *http.Request) (*http.Response, error) {
	d.call()
	return d.HTTPClient.Do(r)
}

func TestASourceIsAnARN(t *testing.T) {
	a, asked := service(t, `{}`)
	if _, err := Create(t.Context(), a, account.Owner{}, Source{ARN: "orders"}); err == nil || len(asked()) > 0 {
		t.Errorf("got %v after %q", err, asked())
	}
}

func TestEverythingIsRemovedTheLastThingFirst(t *testing.T) {
	var undone []string
	var removal Removal
	for _, what := range []string{"rule", "queue", "target"} {
		removal.Add(func(context.Context) error {
			undone = append(undone, what)
			return errors.New(what + " stays")
		})
	}
	err := removal.Run(t.Context())
	if !slices.Equal(undone, []string{"target", "queue", "rule"}) || err == nil ||
		err.Error() != "target stays\nqueue stays\nrule stays" {
		t.Errorf("undone were %q: %v", undone, err)
	}
}
