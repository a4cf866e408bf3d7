package conformance

// The operations, and how the files of testdata are read.

import (
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/expression"
)

//go:embed testdata
var testdata embed.FS

// operation is one request, by the name of what it shows.
type operation struct {
	name      string
	operation string
	request   string // JSON
	unordered bool   // the order of items is the server's own
	// documented says what Amazon documents, where DynamoDB Local does something else.
	documented string
}

// all returns every operation that is compared, in the order in which they are made: the later ones stand on the
// tables and items of the earlier ones.
func all(t *testing.T) []operation {
	return slices.Concat(requests(t), conditions(t), updates(t), queries(t), limits(), reservedWords())
}

// lines returns what stands in a file of testdata, with the heading above each line.
func lines(t *testing.T, file string) []line {
	t.Helper()
	text, err := testdata.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var all []line
	heading, documented := file, ""
	for _, text := range strings.Split(string(text), "\n") {
		if comment, ok := strings.CutPrefix(text, "# "); ok {
			heading = comment
		} else if reason, ok := strings.CutPrefix(text, "documented: "); ok {
			documented = reason
		} else if text != "" {
			all = append(all, line{heading, documented, text})
			documented = ""
		}
	}
	return all
}

type line struct{ heading, documented, text string }

func (l line) operation(name, operationName, request string) operation {
	return operation{
		name: l.heading + ": " + name, operation: operationName, request: request, documented: l.documented,
		unordered: operationName == "Scan" || operationName == "BatchGetItem",
	}
}

// requests are whole requests.
func requests(t *testing.T) []operation {
	var operations []operation
	for _, l := range lines(t, "requests.txt") {
		name, body, found := strings.Cut(l.text, " ")
		if !found {
			t.Fatalf("requests.txt: no body in %q", l.text)
		}
		operations = append(operations, l.operation(l.text, name, writeOut(body)))
	}
	return operations
}

var shorthand = regexp.MustCompile(`\((\w+)(\*| ?)(\w*)\)`)

// writeOut replaces the shorthands that the head of requests.txt lists.
func writeOut(body string) string {
	return shorthand.ReplaceAllStringFunc(body, func(match string) string {
		parts := shorthand.FindStringSubmatch(match)
		count, _ := strconv.Atoi(parts[1] + parts[3]) // one of them is a number where it is wanted
		if parts[2] == " " {
			count, _ = strconv.Atoi(parts[1])
		}
		switch key := `{"pk":{"S":"a"},"sk":{"S":"k%d"}}`; {
		case match == "(attributes)":
			return `"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"S"}]`
		case match == "(keys)":
			return `"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]`
		case match == "(on demand)":
			return `"BillingMode":"PAY_PER_REQUEST"`
		case parts[1] == "x" && parts[2] == "*":
			count, _ = strconv.Atoi(parts[3])
			return strings.Repeat("x", count)
		case parts[3] == "keys":
			return numbered(count, key)
		case parts[3] == "puts":
			return numbered(count, `{"PutRequest":{"Item":`+key+`}}`)
		case parts[3] == "lists":
			return strings.Repeat(`{"L":[`, count) + `{"S":"x"}` + strings.Repeat(`]}`, count)
		default:
			return match // a text of the request's own
		}
	})
}

func numbered(count int, format string) string {
	list := make([]string, count)
	for i := range list {
		list[i] = fmt.Sprintf(format, i)
	}
	return strings.Join(list, ",")
}

// given is an expression with its values and further parameters, as a line has them: expression | values | parameters.
type given struct{ expression, values, parameters string }

func (l line) given() given {
	parts := append(strings.Split(l.text, "|"), "", "")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return given{strings.ReplaceAll(parts[0], "(empty)", ""), parts[1], parts[2]}
}

var placeholder = regexp.MustCompile(`:\w+`)

// complete adds to the members of a request the expression as parameter, its values, which are taken from known where
// the line gives none, and the further parameters.
func (g given) complete(members, parameter string, known map[string]string) string {
	if g.expression != "(none)" {
		members += fmt.Sprintf(`,%q:%q`, parameter, g.expression)
	}
	values := g.values
	if values == "" {
		var list []string
		for _, name := range slices.Compact(slices.Sorted(slices.Values(placeholder.FindAllString(g.expression+g.parameters,
			-1)))) {
			if known[name] != "" {
				list = append(list, fmt.Sprintf("%q:%s", name, known[name]))
			}
		}
		values = "{" + strings.Join(list, ",") + "}"
		if len(list) == 0 {
			values = ""
		}
	}
	if values != "" {
		members += `,"ExpressionAttributeValues":` + values
	}
	if g.parameters != "" {
		members += "," + g.parameters
	}
	return "{" + members + "}"
}

