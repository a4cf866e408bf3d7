//go:build conformance

package conformance

// What is compared of two runs: all but identifiers, times, places on the disk, and what one of the two does not have
// by its nature.

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

// normal returns the messages as lines that can be compared, without what came of one scenario.
func normal(t *testing.T, ndjson []byte, but string) (lines []string) {
	t.Helper()
	n := normaliser{ids: make(map[string]string), apart: make(map[string]bool)}
	for _, e := range envelopes(t, ndjson) {
		if e["meta"] != nil || n.ours(e) || but != "" && n.of(e, but) {
			continue
		}
		n.message(e)
		text, err := json.Marshal(n.value("", e))
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(text))
	}
	return lines
}

type normaliser struct {
	ids   map[string]string // by what they were
	apart map[string]bool   // the identifiers of what is not compared
}

// of says that a message tells what came of the scenario, all messages of which are asked for in their order.
func (n *normaliser) of(e map[string]any, scenario string) bool {
	is := func(kind, member string) bool {
		m, _ := e[kind].(map[string]any)
		id, _ := m[member].(string)
		return n.apart[id]
	}
	note := func(v any) { n.apart[v.(map[string]any)["id"].(string)] = true }
	if pickle, _ := e["pickle"].(map[string]any); pickle != nil && pickle["name"] == scenario {
		note(pickle)
		for _, step := range pickle["steps"].([]any) {
			note(step)
		}
	}
	if is("testCase", "pickleId") {
		note(e["testCase"])
	}
	if is("testCaseStarted", "testCaseId") {
		note(e["testCaseStarted"])
		return true
	}
	return is("testStepStarted", "testCaseStartedId") || is("testStepFinished", "testCaseStartedId") ||
		is("testCaseFinished", "testCaseStartedId") ||
		is("suggestion", "pickleStepId")
}

// ours says that a message is one of Harken's own phrases, which are there beside those of a sample.
func (n *normaliser) ours(e map[string]any) bool {
	definition, _ := e["stepDefinition"].(map[string]any)
	if definition == nil {
		return false
	}
	uri, _ := definition["sourceReference"].(map[string]any)["uri"].(string)
	return strings.HasSuffix(uri, "/steps/steps.go")
}

// message takes out what is said in other words, or by one side only.
func (n *normaliser) message(e map[string]any) {
	for kind, value := range e {
		m := value.(map[string]any)
		switch kind {
		case "stepDefinition", "hook": // regular expressions for Cucumber's, in another file
			delete(m, "pattern")
			delete(m, "sourceReference")
		case "suggestion": // one in Go, and as many as there are readings of the text in TypeScript
			delete(m, "snippets")
		case "testStepFinished":
			n.result(m["testStepResult"].(map[string]any))
		case "testRunFinished": // Harken counts what did not pass
			delete(m, "message")
		}
	}
}

// result leaves of a failure that there is a message. Harken also says why a step is undefined, pending and so on.
func (n *normaliser) result(r map[string]any) {
	if r["status"] != "FAILED" {
		delete(r, "message")
		delete(r, "exception")
		return
	}
	r["message"] = r["message"] != ""
	exception := r["exception"].(map[string]any)
	delete(exception, "stackTrace") // an error of Go has none
	exception["type"] = exception["type"] != ""
	exception["message"] = exception["message"] != ""
}

// value replaces identifiers by numbers in the order in which they appear, and times by nothing.
func (n *normaliser) value(key string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "parameterTypeName") // regular expressions have none
		if _, ok := v["nanos"]; ok {
			return "a time"
		}
		for _, name := range keys(v) {
			v[name] = n.value(name, v[name])
		}
		return v
	case []any:
		for i := range v {
			v[i] = n.value(key, v[i])
		}
		return v
	case string:
		switch {
		case key == "uri":
			return path.Base(v)
		case key == "id" || strings.HasSuffix(key, "Id") || strings.HasSuffix(key, "Ids"):
			if n.ids[v] == "" {
				n.ids[v] = fmt.Sprint("id ", len(n.ids)+1)
			}
			return n.ids[v]
		}
	}
	return v
}

// keys returns the names of members in an order that does not change.
func keys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
