package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func load(t *testing.T, file, profile string, env map[string]string) *Config {
	t.Helper()
	c, err := Load(filepath.Join("testdata", file), profile, from(env))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func from(env map[string]string) Lookup {
	return func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}
}

func TestLoadReadsEveryKey(t *testing.T) {
	c := load(t, "orders.yml", "", nil)
	c.environ, c.source = nil, ""
	want := &Config{
		File:     "testdata/orders.yml",
		Dir:      "testdata",
		Suite:    "Order fulfilment",
		Features: []string{"features", "more/features"},
		SLA:      5 * time.Second,
		Audit:    2 * time.Second,
		Parallel: 32,
		Tags:     "@a and not @b",
		Channels: map[string]Channel{
			"orders": {
				Name: "orders", URL: "nats://${NATS}/orders.placed", Description: "What customers order.", Line: 8,
			},
			"shipments":    {Name: "shipments", URL: "dynamodb://captures/shipments", Line: 9},
			"dead letters": {Name: "dead letters", URL: "nats://${NATS}/orders.dead", Line: 10},
			"audit log":    {Name: "audit log", URL: "sns://audit", Foreign: true, Line: 12},
		},
		Subsystems: map[string]Subsystem{
			"fulfilment": {
				Name: "fulfilment", Description: "Accepts placed orders and ships them.",
				Inputs: []string{"orders"}, Outputs: []string{"shipments", "dead letters"},
				SLA: 2 * time.Second, Line: 14,
			},
		},
		Events: map[string]Event{
			"order placed": {
				Name: "order placed", Description: "The customer confirmed the basket.", Channel: "orders",
				Is: []Condition{
					{"header type", "order.placed.v2", 23}, {"version", "2", 23}, {"items[0].gift", "null", 23},
				},
				Fields: "$.data", Correlation: Correlation{Path: "orderId"}, Template: "features/events/order-placed.json",
				Schema: "features/events/order-placed.schema.json",
				SLA:    time.Minute, Line: 20,
			},
			"order shipped": {
				Name: "order shipped", Channel: "shipments",
				Is: []Condition{{"status", "(one of SHIPPED, SENT)", 29}}, Line: 29,
			},
		},
		Commands: map[string]Command{
			"replay": {
				Name: "replay", Description: "Sends what was stored once more.",
				Run: []string{"./replay.sh", "--from", "${from}", "--to=${STAGE}/$${x}"}, Dir: "ops",
				Env: map[string]string{"NATS_URL": "nats://${NATS}"}, Within: 30 * time.Second, Line: 31,
			},
			"redrive": {
				Name: "redrive", Run: []string{"aws", "sqs", "start-message-move-task"},
				Env: map[string]string{}, Within: DefaultCommand, Line: 37,
			},
		},
		Links: map[string]Link{
			"payments db": {
				Name: "payments db", Description: "Where the money is counted.", To: "${DB}:5432", Env: "PAYMENTS_DB", Line: 38,
			},
		},
		Redact: []string{"card.number", "header authorization"},
		Secret: []string{"LICENCE"},
		Profile: Profile{
			Name:     "local",
			Embedded: []string{"nats", "dynamodb", "recorder"},
			Recorder: map[string]string{"shipments": "nats://${NATS}/orders.shipped"},
			Kafka:    map[string]string{},
			System: &System{
				Command: []string{"go", "run", "./harness/reference/fulfilment"}, Dir: "..",
				Env:   map[string]string{"NATS_URL": "nats://${NATS}"},
				Ready: "http://127.0.0.1:4000/ready", Within: 90 * time.Second, Line: 47,
			},
			Env: map[string]string{}, Inherit: []string{"PATH", "JAVA_HOME"}, Line: 42,
		},
		Profiles: []string{"local", "staging"},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got\n%+v\nwant\n%+v", c, want)
	}
}

