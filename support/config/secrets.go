// What is secret: by the names of variables, and by where their values stand in an address.

package config

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// How many bytes a secret has at least that is hidden wherever it stands: a shorter one protects nothing, and without
// it a report would be unreadable.
const (
	shortestDeclared  = 4  // of what godog.yml uses
	shortestInherited = 8  // of what a process is given unasked
	shortestKey       = 16 // of AWS's key ids: shorter ones are a stand-in's
)

// Secret is a text that no output may show.
type Secret struct {
	Name string // of the variable that it is the value of, or a part of it
	Text string
}

// Secrets returns what no output may show, longest first, and each of them also percent-encoded and as JSON writes it:
//   - what variables put into an address as a password, as a user without one, or as a parameter with a secret's name;
//   - what variables put into the headers of requests, into a parameter of them with a secret's name, or as the
//     secret of a client;
//   - the values of variables with a secret's name, and passwords in the URLs that other variables hold, which
//     commands, the system under test and the profile are given, or which stand in inherited: an environment as
//     os.Environ returns it;
//   - the values of the variables that the file calls secret;
//   - AWS's keys in the environment.
//
// Left out is what has fewer than 4 bytes, or 8 where it was inherited, what stands in godog.yml, and what was
// inherited and said, as far as the file does not call it secret. Addresses that cannot be filled in have none.
func (c *Config) Secrets(lookup Lookup, inherited []string, said func(string) bool) []Secret {
	f := &finder{Config: c, lookup: lookup, said: said}
	for _, address := range c.addresses() {
		f.address(address)
	}
	for _, channel := range c.Channels {
		f.requests(channel.Request)
	}
	for _, cmd := range c.Commands {
		for _, argument := range cmd.Run {
			f.variable("", argument)
		}
		f.variables(cmd.Env)
	}
	f.variables(c.Profile.Env)
	if c.Profile.System != nil {
		for _, argument := range c.Profile.System.Command {
			f.variable("", argument)
		}
		f.variables(c.Profile.System.Env)
	}
	for _, name := range c.Secret {
		f.add(name, f.valueOf(name), shortestDeclared)
	}
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		f.add(name, get(c.environ, name), shortestKey)
	}
	for _, variable := range inherited {
		if name, value, ok := strings.Cut(variable, "="); ok {
			f.value(name, value, shortestInherited)
		}
	}
	slices.SortFunc(f.found, func(a, b Secret) int {
		return cmp.Or(cmp.Compare(len(b.Text), len(a.Text)), cmp.Compare(a.Text, b.Text), cmp.Compare(a.Name, b.Name))
	})
	return slices.Compact(f.found)
}

// Inherited returns what the processes that Harken starts get of an environment such as os.Environ returns.
func (c *Config) Inherited(environ []string) []string {
	if c.Profile.Inherit == nil {
		return environ
	}
	return slices.DeleteFunc(slices.Clone(environ), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return !slices.Contains(c.Profile.Inherit, name)
	})
}

// finder collects secrets.
type finder struct {
	*Config
	lookup Lookup
	said   func(string) bool // nil: nothing
	found  []Secret
}

// add takes in a secret in all its forms, and each line of one that has several: a log shows them one by one.
func (f *finder) add(name, text string, shortest int) {
	texts := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
	for _, s := range append(texts, text) {
		if len(s) < shortest || f.public(name, s, shortest == shortestInherited) {
			continue
		}
		for _, form := range append(Spellings(s), s) {
			f.found = append(f.found, Secret{name, form})
		}
	}
}

// public holds for what everybody can read who has the suite. A feature that says what godog.yml uses as a password
// gives it away by mistake; one that says what something inherited has for its value more probably says a word.
func (f *finder) public(name, text string, inherited bool) bool {
	if slices.Contains(f.Secret, name) {
		return false
	}
	return strings.Contains(f.source, text) || inherited && f.said != nil && f.said(text)
}

// address takes in what variables put into an address.
func (f *finder) address(raw string) {
	u, err := f.Config.address(raw, f.lookup, nil)
	if err != nil {
		return
	}
	for _, s := range secretsOf(u) {
		f.add(f.origin(raw, s), s, shortestDeclared)
	}
}

// origin returns the variable in a text that has put a secret there, or the last of those that have together.
func (f *finder) origin(raw, secret string) (name string) {
	parts, _ := split(raw) // one that cannot be split is told of where it is used
	for _, p := range parts {
		if !p.variable {
			continue
		}
		name = p.text
		if v := f.valueOf(name); v != "" && (strings.Contains(v, secret) || strings.Contains(secret, v)) {
			break
		}
	}
	return name
}

func (f *finder) variables(env map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(env)) {
		f.variable(name, env[name])
	}
}

// variable takes in the secrets of a variable that godog.yml sets, and of those in it.
func (f *finder) variable(name, text string) {
	if s, err := f.Expand(text, f.lookup); err == nil {
		f.value(name, s, shortestDeclared)
	}
	parts, _ := split(text)
	for _, p := range parts {
		if p.variable {
			f.value(p.text, f.valueOf(p.text), shortestDeclared)
		}
	}
}

