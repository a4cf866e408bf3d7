package jsonpath_test

import (
	"reflect"
	"testing"

	"github.com/harken-bdd/harken/internal/jsonpath"
)

func TestIDsAreTakenAsTheyAreCompared(t *testing.T) {
	d := &jsonpath.Doc{
		Key: "K-1", Headers: map[string][]string{"trace": {"T-1", "", "T-2"}, "none": {""}},
		Body: []byte(`{"text": "0012", "number": 1.50e1, "zero": -0.0, "small": 12e-4, "long": 1e999, "odd": true, ` +
			`"nothing": null, "empty": "",
			"list": [1, "a"], "stored": {"N": "7.0"}, "texts": {"S": "7.0"}}`),
	}
	for path, want := range map[string][]jsonpath.Ident{
		"key": {{Text: "K-1", Able: true}}, "header trace": {{Text: "T-1", Able: true}, {Text: "T-2", Able: true}},
		"header none": nil, "header nosuch": nil,
		"text": {{Text: "0012", Able: true}}, "number": {{Text: "15", Able: true}}, "zero": {{Text: "0", Able: true}},
		"small": {{Text: "0.0012", Able: true}},
		"long":  {{Text: "1e999", Able: true}}, "odd": {{Text: "true"}}, "nothing": nil, "empty": nil, "nosuch": nil,
		"list":    {{Text: `[1,"a"]`}},
		"list[*]": {{Text: "1", Able: true}, {Text: "a", Able: true}}, "stored.N": {{Text: "7", Able: true}},
		"texts.S": {{Text: "7.0", Able: true}},
	} {
		p, err := jsonpath.Parse(path, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Idents(p); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
	p, err := jsonpath.Parse("a", "")
	if err != nil {
		t.Fatal(err)
	}
	if got := body("x").Idents(p); got != nil {
		t.Errorf("no JSON: got %v, want none", got)
	}
}

func TestAPathIsCalledByItsLastName(t *testing.T) {
	for path, want := range map[string]string{
		"orderId": "orderId", "order.id": "id", "items[*].sku": "sku", "tags[0]": "tags", "$.data.taskId": "taskId",
		"key":              "key",
		"header X-Task-ID": "x-task-id", "readingId.S": "readingId", "readingId.N": "readingId", "S": "S", "a.S.N": "S",
		"names[0].S": "S",
	} {
		p, err := jsonpath.Parse(path, "$.root")
		if err != nil {
			t.Fatal(err)
		}
		if path == "S" {
			p, err = jsonpath.Parse(path, "")
		}
		if got := p.Name(); err != nil || got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}
