package dynamodb

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

func TestAnItemWhoseFirstAnswerWasLostIsPerhapsPutTwice(t *testing.T) {
	var puts atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), "PutItem") && puts.Add(1) == 1 {
			panic(http.ErrAbortHandler) // closes the connection
		}
		_, _ = io.WriteString(w, `{"Table":{"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}}`)
	}))
	defer server.Close()
	at := &url.URL{Scheme: "dynamodb", Host: "orders",
		RawQuery: url.Values{"region": {"eu-west-1"}, "endpoint": {server.URL}}.Encode()}
	p, err := Transport().Produce(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Send(t.Context(), event.Event{Key: "o-1", Body: []byte(`{}`)}); !errors.Is(err,
		harness.ErrPerhapsTwice) {
		t.Errorf("got %v, want that what the system has made of the item may be undone", err)
	}
	if _, err := p.Send(t.Context(), event.Event{Key: "o-1", Body: []byte(`{}`)}); err != nil {
		t.Errorf("got %v", err)
	}
}