// value takes in the value of a variable, where its name says that it is secret, and else the passwords in it.
func (f *finder) value(name, value string, shortest int) {
	if namesSecret(name) || slices.Contains(f.Secret, name) {
		f.add(name, value, shortest)
	}
	for _, s := range passwordsIn(value) {
		f.add(name, s, shortest)
	}
}

// valueOf returns the value of a variable, "" where it has none.
func (f *finder) valueOf(variable string) string {
	v, _ := f.Config.value(variable, f.lookup, nil) // one that is not set is told of where it is used
	return v
}

// Spellings returns how else a text may be written: percent-encoded by several languages' rules, and in a string of
// JSON as Go, PHP, Gson and Python write it. It may be among them.
func Spellings(text string) []string {
	var all []string
	query := url.QueryEscape(text)
	inURLs := []string{
		query, url.PathEscape(text), strings.ReplaceAll(query, "+", "%20"), componentEscapes.Replace(query),
	}
	for _, s := range inURLs {
		all = append(all, s, percentEscape.ReplaceAllStringFunc(s, strings.ToLower))
	}
	plain := quoted(text, false)
	all = append(all, plain, quoted(text, true), inASCII(plain), gsonEscapes.Replace(plain),
		strings.ReplaceAll(plain, "/", `\/`), strings.ReplaceAll(inASCII(plain), "/", `\/`))
	slices.Sort(all)
	return slices.Compact(all)
}

var (
	percentEscape = regexp.MustCompile(`%[0-9A-F]{2}`)
	// componentEscapes leaves what JavaScript does.
	componentEscapes = strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*")
	gsonEscapes      = strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`, "=", `\u003d`, "'", `\u0027`)
)

// inASCII returns what stands in a string of JSON with all other characters escaped.
func inASCII(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < utf8.RuneSelf {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

// quoted returns a text as it stands in a string of JSON.
func quoted(s string, escapeHTML bool) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(escapeHTML)
	if err := e.Encode(s); err != nil {
		panic(err) // a string is always JSON
	}
	return strings.TrimSuffix(strings.TrimPrefix(b.String(), `"`), "\"\n")
}

func secretsOf(u *url.URL) []string {
	var secrets []string
	if password, ok := u.User.Password(); ok {
		secrets = append(secrets, password)
	} else if u.User != nil {
		secrets = append(secrets, u.User.Username())
	}
	for key, values := range u.Query() {
		for _, v := range values {
			// A parameter may be an address itself, such as that of a canary.
			if inner, err := url.Parse(v); err == nil && inner.Host != "" {
				secrets = append(secrets, secretsOf(inner)...)
			}
		}
		if secretParameter(key) {
			secrets = append(secrets, values...)
		}
	}
	return secrets
}

// secretParameter says whether a parameter of that name holds a secret.
func secretParameter(name string) bool {
	return namesSecret(name) || strings.HasSuffix(strings.ToLower(name), "key")
}

var (
	urlPassword = regexp.MustCompile(`://[^/?#\s:@"']*:([^/?#\s"']+)@`)
	// oddPassword has what has to be percent-encoded, and often is not.
	oddPassword  = regexp.MustCompile(`://[^/?#\s:@"']*:([^\s"'@]+)@`)
	urlParameter = regexp.MustCompile(`[?&;]([A-Za-z0-9_.-]+)=([^&;#\s"']+)`)
)

// passwordsIn returns the passwords in the URLs that a text holds, as they stand there and decoded. Of a user without a
// password it cannot be known whether the name is a secret; in an address of godog.yml it is taken for one.
func passwordsIn(text string) (found []string) {
	if !strings.Contains(text, "://") {
		return nil
	}
	add := func(s string) {
		found = append(found, s)
		if plain, err := url.PathUnescape(s); err == nil && plain != s {
			found = append(found, plain)
		}
	}
	for _, password := range []*regexp.Regexp{urlPassword, oddPassword} {
		for _, m := range password.FindAllStringSubmatch(text, -1) {
			add(m[1])
		}
	}
	for _, m := range urlParameter.FindAllStringSubmatch(text, -1) {
		if namesSecret(m[1]) {
			add(m[2])
		}
	}
	return found
}

// namesSecret says whether what has the name is a secret: whether it ends in password, passphrase, secret, token or
// apikey, begins with secret, or has key, pwd, dsn, credential or credentials for its last word. PWD is the working
// directory.
func namesSecret(name string) bool {
	if name == "PWD" {
		return false
	}
	lower := strings.ToLower(name)
	ends := func(ending string) bool { return strings.HasSuffix(lower, ending) }
	return strings.HasPrefix(lower, "secret") ||
		slices.ContainsFunc([]string{"password", "passphrase", "secret", "token", "apikey"}, ends) ||
		slices.Contains([]string{"key", "pwd", "dsn", "credential", "credentials"}, lastWord(name))
}

// lastWord returns the last word of a name such as API_KEY, api-key or apiKey, in lower case.
func lastWord(name string) string {
	runes := []rune(name)
	at := len(runes)
	for at > 0 && (unicode.IsLetter(runes[at-1]) || unicode.IsDigit(runes[at-1])) {
		at--
		if at > 0 && unicode.IsUpper(runes[at]) && unicode.IsLower(runes[at-1]) {
			break
		}
	}
	return strings.ToLower(string(runes[at:]))
}
