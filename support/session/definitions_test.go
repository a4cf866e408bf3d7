package session

import (
	"slices"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/support/config"
	"github.com/harken-bdd/harken/support/definitions"
)

func TestCheckGoesOnBehindAWrongGodogYML(t *testing.T) {
	yml := strings.Replace(ordersYML, "sla: 100ms", "park: 10m\nsla: 100", 1)
	yml = strings.Replace(yml, `rejections: {url: "memory://rejections"}`,
		"rejections: {}\n  answers:    {ulr: \"memory://answers\"}", 1)
	b := lay(t, yml, map[string]string{"features/a.feature": `Feature: A
  Scenario: s
    When an "order plced" event is produced
    Then an "order shipped" event appears on "answers"
    And an "order rejected" event arrives
` + used})
	want := `features/a.feature:3: no event "order plced" (did you mean "order placed"? have order placed, order rejected, order shipped)
features/a.feature:5: undefined step: an "order rejected" event arrives
  did you mean: an "X" event appears [on "channel"] [for "label"] [within 5s] [as "label"] [with:]
godog.yml:3: unknown key "park" (have audit, channels, commands, events, features, links, parallel, profile, profiles, redact, secret, sla, subsystems, suite, tags)
godog.yml:4: sla: "100" is not a length of time: it has no unit (did you mean 100s?)
godog.yml:9: channel "rejections" has no url
godog.yml:10: channel "answers": unknown key "ulr" (did you mean "url"?)`
	if got := b.found(t); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	b.run(t, ExitUsage)
	if got := b.err.String(); strings.Contains(got, "a.feature") {
		t.Errorf("a run does not look at features where godog.yml is wrong: %s", got)
	}
}

func TestWhereTheEventsCannotBeReadTheFeaturesAreNotBlamed(t *testing.T) {
	b := lay(t, strings.Replace(ordersYML, "events:", "evnts:", 1),
		map[string]string{"features/a.feature": "Feature: A\n" + used})
	if got, want := b.found(t), `godog.yml:11: unknown key "evnts" (did you mean "events"?)`; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestASchemaIsReadWithItsEvent(t *testing.T) {
	valued := strings.Replace(used, "When", "Given these values:\n      | customer | C-1 |\n    When", 1)
	for _, c := range []struct{ name, event, schema, template, want string }{
		{"what is right", "schema: s.json, template: t.json", `{"type": "object", "required": ["id"]}`, `{"id": "${id}"}`, ""},
		{"no file", "schema: none.json", "", "", `godog.yml:12: event "order placed": schema none.json: no such file or directory`},
		{"no JSON", "schema: s.json", "{", "", `godog.yml:12: event "order placed": schema s.json: not JSON: unexpected EOF`},
		{
			"no schema", "schema: s.json", `{"type": "objekt"}`, "",
			`godog.yml:12: event "order placed": schema s.json: s.json is no JSON Schema: type: anyOf: want one of 2 alternatives (number 1 is nearest), got "objekt"`,
		},
		{
			"a template that breaks it", "schema: s.json, template: t.json", `{"required": ["orderId"]}`, `{"id": "${id}"}`,
			`godog.yml:12: event "order placed": the template breaks the schema: orderId: required: want something, got (absent)`,
		},
		{
			"values are of their kinds", "schema: s.json, template: t.json",
			`{"properties": {"id": {"format": "uuid"}, "n": {"type": "integer"}, "at": {"format": "date-time"}}}`,
			`{"id": "${new id}", "n": ${new number}, "at": "${now - 2h}"}`, "",
		},
		{
			"what only a scenario knows is left alone", "schema: s.json, template: t.json",
			`{"properties": {"a": {"maxLength": 2}}, "required": ["b"]}`,
			`{"a": "${customer}"}`,
			`godog.yml:12: event "order placed": the template breaks the schema: b: required: want something, got (absent)`,
		},
		{"what tells the event counts", "schema: s.json, template: t.json, is: {kind: placed}", `{"required": ["kind"]}`, `{"id": "${id}"}`, ""},
		{
			"the schema is of the whole body", "schema: s.json, template: t.json, fields: $.data", `{"required": ["id"]}`,
			`{"data": {"id": "${id}"}}`,
			`godog.yml:12: event "order placed": the template breaks the schema: id: required: want something, got (absent)`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			yml := strings.Replace(ordersYML, "order placed:   {channel: orders}",
				"order placed:   {channel: orders, "+c.event+"}", 1)
			files := map[string]string{"features/a.feature": "Feature: A\n" + valued, "s.json": c.schema, "t.json": c.template}
			if got, _, _ := strings.Cut(lay(t, yml, files).found(t), "\n"); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestACommandHasTheEnvironmentOfTheSystem(t *testing.T) {
	b := lay(t, ordersYML+`commands:
  replay: {run: [./replay.sh, "${from}", "${BROKER}"], dir: ops, env: {TO: "${STAGE}", MODE: fast}, within: 3s}
  broken: {run: [x, "${new id}"]}
profiles: {local: {env: {STAGE: "local-${BROKER}"}}}
`, nil)
	c, err := config.Load(b.Config, "", b.Environ)
	if err != nil {
		t.Fatal(err)
	}
	d, problems := definitions.Read(c, b.Transports, &definitions.Environment{Values: map[string]string{"BROKER": "h:1"}})
	if len(problems) != 1 || !strings.HasSuffix(problems[0].String(), `godog.yml:17: command "broken": ${new id} is not the name of a variable`) {
		t.Errorf("got the problems %v", problems)
	}
	replay := d.Commands["replay"]
	if replay.Within.String() != "3s" || !slices.Equal(replay.Names, []string{"BROKER", "STAGE", "from"}) {
		t.Errorf("got %+v", replay)
	}
	run, env, err := replay.Expand(map[string]string{"from": "noon"})
	if err != nil || !slices.Equal(run, []string{"./replay.sh", "noon", "h:1"}) {
		t.Errorf("got %q, %v", run, err)
	}
	if want := []string{"BROKER=h:1", "STAGE=local-h:1", "MODE=fast", "TO=local-h:1"}; !slices.Equal(env[max(0, len(env)-4):], want) {
		t.Errorf("got %q, want it to end with %q", env, want)
	}
	if _, _, err = replay.Expand(nil); err == nil || err.Error() != `command "replay": ${from} is not set` {
		t.Errorf("got %v", err)
	}
}
