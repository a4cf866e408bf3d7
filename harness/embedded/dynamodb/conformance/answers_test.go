// Package conformance has over a thousand operations with the answers that DynamoDB Local gives. The endpoint of
// package dynamodb has to give the same: items, error types and messages. That is tested with nothing installed,
// against the recorded answers; with the build tag conformance the answers are compared with those of DynamoDB Local
// and of dynoxide themselves, and can be recorded anew.
package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness/embedded/dynamodb"
)

// recorded is where the answers to all operations are kept, one a line, in the order of the operations.
const recorded = "testdata/answers.txt"

func TestTheEndpointGivesTheAnswersThatWereRecorded(t *testing.T) {
	text, err := testdata.ReadFile(recorded)
	if err != nil {
		t.Fatal(err)
	}
	answers := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	operations := all(t)
	if len(answers) != len(operations) {
		t.Fatalf("%d answers to %d operations: record them anew", len(answers), len(operations))
	}
	ours := startEndpoint(t)
	for i, o := range operations {
		if got := ours.answer(t, o); got != answers[i] {
			t.Errorf("%s\n  got  %s\n  want %s", o.name, got, answers[i])
		}
	}
}

// endpoint is a server that answers operations.
type endpoint struct {
	name string
	url  string
}

// startEndpoint starts what is tested.
func startEndpoint(t *testing.T) endpoint {
	t.Helper()
	server, err := dynamodb.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return endpoint{"the endpoint", server.Endpoint()}
}

// prefix stands before some messages, and dynoxide puts it before more of them than others do. It is not compared.
const prefix = "1 validation error detected: "

var longRun = regexp.MustCompile(`x{100,}`)

// answer returns what the endpoint says to o, in one line, without what differs from server to server by nature.
func (e endpoint) answer(t *testing.T, o operation) string {
	t.Helper()
	status, body, err := e.send(o.operation, o.request)
	if err != nil {
		t.Fatalf("%s: %s: %v", e.name, o.name, err)
	}
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil {
		t.Fatalf("%s: %s: %v in %q", e.name, o.name, err, body)
	}
	text := strconv.Itoa(status)
	if kind, failed := members["__type"].(string); failed {
		message := fmt.Sprint(first(members, "message", "Message"))
		text += " " + kind[strings.LastIndex(kind, "#")+1:] + ": " + strings.TrimPrefix(message, prefix)
		for _, name := range []string{"__type", "message", "Message"} {
			delete(members, name)
		}
	}
	if len(members) > 0 || status == http.StatusOK {
		text += " " + string(written(normal(members, o.unordered)))
	}
	text = longRun.ReplaceAllStringFunc(text, func(run string) string { return fmt.Sprintf("(x*%d)", len(run)) })
	return strings.ReplaceAll(text, "\n", `\n`)
}

// send makes a request as an SDK does. No server looks at the signature.
func (e endpoint) send(operation, request string) (status int, body []byte, err error) {
	r, err := http.NewRequest(http.MethodPost, e.url, strings.NewReader(request))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	r.Header.Set("X-Amz-Date", "20260101T000000Z")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, "+
		"SignedHeaders=host;x-amz-date;x-amz-target, Signature=00")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err = io.ReadAll(answer.Body)
	return answer.StatusCode, body, err
}

func first(members map[string]any, names ...string) any {
	for _, name := range names {
		if v, ok := members[name]; ok {
			return v
		}
	}
	return ""
}

// described are the members of a table's description that are compared; the others are times, sizes and the servers'
// own names. dynoxide calls a new table CREATING and a deleted one DELETING, so that the status is left out too.
var described = []string{"TableName", "KeySchema", "AttributeDefinitions", "ItemCount"}

// normal takes out of an answer what differs from server to server by nature: the order of sets and, if unordered, of
// items, and figures for capacity, which nobody asked for.
func normal(v any, unordered bool) any {
	switch v := v.(type) {
	case map[string]any:
		normalMembers(v, unordered)
	case []any:
		for i := range v {
			v[i] = normal(v[i], unordered)
		}
	}
	return v
}

func normalMembers(members map[string]any, unordered bool) {
	delete(members, "ConsumedCapacity")
	if left, ok := members["UnprocessedKeys"].(map[string]any); ok && len(left) > 0 {
		// Which keys are left over is the server's own choice.
		members["Responses"], members["UnprocessedKeys"] = lengths(members["Responses"]), lengths(members["UnprocessedKeys"])
	}
	for name, member := range members {
		switch name {
		case "Table", "TableDescription":
			if table, ok := member.(map[string]any); ok {
				for key := range table {
					if !slices.Contains(described, key) {
						delete(table, key)
					}
				}
			}
		case "SS", "NS", "BS", "AttributeDefinitions":
			sortJSON(member)
		case "Items", "Responses":
			if unordered {
				sortJSON(member)
			}
		}
		members[name] = normal(member, unordered)
	}
}

// lengths puts in place of every list below v how long it is.
func lengths(v any) any {
	switch v := v.(type) {
	case []any:
		return len(v)
	case map[string]any:
		for name, member := range v {
			v[name] = lengths(member)
		}
	}
	return v
}

// sortJSON sorts a list, or every list in a map, by how its elements are written.
func sortJSON(v any) {
	switch v := v.(type) {
	case []any:
		slices.SortFunc(v, func(a, b any) int { return bytes.Compare(written(a), written(b)) })
	case map[string]any:
		for _, member := range v {
			sortJSON(member)
		}
	}
}

func written(v any) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err) // it was read from JSON
	}
	return bytes.TrimSpace(text.Bytes())
}