func TestTheChosenProfileIsApplied(t *testing.T) {
	c := load(t, "orders.yml", "staging", nil)
	orders := Channel{Name: "orders", URL: "sns://orders", Description: "What customers order.", Foreign: true, Line: 8}
	if got := c.Channels["orders"]; !reflect.DeepEqual(got, orders) {
		t.Errorf("the profile's address and the suite's description: got %+v, want %+v", got, orders)
	}
	if got, want := c.Channels["shipments"].URL, "dynamodb://captures/shipments"; got != want {
		t.Errorf("the suite's address of shipments: got %s, want %s", got, want)
	}
	if got, want := c.SLA, 15*time.Second; got != want {
		t.Errorf("sla: got %v, want %v", got, want)
	}
	if got, want := c.Audit, 20*time.Second; got != want {
		t.Errorf("audit: got %v, want %v", got, want)
	}
	if got, want := c.Parallel, 4; got != want {
		t.Errorf("parallel: got %d, want %d", got, want)
	}
	if got, want := c.Profile.Name, "staging"; got != want {
		t.Errorf("profile: got %q, want %q", got, want)
	}
	if got, want := c.Subsystems["fulfilment"].SLA, 2*time.Second; got != want {
		t.Errorf("the subsystem's own sla: got %v, want %v", got, want)
	}
}

func TestWhatHoldsWhereNothingIsSaid(t *testing.T) {
	tests := map[string]struct {
		yml, profile string
		want         Config
	}{
		"nothing at all": {"{}", "", Config{Parallel: 32}},
		"a local profile is taken unasked, and has no limit": {
			"profiles: {local: {}}", "", Config{Parallel: Unlimited, Profile: Profile{Name: "local"}},
		},
		"a limit that the suite states holds for the local profile too": {
			"{parallel: 8, profiles: {local: {}}}", "", Config{Parallel: 8, Profile: Profile{Name: "local"}},
		},
		"unlimited is said in a word": {"parallel: unlimited", "", Config{Parallel: Unlimited}},
		"the file's choice goes before local": {
			"{profile: ci, profiles: {local: {}, ci: {}}}", "", Config{Parallel: 32, Profile: Profile{Name: "ci"}},
		},
		"the caller's choice goes before the file's": {
			"{profile: ci, profiles: {local: {}, ci: {}}}", "local", Config{Profile: Profile{Name: "local"}},
		},
		"profiles of other names are not taken unasked": {"profiles: {ci: {}}", "", Config{Parallel: 32}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := parse("godog.yml", []byte(test.yml), test.profile, nil)
			if err != nil {
				t.Fatal(err)
			}
			if c.Parallel != test.want.Parallel || c.Profile.Name != test.want.Profile.Name {
				t.Errorf("got parallel %d of %q, want %d of %q",
					c.Parallel, c.Profile.Name, test.want.Parallel, test.want.Profile.Name)
			}
			if c.SLA != DefaultSLA || c.Audit != DefaultAudit {
				t.Errorf("got sla %v, audit %v, want %v, %v", c.SLA, c.Audit, DefaultSLA, DefaultAudit)
			}
			if want := []string{"features"}; !reflect.DeepEqual(c.Features, want) {
				t.Errorf("got features %v, want %v", c.Features, want)
			}
		})
	}
}