// put returns the operation that stores the item which conditions and updates are tried on.
func put(attributes string) operation {
	return operation{name: "an item to try expressions on", operation: "PutItem",
		request: `{"TableName":"items","Item":{` + subject + `,` + attributes + `}}`}
}

const subject = `"pk":{"S":"expressions"},"sk":{"S":"subject"}`

// conditions are tried by an update that changes nothing.
func conditions(t *testing.T) []operation {
	operations := []operation{put(`"n":{"N":"5"},"s":{"S":"str"},"b":{"B":"YWJj"},"l":{"L":[{"N":"1"},{"S":"x"}]},` +
		`"l2":{"L":[{"N":"1"},{"S":"x"}]},"m":{"M":{"a":{"N":"1"}}},"ss":{"SS":["a","b"]},"ns":{"NS":["1","2"]},` +
		`"t":{"BOOL":true},"z":{"NULL":true},"e":{"S":""}`)}
	for _, l := range lines(t, "conditions.txt") {
		request := l.given().complete(`"TableName":"items","Key":{`+subject+`},"UpdateExpression":"REMOVE nothing"`,
			"ConditionExpression", nil)
		operations = append(operations, l.operation(l.text, "UpdateItem", request))
	}
	return operations
}

// updates are made one by one on the same item.
func updates(t *testing.T) []operation {
	fresh := put(`"n":{"N":"5"},"s":{"S":"str"},"l":{"L":[{"N":"1"},{"N":"2"},{"N":"3"}]},` +
		`"m":{"M":{"a":{"N":"1"},"b":{"M":{"c":{"S":"d"}}}}},"ss":{"SS":["a","b"]},"ns":{"NS":["1","2"]}`)
	known := map[string]string{":n": `{"N":"1"}`, ":s": `{"S":"x"}`, ":l": `{"L":[{"S":"x"}]}`}
	var operations []operation
	for _, l := range lines(t, "updates.txt") {
		request := l.given().complete(`"TableName":"items","Key":{`+subject+`}`, "UpdateExpression", known)
		if !strings.Contains(request, `"ReturnValues"`) {
			request = strings.TrimSuffix(request, "}") + `,"ReturnValues":"UPDATED_NEW"}`
		}
		after := operation{name: l.heading + ": after " + l.text, operation: "GetItem",
			request: `{"TableName":"items","Key":{` + subject + `}}`, documented: l.documented}
		operations = append(operations, fresh, l.operation(l.text, "UpdateItem", request), after)
	}
	return operations
}

// queries read the partition a of the table orders.
func queries(t *testing.T) []operation {
	known := map[string]string{":p": `{"S":"a"}`, ":s": `{"S":"s2"}`, ":t": `{"S":"s3"}`, ":e": `{"S":""}`,
		":n": `{"N":"3"}`}
	var operations []operation
	for _, l := range lines(t, "queries.txt") {
		request := l.given().complete(`"TableName":"orders"`, "KeyConditionExpression", known)
		operations = append(operations, l.operation(l.text, "Query", request))
	}
	return operations
}

// limits are expressions that are too long to be written down.
func limits() []operation {
	var operations []operation
	for _, long := range []struct{ name, expression string }{
		{"a name of 256 characters", strings.Repeat("a", 256) + " = :v"},
		{"299 operators", "n = :v" + strings.Repeat(" AND n = :v", 149)},
		{"300 operators", "NOT n = :v" + strings.Repeat(" AND n = :v", 149)},
		{"301 operators", "n = :v" + strings.Repeat(" AND n = :v", 150)},
		{"4096 bytes", "n = :v" + strings.Repeat(" ", 4096-6)},
		{"4097 bytes", "n = :v" + strings.Repeat(" ", 4097-6)},
		{"spaces and line breaks", "\n n\t=\n\n:v  "},
	} {
		g := given{long.expression, `{":v":{"N":"5"}}`, ""}
		operations = append(operations, operation{name: "conditions: " + long.name, operation: "UpdateItem",
			request: g.complete(`"TableName":"items","Key":{`+subject+`}`, "ConditionExpression", nil)})
	}
	return operations
}

// reservedWords tries every word that is refused as a name.
func reservedWords() []operation {
	var operations []operation
	for _, word := range expression.ReservedWords() {
		o := operation{name: "reserved words: " + word, operation: "UpdateItem",
			request: `{"TableName":"items","Key":{` + subject + `},"UpdateExpression":"REMOVE m.` + strings.ToLower(word) + `"}`}
		if word == "SIZE" || word == "CONVERT" {
			o.documented = "the developer guide lists the word as reserved, and DynamoDB Local takes it"
		}
		operations = append(operations, o)
	}
	return operations
}
