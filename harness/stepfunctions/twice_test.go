package stepfunctions

import (
	"errors"
	"fmt"
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

func TestAStartWhoseAnswerWasLostIsPerhapsTwoOfAnExpressMachine(t *testing.T) {
	for kind, twice := range map[string]bool{"execution": false, "express": true} {
		var starts atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case !strings.HasSuffix(r.Header.Get("X-Amz-Target"), "StartExecution"):
				_, _ = io.WriteString(w,
					`<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:root</Arn><Account>1</Account>`+
						`</GetCallerIdentityResult></GetCallerIdentityResponse>`)
			case starts.Add(1) == 1:
				panic(http.ErrAbortHandler) // closes the connection
			default:
				_, _ = fmt.Fprintf(w, `{"executionArn":"arn:aws:states:eu-west-1:1:%s:orders:x","startDate":1}`, kind)
			}
		}))
		defer server.Close()
		at := &url.URL{Scheme: "stepfunctions", Host: "orders",
			RawQuery: url.Values{"region": {"eu-west-1"}, "endpoint": {server.URL}}.Encode()}
		p, err := Transport().Produce(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if _, err := p.Send(t.Context(), event.Event{Body: []byte(`{}`)}); errors.Is(err, harness.ErrPerhapsTwice) != twice ||
			!twice && err != nil {
			t.Errorf("%s: got %v", kind, err)
		}
	}
}
