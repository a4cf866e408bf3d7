package config

import (
	"slices"
	"testing"
)

func TestACommandIsExpandedWithWhatTheStepGivesFirst(t *testing.T) {
	c := load(t, "orders.yml", "staging", map[string]string{"STAGE": "s1", "SET": "x"})
	for _, test := range []struct {
		name     string
		values   map[string]string
		run, env []string
		err      string
	}{
		{
			"values and variables", map[string]string{"from": "2026-01-01"},
			[]string{"./replay.sh", "--from", "2026-01-01", "--to=s1/${x}"}, []string{"NATS_URL=nats://nats.s1.example:4222"},
			"",
		},
		{
			"a value goes before a variable", map[string]string{"from": "a b", "STAGE": "s2"},
			[]string{"./replay.sh", "--from", "a b", "--to=s2/${x}"}, []string{"NATS_URL=nats://nats.s1.example:4222"}, "",
		},
		{"a value is not expanded again", map[string]string{"from": "${SET}"},
			[]string{"./replay.sh", "--from", "${SET}", "--to=s1/${x}"}, []string{"NATS_URL=nats://nats.s1.example:4222"}, ""},
		{"a value that is missing", nil, nil, nil, `command "replay": ${from} is not set`},
		{"a slip of the hand", map[string]string{"form": "x"}, nil, nil,
			`command "replay": ${from} is not set (did you mean the value "form"?)`},
	} {
		t.Run(test.name, func(t *testing.T) {
			run, env, err := c.ExpandCommand(c.Commands["replay"], test.values, nil)
			if got := message(err); got != test.err {
				t.Errorf("got error %q, want %q", got, test.err)
			}
			if !slices.Equal(run, test.run) {
				t.Errorf("got command %q, want %q", run, test.run)
			}
			if !slices.Equal(env, test.env) {
				t.Errorf("got environment %q, want %q", env, test.env)
			}
		})
	}
}

func TestACommandKnowsTheNamesInIt(t *testing.T) {
	c := load(t, "orders.yml", "", nil)
	got, err := c.Commands["replay"].Names()
	if want := []string{"NATS", "STAGE", "from"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	const want = "${new id} is not the name of a variable"
	if _, err := (Command{Run: []string{"a", "${new id}"}}).Names(); message(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestSecretsAreWhatVariablesWithSuchNamesHoldInACommand(t *testing.T) {
	env := map[string]string{"DLQ_TOKEN": "t0ken/1", "STAGE": "staging", "SIGNING": "s1gned", "PIN_KEY": "123"}
	c, err := parse("godog.yml", []byte(`
commands:
  redrive:
    run: [redrive, --token, "${DLQ_TOKEN}", "${STAGE}", "${from}", "${PIN_KEY}"]
    env: {API_SECRET: "key ${SIGNING}", REGION: "${STAGE}", OTHER_TOKEN: "${MISSING}"}
`), "", from(env))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"key%20s1gned", "key s1gned", "key+s1gned", "t0ken%2F1", "t0ken%2f1", `t0ken\/1`, "t0ken/1"}
	if got := texts(c.Secrets(nil, nil, nil)); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
