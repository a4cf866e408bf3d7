package config

import (
	"reflect"
	"strings"
	"testing"
)

func suite(t *testing.T, url string, env map[string]string) *Config {
	t.Helper()
	c, err := parse("godog.yml", []byte("channels: {orders: {url: '"+url+"'}}"), "", from(env))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestExpandFillsVariablesIn(t *testing.T) {
	c := load(t, "orders.yml", "staging", map[string]string{"STAGE": "s1", "HOST": "h", "EMPTY": "", "GREEN": "x"})
	embedded := from(map[string]string{"KAFKA": "k:1", "HOST": "embedded"})
	tests := map[string]struct{ raw, want, err string }{
		"no variable":      {"nats://h/x", "nats://h/x", ""},
		"nothing":          {"", "", ""},
		"what is embedded": {"${KAFKA}", "k:1", ""},
		"what is embedded goes before the process":     {"<${HOST}>", "<embedded>", ""},
		"the profile's env, which takes the process's": {"nats://${NATS}/x", "nats://nats.s1.example:4222/x", ""},
		"two":                {"${STAGE}${STAGE}", "s1s1", ""},
		"escaped":            {"$${STAGE} ${STAGE}", "${STAGE} s1", ""},
		"a lone dollar":      {"$STAGE $", "$STAGE $", ""},
		"unset":              {"${MISSING}", "", "${MISSING} is not set"},
		"empty":              {"${EMPTY}", "", "${EMPTY} is not set"},
		"slip of the hand":   {"${NATZ}", "", "${NATZ} is not set (did you mean ${NATS}?)"},
		"near what is known": {"${KAFAK}", "", "${KAFAK} is not set (did you mean ${KAFKA}?)"},
		"near what is not set": {
			"${GREENS}", "", "${GREENS} is not set",
		},
		"no end":  {"x${NATS", "", `"x${NATS": a ${ has no }`},
		"no name": {"${}", "", "${} is not the name of a variable"},
		"words":   {"${new id}", "", "${new id} is not the name of a variable"},
		"digits":  {"${1A}", "", "${1A} is not the name of a variable"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := c.Expand(test.raw, embedded, "KAFKA", "GREENER")
			if message(err) != test.err || got != test.want {
				t.Errorf("got  %q, %v\nwant %q, %s", got, err, test.want, test.err)
			}
		})
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestAProfilesVariablesCannotGoRoundInCircles(t *testing.T) {
	c, err := parse("godog.yml", []byte("profiles: {local: {env: {A: '${B}', B: '${A}'}}}"), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Expand("${A}", nil)
	if want := "${A}: ${B} is not set"; message(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestChannelURLParsesWhatWasFilledIn(t *testing.T) {
	c := suite(t, "nats://${NATS}/orders.placed?x=${X}", map[string]string{"NATS": "u:p@h:4222", "X": "a%26b"})
	u, err := c.ChannelURL("orders", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := u.String(), "nats://u:p@h:4222/orders.placed?x=a%26b"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestChannelURLNeverShowsWhatAVariableHolds(t *testing.T) {
	env := map[string]string{
		"BAD": "s3cret host", "PORT": "s3cret", "SLASH": "s3/cret", "AND": "s3&cret", "PLUS": "s3+cret", "WORD": "s3cret",
		"QUEUE": "arn:aws:sqs:eu-west-1:123456789012:s3cret",
	}
	tests := map[string]struct{ url, err string }{
		"host": {"nats://${BAD}/x", "channel \"orders\": nats://${BAD}/x: not a URL once its variables are filled in"},
		"port": {"nats://h:${PORT}/x", "channel \"orders\": nats://h:${PORT}/x: not a URL once its variables are filled in"},
		"password": {
			"nats://u:${SLASH}@h/x",
			"channel \"orders\": nats://u:${SLASH}@h/x: ${SLASH} holds a '/', which must be percent-encoded there",
		},
		"parameter": {
			"nats://h/x?token=${AND}",
			"channel \"orders\": nats://h/x?token=${AND}: ${AND} holds a '&', which must be percent-encoded there",
		},
		"plus in a parameter": {
			"nats://h/x?token=${PLUS}",
			"channel \"orders\": nats://h/x?token=${PLUS}: ${PLUS} holds a '+', which must be percent-encoded there",
		},
		"no scheme": {"${WORD}", "channel \"orders\": ${WORD}: not a URL: it has no scheme, such as nats://"},
		"nothing filled in": {
			"nats://h:port/x", "channel \"orders\": nats://h:port/x: invalid port \":port\" after host",
		},
		"an ARN": {
			"sqs://arn:aws:sqs:eu-west-1:123456789012:orders",
			"channel \"orders\": sqs://arn:aws:sqs:eu-west-1:123456789012:orders: an ARN stands where a name is wanted: write " +
				"what it ends in, and region= where that is elsewhere",
		},
		"an ARN in a variable": {
			"sqs://${QUEUE}", "channel \"orders\": sqs://${QUEUE}: an ARN stands where a name is wanted: write what it ends " +
				"in, and region= where that is elsewhere",
		},
		"unset": {"nats://${NATS}/x", "channel \"orders\": ${NATS} is not set"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := suite(t, test.url, env).ChannelURL("orders", nil)
			if message(err) != test.err {
				t.Errorf("got  %v\nwant %s", err, test.err)
			}
		})
	}
}

func TestChannelURLKnowsItsChannels(t *testing.T) {
	_, err := suite(t, "nats://h/x", nil).ChannelURL("order", nil)
	if want := `no channel "order" (did you mean "orders"? have orders)`; message(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestSecretsAreWhatVariablesPutWhereSecretsStand(t *testing.T) {
	env := map[string]string{"TOKEN": "t0ken", "HOST": "u:inside@h", "NAME": "somebody", "PIN": "123"}
	tests := map[string]struct {
		url  string
		want []string
	}{
		"a password":                  {"nats://${NAME}:${TOKEN}@h/x", []string{"t0ken"}},
		"a user without a password":   {"nats://${TOKEN}@h/x", []string{"t0ken"}},
		"a part of a longer value":    {"nats://${HOST}/x", []string{"inside"}},
		"a parameter":                 {"nats://h/x?api_Key=${TOKEN}&name=${NAME}", []string{"t0ken"}},
		"an address in a parameter":   {"dynamodb://t/p?canary=nats://u:${TOKEN}@h/x", []string{"t0ken"}},
		"what is written in the file": {"nats://guest:guest@h/x?key=orderId", nil},
		"what is too short":           {"nats://u:${PIN}@h/x", nil},
		"what cannot be filled in":    {"nats://u:${PIN}@${MISSING}/x", nil},
		"what a URL cannot hold as it is": {"nats://h/x?secret=${NAME}%20x",
			[]string{"somebody%20x", "somebody x", "somebody+x"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := texts(suite(t, test.url, env).Secrets(nil, nil, nil)); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestSecretsOfAProfileAreThoseOfItsVariablesAndOfWhatItRecords(t *testing.T) {
	env := map[string]string{
		"DB_PASSWORD": "pa\"ss<", "NATS_USER": "recorder", "TOKEN": "t0ken", "STAGE": "staging", "SIGNING": "s1gned",
		"AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG", "AWS_SESSION_TOKEN": "IQoJb3JpZ2luX2VjEXAMPLE",
		"AWS_ACCESS_KEY_ID": "local",
	}
	c, err := parse("godog.yml", []byte(`
channels: {shipments: {url: "dynamodb://captures/shipments"}}
profiles:
  local:
    embedded: [nats, recorder]
    env: {API_KEY: "${SIGNING}", REGION: "${STAGE}", URL: "postgres://u:${DB_PASSWORD}@h", FIXED_TOKEN: written}
    recorder: {shipments: "nats://${NATS_USER}:${TOKEN}@h/x"}
    system: {command: [x], ready: "log: x", env: {PW: "${DB_PASSWORD}", MISSING_TOKEN: "${MISSING}"}}
`), "", from(env))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"IQoJb3JpZ2luX2VjEXAMPLE", "wJalrXUtnFEMI%2FK7MDENG", "wJalrXUtnFEMI%2fK7MDENG", `wJalrXUtnFEMI\/K7MDENG`,
		"wJalrXUtnFEMI/K7MDENG", `pa\"ss\u003c`, "pa%22ss%3C", "pa%22ss%3c", `pa\"ss<`, `pa"ss<`, "s1gned", "t0ken",
	}
	if got := texts(c.Secrets(nil, nil, nil)); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// What stands for a link is where the system finds it, and nothing that Harken itself goes by.
func TestTheAddressOfALinkIsTheSystemsAlone(t *testing.T) {
	c, err := parse("godog.yml", []byte("links: {store: {to: \"${HOST}:5432\", env: STORE}}\nprofiles: {local: {env: {A: \"${STORE}\"}}}"), "",
		from(map[string]string{"STORE": "elsewhere:1", "HOST": "db"}))
	if err != nil {
		t.Fatal(err)
	}
	const want = "${STORE} is where the system finds the link \"store\": that address is the system's alone"
	for raw, says := range map[string]string{"nats://${STORE}/x": want, "nats://${A}/x": "${A}: " + want} {
		if got, err := c.Expand(raw, nil); err == nil || !strings.HasPrefix(err.Error(), says) {
			t.Errorf("%s: got %q, %v, want %s", raw, got, err, says)
		}
	}
	told := func(string) (string, bool) { return "127.0.0.1:1", true }
	if got, err := c.Expand("nats://${STORE}/x", told); err != nil || got != "nats://127.0.0.1:1/x" {
		t.Errorf("the system: got %q, %v", got, err)
	}
	if got, err := c.LinkTo(c.Links["store"], nil); err != nil || got != "db:5432" {
		t.Errorf("the server is at %q, %v", got, err)
	}
}
