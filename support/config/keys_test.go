package config

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// whole is a godog.yml with one of everything that keys may stand in, and whatever their examples name.
const whole = `
channels:
  orders: {url: "nats://${NATS}/orders.placed", format: {cloudevents: structured}, oauth2: {}}
  shipments: {url: "nats://${NATS}/orders.shipped"}
  rejections: {url: "nats://${NATS}/orders.rejected"}
  questions: {url: "lambda://quote?type=request", answers: quotes}
  quotes: {}
subsystems: {fulfilment: {}}
events: {order placed: {correlation: {path: id}}}
commands: {redrive: {run: [./ops/redrive.sh]}}
links: {payments db: {to: "127.0.0.1:5432", env: PAYMENTS_DB}}
profiles: {local: {channels: {orders: {format: {cloudevents: structured}, oauth2: {}}}, system: {command: [./fulfilment], ready: "log: ready"}}}
`

// named is what stands for NAME in whole.
var named = map[string]string{
	"channels": "orders", "subsystems": "fulfilment", "events": "order placed", "commands": "redrive", "links": "payments db",
	"profiles": "local",
}

// with returns whole as JSON, which is YAML, with another value at the path of a key.
func with(t *testing.T, path string, value any) []byte {
	t.Helper()
	var doc map[string]any
	if err := yaml.Unmarshal([]byte(whole), &doc); err != nil {
		t.Fatal(err)
	}
	at := doc
	names := strings.Split(path, ".")
	for i, name := range names[:len(names)-1] {
		if name == "NAME" {
			name = named[names[i-1]]
		}
		inner, ok := at[name].(map[string]any)
		if !ok {
			t.Fatalf("%s: there is no mapping %q", path, name)
		}
		at = inner
	}
	at[names[len(names)-1]] = value
	data, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTheExampleOfEveryKeyIsRead(t *testing.T) {
	for _, k := range Keys() {
		var example map[string]any
		if err := yaml.Unmarshal([]byte(k.Example), &example); err != nil {
			t.Errorf("%s: %v", k.Path, err)
			continue
		}
		_, name := k.In()
		value, ok := example[name]
		if !ok || len(example) != 1 {
			t.Errorf("%s: the example is %q, want one key %q", k.Path, k.Example, name)
			continue
		}
		if _, err := parse("godog.yml", with(t, k.Path, value), "", from(nil)); err != nil {
			t.Errorf("%s: %s\n%v", k.Path, k.Example, err)
		}
	}
}

func TestEveryKeyRefusesWhatIsNotOfItsType(t *testing.T) {
	text, list, mapping := "soon", []any{"a"}, map[string]any{"a": "b"}
	wrong := map[Type]any{
		OfText: list, OfFile: list, OfPath: list, OfTags: list, OfSpan: text, OfCount: text, OfTruth: text, OfExpected: text,
		OfSwallowed: text, OfChannel: text, OfProfile: text, OfVariable: "not a name", OfTexts: text, OfFiles: mapping, OfPaths: text, OfChannels: list,
		OfVariables: []any{"not a name"}, OfCells: text, OfTextsBy: list, OfNames: text, OfKeys: text, OfID: list,
		OfFormat: text, OfMode: text,
	}
	for _, k := range Keys() {
		value, ok := wrong[k.Type]
		if !ok {
			t.Errorf("%s: what is wrong for %q?", k.Path, k.Type)
			continue
		}
		_, err := parse("godog.yml", with(t, k.Path, value), "", from(nil))
		if invalid := (*Invalid)(nil); !errors.As(err, &invalid) {
			t.Errorf("%s: got %v for %v, want it refused", k.Path, err, value)
		}
	}
}

func TestEveryKeySaysWhatItMeans(t *testing.T) {
	seen := make(map[string]bool)
	for _, k := range Keys() {
		if seen[k.Path] {
			t.Errorf("%s stands twice", k.Path)
		}
		seen[k.Path] = true
		if k.Default == "" {
			t.Errorf("%s: got no default, want one, or none", k.Path)
		}
		if !strings.HasSuffix(k.Means, ".") {
			t.Errorf("%s: got %q, want a sentence", k.Path, k.Means)
		}
	}
}

// Whatever is kept of a godog.yml has a key, and every key is kept.
func TestEveryKeyIsKept(t *testing.T) {
	fields := map[string]struct {
		of   any
		less []string // what is no key
	}{
		"":                        {Config{}, []string{"File", "Dir"}},
		"channels.NAME":           {Channel{}, []string{"Name", "Line", "Request"}},
		"channels.NAME.oauth2":    {OAuth2{}, nil},
		"subsystems.NAME":         {Subsystem{}, []string{"Name", "Line"}},
		"events.NAME":             {Event{}, []string{"Name", "Line"}},
		"events.NAME.correlation": {Correlation{}, []string{"None"}},
		"commands.NAME":           {Command{}, []string{"Name", "Line"}},
		"links.NAME":              {Link{}, []string{"Name", "Line"}},
		"profiles.NAME.system":    {System{}, []string{"Line"}},
		"profiles.NAME":           {Profile{}, []string{"Name", "Line"}},
		"profiles.NAME.channels.NAME": {struct {
			URL, Foreign, Private, Duplicates, Format any
			Request
		}{}, []string{"Request"}},
		"profiles.NAME.channels.NAME.oauth2": {OAuth2{}, nil},
		"channels.NAME.format":               {Format{}, nil},
		"profiles.NAME.channels.NAME.format": {Format{}, nil},
	}
	keys := knownKeys()
	for mapping, kept := range fields {
		var want []string
		for _, f := range reflect.VisibleFields(reflect.TypeOf(kept.of)) {
			if f.IsExported() && !slices.Contains(kept.less, f.Name) {
				want = append(want, strings.ToLower(f.Name))
			}
		}
		if mapping == "profiles.NAME" { // what changes the suite
			want = append(want, "channels", "sla", "audit", "parallel")
		}
		slices.Sort(want)
		if got := keys[mapping]; !slices.Equal(got, want) {
			t.Errorf("%q: got the keys %v, want %v", mapping, got, want)
		}
	}
	if len(keys) != len(fields) {
		t.Errorf("got %d mappings, want %d", len(keys), len(fields))
	}
}

func TestAKeyThatTheTableDoesNotHaveIsUnknown(t *testing.T) {
	r := &reader{file: "godog.yml", known: map[string][]string{"": {"channels"}}}
	root, err := document("godog.yml", []byte("suite: x"))
	if err != nil {
		t.Fatal(err)
	}
	r.config(root, "")
	const want = `unknown key "suite" (have channels)`
	if len(r.problems) != 1 || r.problems[0].Text != want {
		t.Errorf("got %v, want %s", r.problems, want)
	}
}
