package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// texts returns what is secret, each text once and in the order in which it is hidden.
func texts(secrets []Secret) (all []string) {
	for _, s := range secrets {
		all = append(all, s.Text)
	}
	return slices.Compact(all)
}

func TestNamesSayWhatIsSecret(t *testing.T) {
	for _, name := range []string{
		"GITHUB_TOKEN", "PGPASSWORD", "MY_PASSPHRASE", "CLIENT_SECRET", "APIKEY", "SECRET_SAUCE", "AWS_SECRET_ACCESS_KEY",
		"DB_PWD", "DSN", "APP_DSN",
		"REGISTRY_CREDENTIAL", "GOOGLE_APPLICATION_CREDENTIALS", "key", "api-key", "apiKey", "dbPwd", "token",
	} {
		if !namesSecret(name) {
			t.Errorf("%s: got that it is no secret, want that it is one", name)
		}
	}
	for _, name := range []string{"AUTHOR", "KEY_PREFIX", "MONKEY", "PWD", "OLDPWD", "TOKENS_USED", "CREDENTIALS_FILE",
		"PASSWORD_MIN", "DSNS", "", "_"} {
		if namesSecret(name) {
			t.Errorf("%s: got that it is a secret, want that it is none", name)
		}
	}
}

func TestWhatWasInheritedUnderASecretsNameIsSecret(t *testing.T) {
	c, err := parse("godog.yml", []byte("suite: shipments by rail\nsecret: [LICENCE, PIN, NOT_SET]\n"), "",
		from(map[string]string{"LICENCE": "sh1p", "PIN": "123"}))
	if err != nil {
		t.Fatal(err)
	}
	inherited := []string{
		"GITHUB_TOKEN=ghp_0123456789", "HOME=/srv/somebody", "SHORT_TOKEN=1234567", "QUEUE_KEY=shipments",
		"TOPIC_KEY=rejections", "PWD=/srv/somebody/suite",
		"DATABASE_URL=postgres://app:hunter2%2Bmore@db/x?sslpassword=s3cret-s3cret&sslmode=verify-full",
		"REDIS=redis://:correct-horse@cache,redis://:battery-staple@cache",
		"ODD_URL=postgres://app:not/encoded?#at@all@db/x",
		"NO VALUE", "LICENCE=sh1p", "CERTIFICATE_KEY=-----BEGIN-----\nMIIEvQIBADANBg\nx\n",
	}
	want := []Secret{
		{"CERTIFICATE_KEY", "-----BEGIN-----"}, {"CERTIFICATE_KEY", "MIIEvQIBADANBg"}, {"DATABASE_URL", "hunter2%2Bmore"},
		{"DATABASE_URL", "hunter2+more"}, {"DATABASE_URL", "s3cret-s3cret"},
		{"ODD_URL", "not/encoded?#at"}, {"GITHUB_TOKEN", "ghp_0123456789"}, {"LICENCE", "sh1p"}, {"REDIS", "battery-staple"},
		{"REDIS", "correct-horse"},
	}
	got := c.Secrets(nil, inherited, func(text string) bool { return text == "rejections" })
	for _, s := range want {
		if !slices.Contains(got, s) {
			t.Errorf("got %v, want %v among them", got, s)
		}
	}
	for _, s := range got {
		known := slices.ContainsFunc(want, func(w Secret) bool { return w.Name == s.Name })
		if !known || s.Text == "x" {
			t.Errorf("got %v, want it not to be a secret", s)
		}
	}
	if !slices.IsSortedFunc(got, func(a, b Secret) int { return len(b.Text) - len(a.Text) }) {
		t.Errorf("got %v, want the longest first: else it would be hidden in part", got)
	}
}

func TestSecretsAreHiddenByWhateverNameGodogYmlGivesThem(t *testing.T) {
	c, err := parse("godog.yml", []byte(`
secret: [GREETING]
profiles:
  local:
    system:
      command: [x]
      ready: "log: x"
      env: {DSN: "postgres://u:${PW}@db", MY_PASSPHRASE: "${PHRASE}", DATABASE: "postgres://u:${OTHER}@db", `+
		`GREETING: "${HELLO}", LITERAL_TOKEN: everybody-reads-it}
`), "", from(map[string]string{
		"PW": "hunter2-more", "PHRASE": "open sesame", "OTHER": "pass-more", "HELLO": "good day", "LITERAL": "x",
	}))
	if err != nil {
		t.Fatal(err)
	}
	found := c.Secrets(nil, nil, nil)
	for _, want := range []Secret{{"DSN", "hunter2-more"}, {"DSN", "postgres://u:hunter2-more@db"},
		{"MY_PASSPHRASE", "open sesame"}, {"DATABASE", "pass-more"}, {"GREETING", "good day"}} {
		if !slices.Contains(found, want) {
			t.Errorf("got %v, want %v among them", found, want)
		}
	}
	for _, s := range found {
		if strings.Contains(s.Text, "everybody") {
			t.Errorf("got %v, which stands in godog.yml, want it not to be a secret", s)
		}
	}
}

func TestAProfileSaysWhatItsProcessesInherit(t *testing.T) {
	environ := []string{"PATH=/bin", "TOKEN=t0ken", "HOME=/home"}
	for _, test := range []struct {
		profile string
		want    []string
	}{
		{"{}", environ},
		{"{inherit: [PATH, HOME, NOT_SET]}", []string{"PATH=/bin", "HOME=/home"}},
		{"{inherit: []}", []string{}},
	} {
		c, err := parse("godog.yml", []byte("profiles: {local: "+test.profile+"}\n"), "", from(nil))
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Inherited(environ); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.profile, got, test.want)
		}
	}
	_, err := parse("godog.yml", []byte("secret: [a=b]\nprofiles: {local: {inherit: [\"AWS_*\"]}}\n"), "", from(nil))
	const want = `godog.yml:1: secret: "a=b" cannot be the name of a variable` + "\n" + `godog.yml:2: profile "local": ` +
		`inherit: "AWS_*" cannot be the name of a variable`
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}
