package pages_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/transports"
)

// placeholders are what stands in addresses for something that an address must have in its right form.
var placeholders = strings.NewReplacer("host:port", "host:4222", "canary=URL", "canary=nats://host/canaries")

// known finds what a transport says of the parameters that an address may have.
var known = regexp.MustCompile(`\bhave ([^)]*)\)`)

// nowhere is a parameter that no transport has.
const nowhere = "x-unknown"

// parameters returns those that a transport takes at an address.
func parameters(t *testing.T, transport harness.Transport, address string) []string {
	t.Helper()
	joint := "?"
	if strings.Contains(address, "?") {
		joint = "&"
	}
	u, err := url.Parse(address + joint + nowhere + "=1")
	if err != nil {
		t.Fatal(err)
	}
	_, err = transport.Check(u)
	if err == nil {
		t.Fatalf("%s: it is taken, want an error about %s", u, nowhere)
	}
	m := known.FindStringSubmatch(err.Error())
	if m == nil {
		t.Fatalf("%s: got %v, want an error that says which parameters there are", u, err)
	}
	return strings.Split(m[1], ", ")
}

// addresses returns the addresses of a scheme that a section shows in code.
func addresses(section, scheme string) (all []string) {
	for _, span := range codeSpan.FindAllString(section, -1) {
		if address := placeholders.Replace(strings.Trim(span, "`")); strings.HasPrefix(address, scheme+"://") {
			all = append(all, address)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func TestEveryTransportHasItsSection(t *testing.T) {
	channels := open(t, "docs/channels.md")
	all := transports.All()
	for _, transport := range all {
		section := channels.Section("## " + transport.Scheme)
		if !strings.Contains(section, "`"+transport.Example+"`") {
			t.Errorf("docs/channels.md, %s: it does not show the example %s", transport.Scheme, transport.Example)
		}
		for _, address := range addresses(section, transport.Scheme) {
			u, err := url.Parse(address)
			if err != nil {
				t.Errorf("docs/channels.md: %v", err)
				continue
			}
			if _, err := all.Check(u); err != nil {
				t.Errorf("docs/channels.md shows %s: %v", address, err)
				continue
			}
			for _, parameter := range parameters(t, transport, address) {
				if !strings.Contains(section, "`"+parameter+"=") {
					t.Errorf("docs/channels.md, %s: it does not name the parameter %s", transport.Scheme, parameter)
				}
			}
		}
		for _, part := range []string{"**What is proved.**", "**Permissions.**", "**Traps.**"} {
			if !strings.Contains(section, part) {
				t.Errorf("docs/channels.md, %s: it has no part %s", transport.Scheme, part)
			}
		}
		tried(t, transport, section)
	}
}

// tried looks whether the actions that a transport asks for are named in its section.
func tried(t *testing.T, transport harness.Transport, section string) {
	t.Helper()
	if transport.Permissions == nil {
		return
	}
	for _, address := range addresses(section, transport.Scheme) {
		u, err := url.Parse(address)
		if err != nil {
			continue
		}
		for _, p := range transport.Permissions(u) {
			service, _, _ := strings.Cut(p.Action, ":")
			if strings.Contains(p.Resource, account.NamePrefix) { // the run's own, which the page says once
				continue
			}
			if service == serviceOf[transport.Scheme] && !strings.Contains(section, "`"+p.Action+"`") {
				t.Errorf("docs/channels.md, %s: it does not name the permission %s", transport.Scheme, p.Action)
			}
		}
	}
}

// serviceOf is what IAM calls the service of a scheme.
var serviceOf = map[string]string{
	"dynamodb": "dynamodb", "eventbridge": "events", "sns": "sns", "sqs": "sqs", "kinesis": "kinesis", "s3": "s3",
	"lambda": "lambda", "stepfunctions": "states",
}