func TestAllProblemsAreToldAtOnceInTheOrderOfTheirLines(t *testing.T) {
	_, err := Load("testdata/problems.yml", "", nil)
	want := strings.Join([]string{
		`testdata/problems.yml:2: unknown key "chanels" (did you mean "channels"?)`,
		`testdata/problems.yml:4: sla: "5 sec" is not a length of time (did you mean 5s?)`,
		`testdata/problems.yml:7: channel "shipments": unknown key "ulr" (did you mean "url"?)`,
		`testdata/problems.yml:8: channel "rejections": foreign can only be "expected"`,
		`testdata/problems.yml:11: subsystem "fulfilment": outputs: no channel "shipmets" (did you mean "shipments"? have ` +
			`shipments, rejections)`,
		`testdata/problems.yml:14: event "order placed": channel: no channel "orders" (have shipments, rejections)`,
		`testdata/problems.yml:15: event "order event": a name cannot end in "event", which phrases say after it`,
		`testdata/problems.yml:16: no profile "stagin" (did you mean "staging"? have staging)`,
		`testdata/problems.yml:19: profile "staging": no channel "order" (have shipments, rejections)`,
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestAProblemSaysWhereItIsAndWhatWouldBeRight(t *testing.T) {
	tests := map[string]struct{ yml, want string }{
		"empty": {" \n", `godog.yml: not a YAML document: no documents in stream`},
		"two documents": {"suite: a\n---\nsuite: b\n",
			`godog.yml: not a YAML document: expected single document, found multiple`},
		"not text":   {"suite: \xff", `godog.yml: not UTF-8 text`},
		"too long":   {strings.Repeat("#\n", maxFile/2+1), `godog.yml: longer than 1 MiB`},
		"no mapping": {"- a", `godog.yml:1: want a mapping of keys such as channels and events, got a list`},
		"syntax":     {"suite: a\nfeatures: [a\nsla: 5s", `godog.yml:3: not YAML: did not find expected ',' or ']'`},
		"a variable in an unquoted flow value": {
			"channels:\n  orders: {url: nats://${NATS}/orders}",
			`godog.yml:2: not YAML: did not find expected ',' or '}' (a value that holds ${...} needs quotes around it)`,
		},
		"too deep": {strings.Repeat("[", 30), `godog.yml:1: not YAML: exceeded max depth of 20`},
		"alias": {"sla: &a 5s\naudit: *a",
			"godog.yml:1: an anchor (&a) cannot be used here\n" +
				"godog.yml:2: an alias (*a) cannot be used here: write the value out"},
		"tag":           {"suite: !env SUITE", `godog.yml:1: a tag (!env) cannot be used here`},
		"key of a list": {"? [a]\n: b", `godog.yml:1: a key must be text, got a list`},
		"empty key":     {`"": b`, `godog.yml:1: a key is empty`},
		"long key":      {strings.Repeat("k", 101) + ": b", `godog.yml:1: a key is longer than 100 bytes`},
		"key twice":     {"sla: 5s\nsuite: a\nsla: 6s", `godog.yml:3: key "sla" stands twice (first in line 1)`},
		"name twice": {"channels:\n  a: {url: x}\n  a: {url: y}",
			`godog.yml:3: channels: key "a" stands twice (first in line 2)`},
		"no such key": {"schedule: a",
			`godog.yml:1: unknown key "schedule" (have audit, channels, commands, events, features, links, parallel, profile, ` +
				`profiles, redact, secret, sla, subsystems, suite, tags)`},
		"key of no value": {"suite:", `godog.yml:1: suite must be text, got nothing`},
		"list for text":   {"channels: {a: {url: [x]}}", `godog.yml:1: channel "a": url must be text, got a list`},
		"text for list":   {"features: features", `godog.yml:1: features must be a list, got text`},
		"list in a list":  {"features: [a, [b]]", `godog.yml:1: features[1] must be text, got a list`},
		"text for a channel": {
			"channels: {a: nats://x}", `godog.yml:1: channel "a" must be a mapping, got text`,
		},
		"no url": {"channels: {a: {}}\nprofiles: {local: {}}", `godog.yml:1: channel "a" has no url`},
		"answers with a url": {
			"channels: {a: {url: x, answers: b}, b: {url: y}}",
			`godog.yml:1: channel "a": answers: "b" has a url of its own; answers appear on a channel without one`,
		},
		"answers of its own": {"channels: {a: {url: x, answers: a}}",
			`godog.yml:1: channel "a": answers: "a" has a url of its own; answers appear on a channel without one`},
		"answers to nothing": {"channels: {a: {url: x, answers: ab}}",
			`godog.yml:1: channel "a": answers: no channel "ab" (did you mean "a"? have a)`},
		"answers of answers": {"channels: {a: {url: x, answers: b}, b: {answers: a}}",
			"godog.yml:1: channel \"b\" has no url, so that nothing is sent there which could be answered"},
		"answers of the void": {"channels: {a: {answers: b}, b: {url: x}}", `godog.yml:1: channel "a" has no url`},
		"list of channels":    {"channels: [a]", `godog.yml:1: channels must be a mapping of names, got a list`},
		"quote in a name": {`channels: {'a "b"': {url: x}}`,
			`godog.yml:1: channel "a \"b\"": a name cannot contain a double quote, which ends it in a feature`},
		"space about a name": {`subsystems: {" a": {}}`,
			`godog.yml:1: subsystem " a": a name cannot begin or end with a space`},
		"name of two lines": {`events: {"a\nb": {}}`, `godog.yml:1: event "a\nb": a name must be on one line`},
		"name in capitals": {`events: {Order Messages: {}}`,
			`godog.yml:1: event "Order Messages": a name cannot end in "messages", which phrases say after it`},
		"name of one word": {`events: {row: {}}`,
			`godog.yml:1: event "row": a name cannot end in "row", which phrases say after it`},
		"sla of nothing": {"sla: 0s", `godog.yml:1: sla: "0s" is too short (at least 1ms)`},
		"sla without a unit": {"subsystems: {a: {sla: 5}}",
			`godog.yml:1: subsystem "a": sla: "5" is not a length of time: it has no unit (did you mean 5s?)`},
		"sla of a list": {"sla: [5s]", `godog.yml:1: sla must be a length of time, got a list`},
		"parallel of 0": {"parallel: 0", `godog.yml:1: parallel must be a number from 1 or unlimited`},
		"unquoted rule": {"events: {a: {is: {b: (one of c, d)}}}",
			`godog.yml:1: event "a": is: "d)" is half of a rule: one with a comma needs quotes around it`},
		"is of a list": {"events: {a: {is: [b]}}",
			`godog.yml:1: event "a": is must be a mapping of paths, got a list`},
		"long reference": {"events: {a: {channel: " + strings.Repeat("c", 101) + "}}",
			`godog.yml:1: event "a": channel: no channel has a name that long`},
		"nothing to run":   {"commands: {a: {description: b}}", `godog.yml:1: command "a": it has nothing to run`},
		"an empty program": {`commands: {a: {run: [""]}}`, `godog.yml:1: command "a": it has nothing to run`},
		"a line to run":    {"commands: {a: {run: make it}}", `godog.yml:1: command "a": run must be a list, got text`},
		"key of a command": {"commands: {a: {runs: [b]}}",
			`godog.yml:1: command "a": unknown key "runs" (did you mean "run"?)`},
		"key of an event": {"events: {a: {shema: b}}",
			`godog.yml:1: event "a": unknown key "shema" (did you mean "schema"?)`},
		"no command": {"profiles: {ci: {system: {ready: x}}}", `godog.yml:1: profile "ci": system: no command`},
		"name of a variable": {"profiles: {ci: {env: {A-B: x}}}",
			`godog.yml:1: profile "ci": env: "A-B" cannot be the name of a variable`},
		"recorder": {"profiles: {ci: {recorder: {a: x}}}",
			`godog.yml:1: profile "ci": recorder: no channel "a" (there is none at all)`},
		"key of a profile's channel": {
			"channels: {a: {url: x}}\nprofiles: {ci: {channels: {a: {description: b}}}}",
			`godog.yml:2: profile "ci": channel "a": unknown key "description" (have duplicates, foreign, format, headers, method, oauth2, private, query, url)`,
		},
		"a correlation without a path": {"channels: {a: {url: x}}\nevents: {o: {correlation: {of: task}}}",
			`godog.yml:2: event "o": correlation: the path is missing`},
		"a correlation with another key": {"events: {o: {correlation: {path: id, off: task}}}",
			`godog.yml:1: event "o": correlation: unknown key "off" (did you mean "of"?)`},
		"a correlation that is a list": {"events: {o: {correlation: [id]}}",
			`godog.yml:1: event "o": correlation must be a path, none, or a mapping of path and of, got a list`},
		"private, and others are there": {
			"channels: {a: {url: x, private: true, foreign: expected}}",
			`godog.yml:1: channel "a": private: true says that nobody else is there, and foreign: expected that others' ` +
				`events come by`,
		},
		"private by a profile, and others are there": {
			"channels: {a: {url: x, foreign: expected}}\nprofiles: {ci: {channels: {a: {private: true}}}}",
			`godog.yml:2: profile "ci": channel "a": private: true says that nobody else is there, and foreign: expected that ` +
				`others' events come by`,
		},
		"a link to nowhere":     {`links: {db: {env: DB}}`, `godog.yml:1: link "db": to is missing`},
		"a link of no variable": {`links: {db: {to: "localhost:5432"}}`, `godog.yml:1: link "db": env is missing`},
		"no name of a variable": {`links: {db: {to: "localhost:5432", env: MY-DB}}`,
			`godog.yml:1: link "db": env: "MY-DB" cannot be the name of a variable`},
		"two links of one variable": {`links: {a: {to: "x:1", env: DB}, b: {to: "x:2", env: DB}}`,
			`godog.yml:1: links "a" and "b" have the same env, DB: give each its own`},
		"private is a word": {"channels: {a: {url: x, private: yes please}}",
			`godog.yml:1: channel "a": private must be true or false, got text`},
		"duplicates are refused": {"channels: {a: {url: x, duplicates: refused}}",
			`godog.yml:1: channel "a": duplicates can only be "swallowed"`},
		"file's profile": {"profile: ci", `godog.yml:1: no profile "ci" (there is none at all)`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := parse("godog.yml", []byte(test.yml), "", nil)
			if err == nil || err.Error() != test.want {
				t.Errorf("got\n%v\nwant\n%s", err, test.want)
			}
		})
	}
}

func TestAnswersAppearOnAChannelWithoutURL(t *testing.T) {
	c, err := parse("godog.yml",
		[]byte("channels: {a: {url: x, answers: c}, b: {url: y, answers: c}, c: {description: Answers.}}"), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b"} {
		if got := c.Channels[name].Answers; got != "c" {
			t.Errorf("what %s sends is answered: got on %q, want on c", name, got)
		}
	}
	if got := c.Channels["c"].URL; got != "" {
		t.Errorf("got the address %s of c, want none", got)
	}
}

func TestAProfileThatTheCallerAsksForMustExist(t *testing.T) {
	_, err := Load("testdata/orders.yml", "stagin", nil)
	want := `testdata/orders.yml: no profile "stagin" (did you mean "staging"? have staging, local)`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestManyProblemsAreCounted(t *testing.T) {
	_, err := parse("godog.yml", []byte(strings.Repeat("x: y\n", 1000)), "", nil)
	lines := strings.Split(err.Error(), "\n")
	if want := "godog.yml: 980 more problems"; len(lines) != maxProblems+1 || lines[maxProblems] != want {
		t.Errorf("got %d lines, the last %q, want %d and %q", len(lines), lines[len(lines)-1], maxProblems+1, want)
	}
}

func TestAFileThatIsNotThereIsAnError(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "godog.yml"), "", nil)
	if !os.IsNotExist(err) {
		t.Errorf("got %v, want an error that says so", err)
	}
}

func TestPathsStartFromTheFolderOfTheFile(t *testing.T) {
	c := load(t, "orders.yml", "", nil)
	if got, want := c.Path("a/b.json"), filepath.Join("testdata", "a", "b.json"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := c.Path("/a/b.json"); got != "/a/b.json" {
		t.Errorf("got %s, want an absolute path as it is", got)
	}
}

func TestWhatCouldBeReadOfAFileIsToldWithWhatCouldNot(t *testing.T) {
	for _, test := range []struct {
		name, yml string
		partial   bool
	}{
		{"an unknown key", "park: 10m\nchannels: {a: {url: x, answers: b}, b: {}}\nevents: {c: {channel: a}}", true},
		{"a wrong value", "sla: 5\nchannels: {a: {url: x}}\nevents: {c: {channel: a}}", true},
		{"the events are not found, so that every step would be wrong", "evnts: {c: {channel: a}}", false},
		{"nor in a list", "events: [c]", false},
		{"an alias may stand for anything", "events: &e {c: {}}", false},
		{"no mapping", "[]", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parse("dir/godog.yml", []byte(test.yml), "", nil)
			var invalid *Invalid
			if !errors.As(err, &invalid) {
				t.Fatalf("got %v, want an Invalid", err)
			}
			if got := invalid.Partial != nil; got != test.partial {
				t.Fatalf("got a partial config: %t, want %t", got, test.partial)
			}
			if !test.partial {
				return
			}
			if got := invalid.Partial.Events["c"].Channel; got != "a" {
				t.Errorf("got event c on channel %q, want on a", got)
			}
			if got := invalid.Partial.Dir; got != "dir" {
				t.Errorf("got the folder %q, want dir", got)
			}
		})
	}
	for _, yml := range []string{"\xff", "a: [", ""} {
		_, err := parse("godog.yml", []byte(yml), "", nil)
		if invalid := (*Invalid)(nil); err == nil || errors.As(err, &invalid) {
			t.Errorf("%q: got %T, want an error of a file that cannot be read", yml, err)
		}
	}
}

func TestACorrelationIsAPathOrNoneOrSaysWhatItIsAnIDOf(t *testing.T) {
	for text, want := range map[string]Correlation{
		"orderId": {Path: "orderId"}, "$.none": {Path: "$.none"}, "none": {None: true},
		"{path: id, of: taskId}": {Path: "id", Of: "taskId"},
		"{path: none}":           {Path: "none"}, "header Task-Id": {Path: "header Task-Id"},
	} {
		c, err := parse("godog.yml", []byte("events: {o: {correlation: "+text+"}}"), "",
			func(string) (string, bool) { return "", false })
		if err != nil {
			t.Errorf("%s: got %v, want no error", text, err)
			continue
		}
		if got := c.Events["o"].Correlation; got != want {
			t.Errorf("%s: got %+v, want %+v", text, got, want)
		}
	}
}
