//go:build conformance

// Package conformance puts one and the same operations to the endpoint of package dynamodb, to DynamoDB Local and to
// dynoxide, and compares the answers: items, error types and messages. The endpoint has to answer what DynamoDB Local
// answers. Cases in which dynoxide answers something else are listed with both answers; so are the few in which DynamoDB
// Local departs from Amazon's documentation, and the endpoint has to follow dynoxide.
package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness/local/dynamodb"
)

// operation is one request, and why it is made.
type operation struct {
	name      string // what it shows
	operation string
	request   string // JSON
	unordered bool   // the order of items is the server's own
	// documented says what Amazon documents, where DynamoDB Local does something else.
	documented string
}

// endpoint is a server that answers operations.
type endpoint struct {
	name string
	url  string
}

// answer is what a server said, without what differs from server to server by nature.
type answer struct {
	Status  int
	Type    string
	Message string
	Body    any
}

func (a answer) String() string {
	if a.Type != "" && a.Body == nil {
		return a.Type + ": " + a.Message
	}
	body, _ := json.Marshal(a.Body)
	text := fmt.Sprintf("%s %s %s", a.Type, a.Message, body)
	return text[:min(len(text), 300)]
}

func TestTheEndpointAnswersAsDynamoDBLocalDoes(t *testing.T) {
	server, err := dynamodb.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	ours := endpoint{"the endpoint", server.Endpoint()}
	local, dynoxide := startDynamoDBLocal(t), startDynoxide(t)

	operations := all(t)
	same := 0
	var differences []string
	for _, o := range operations {
		got, reference, other := ours.answer(t, o), local.answer(t, o), dynoxide.answer(t, o)
		want := reference
		if o.documented != "" {
			want = other
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %s %s\n  got            %s\n  DynamoDB Local %s\n  dynoxide       %s",
				o.name, o.operation, o.request[:min(len(o.request), 400)], got, reference, other)
		}
		if reflect.DeepEqual(reference, other) {
			same++
			if o.documented != "" {
				t.Errorf("%s: DynamoDB Local does as documented; the exception is out of date", o.name)
			}
			continue
		}
		followed := "DynamoDB Local is followed"
		if o.documented != "" {
			followed = "dynoxide is followed: " + o.documented
		}
		differences = append(differences, fmt.Sprintf("%s (%s)\n      DynamoDB Local  %s\n      dynoxide        %s",
			o.name, followed, reference, other))
	}
	t.Logf("%d operations compared; dynoxide and DynamoDB Local answer %d of them alike and differ in %d:\n   %s",
		len(operations), same, len(differences), strings.Join(differences, "\n   "))
}

// prefix stands before some messages, and dynoxide puts it before more of them than others do. It is not compared.
const prefix = "1 validation error detected: "

func (e endpoint) answer(t *testing.T, o operation) answer {
	t.Helper()
	status, body, err := e.send(o.operation, o.request)
	if err != nil {
		t.Fatalf("%s: %s: %v", e.name, o.name, err)
	}
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil {
		t.Fatalf("%s: %s: %v in %q", e.name, o.name, err, body)
	}
	a := answer{Status: status}
	if kind, failed := members["__type"].(string); failed {
		a.Type = kind[strings.LastIndex(kind, "#")+1:]
		a.Message = strings.TrimPrefix(fmt.Sprint(first(members, "message", "Message")), prefix)
		for _, name := range []string{"__type", "message", "Message"} {
			delete(members, name)
		}
	}
	if len(members) > 0 || a.Type == "" {
		a.Body = normal(members, o.unordered)
	}
	return a
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
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // it was read from JSON
	}
	return text
}
