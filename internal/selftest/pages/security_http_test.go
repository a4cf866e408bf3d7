package pages_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
)

// What stands at a channel of HTTP, and the token that is got for it. No variable's name says that it is secret.
const (
	inHeader = "tenant-key-0815"
	inQuery  = "query-key-99"
	ofClient = "client/key+4711"
	gotToken = "eyJhbGciOiJub25lIn0.e30."
)

// requestSecrets has a system repeat all that it is asked with.
func requestSecrets(t *suite) {
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token": %q, "token_type": "Bearer"}`, gotToken)
	}))
	t.Cleanup(tokens.Close)
	var asked strings.Builder
	system := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(&asked, r.URL.Query(), r.Header)
		w.Header().Set("X-Asked", r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]any{"asked": r.Header, "query": r.URL.Query()})
	}))
	t.Cleanup(system.Close)
	t.Setenv("TENANT", inHeader)
	t.Setenv("QUERY", inQuery)
	t.Setenv("CLIENT", ofClient)
	t.write("godog.yml", `suite: Orders
sla: 300ms
audit: 1ms
parallel: 1
channels:
  orders:
    url: `+system.URL+`/orders
    answers: answers
    query: {api_key: "${QUERY}"}
    headers: {X-Tenant: "${TENANT}"}
    oauth2: {url: "`+tokens.URL+`", client: harken, secret: "${CLIENT}"}
  quiet orders: {url: "`+system.URL+`/orders", headers: {Authorization: "Bearer ${TENANT}"}}
  answers: {}
events:
  order:    {channel: orders, template: order.json}
  accepted: {channel: answers, is: {status: 202}}
`)
	t.write("order.json", `{"orderId": "${id}"}`)
	t.write("features/a.feature", `Feature: Orders
  Scenario: answered
    When an "order" event is produced
    Then an "accepted" event appears
  Scenario: refused
    When an "order" event is produced on "quiet orders"
    Then no "accepted" event appears
`)
	texts := reported(t)
	none(t, texts, inHeader, inQuery, ofClient, gotToken)
	says(t, texts, "reports/json.json", "Bearer [secret]", "it was answered 400 Bad Request")
	for _, secret := range []string{inHeader, inQuery, gotToken} {
		if !strings.Contains(asked.String(), secret) {
			t.Errorf("the system was not sent %s: %s", secret, asked.String())
		}
	}
}
