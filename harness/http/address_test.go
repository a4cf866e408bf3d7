package http

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/harnesstest"
)

// bad are addresses that Check must refuse.
var bad = []string{
	"http:///orders",
	"http:orders",
	"http://api/orders?expand=lines",
	"http://api/orders?poll=yes",
	"http://api/orders?poll=true&events=true",
	"http://api/orders?bound=1s",
	"http://api/orders?poll=true&bound=1s",
	"http://api/orders?replay=true",
	"http://api/orders?events=true&bound=1",
	"http://api/orders?events=true&bound=10ms",
	"http://api/orders?largest=0",
	"http://api/orders?largest=many",
	"http://api/orders?within=0s",
	"http://api/orders?within=soon",
	"http://api/orders?events=true&within=1s",
	"http://api/orders?ca=authority.pem",
	"http://api/orders/{id}",
	"http://api/orders/{key}?events=true",
	"http://api/orders#new",
}

func TestBadAddressesAreRefused(t *testing.T) {
	for _, text := range bad {
		if got, err := Transport().Check(parsed(t, text)); err == nil || got != (harness.Traits{}) {
			t.Errorf("%s: got %+v, %v", text, got, err)
		}
	}
	_, err := parse(parsed(t, "http://api/orders?expand=lines"))
	wantError(t, err, `no parameter "expand"`)
	wantError(t, err, "query: {expand: lines}")
}

func TestAnAddressIsTheWholeConfiguration(t *testing.T) {
	a, err := parse(parsed(t, "https://me:secret@api:8443/feed?events=true&bound=2s&replay=true&largest=10&ca=a.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if !a.events || !a.replay || !a.bounded || a.bound != 2*time.Second || a.largest != 10 || a.ca != "a.pem" {
		t.Errorf("got %+v", a)
	}
	if password, _ := a.user.Password(); password != "secret" || a.String() != "https://api:8443/feed" {
		t.Errorf("got the user %s of %s", a.user, a)
	}
}

func TestWhatCanBeExpectedFollowsFromTheAddress(t *testing.T) {
	for _, c := range []struct {
		address string
		want    harness.Traits
	}{
		{"http://api/orders", harness.Traits{Produce: true, Answers: true, Headers: true, ListenReason: notListened}},
		{"http://api/orders?poll=true", harness.Traits{
			Produce: true, Answers: true, Headers: true, Listen: true, State: true, Keyed: true, Exact: true,
		}},
		{"http://api/feed?events=true", harness.Traits{Listen: true, Ordered: true}},
		{"http://api/feed?events=true&replay=true", harness.Traits{Listen: true, Ordered: true, Replay: true}},
	} {
		if got, err := Transport().Check(parsed(t, c.address)); err != nil || got != c.want {
			t.Errorf("%s: got %+v, %v", c.address, got, err)
		}
	}
}

func TestAStreamWithoutABoundIsRemarkedOn(t *testing.T) {
	if got := Transport().Remarks(parsed(t, "http://api/feed?events=true")); len(got) != 1 {
		t.Errorf("got %q, want that silence proves nothing", got)
	}
	for _, address := range []string{"http://api/feed?events=true&bound=1s", "http://api/orders?poll=true"} {
		if got := Transport().Remarks(parsed(t, address)); got != nil {
			t.Errorf("%s: got %q", address, got)
		}
	}
}

func TestTheServerOfAnAddressIsKnown(t *testing.T) {
	for address, want := range map[string]string{
		"http://api/orders": "api:80", "https://api/orders": "api:443", "http://[::1]:8080/orders": "[::1]:8080", "http:///x": "",
	} {
		if got := server(parsed(t, address)); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

func TestAKeyStandsWhereTheAddressSays(t *testing.T) {
	for _, c := range []struct {
		why, address, key string
		query             map[string]string
		want              string
	}{
		{"no key", "http://api/orders", "", nil, "http://api/orders"},
		{"no path", "http://api", "7", nil, "http://api/7"},
		{"at the end", "http://api/orders", "7", nil, "http://api/orders/7"},
		{"at the end behind a slash", "http://api/orders/", "7", nil, "http://api/orders/7"},
		{"in the middle", "http://api/orders/{key}/lines", "7", nil, "http://api/orders/7/lines"},
		{"what must be escaped", "http://api/orders", "a b?c#d%e", nil, "http://api/orders/a%20b%3Fc%23d%25e"},
		{"a slash parts segments", "http://api/orders", "7/cancel", nil, "http://api/orders/7/cancel"},
		{"what is escaped stays", "http://api/a%2Fb/{key}", "7", nil, "http://api/a%2Fb/7"},
		{"in the query", "http://api/orders", "a&b", map[string]string{"id": "{key}", "expand": "lines"},
			"http://api/orders?expand=lines&id=a%26b"},
	} {
		a, err := parse(parsed(t, c.address))
		if err != nil {
			t.Fatal(err)
		}
		got, err := a.at(c.key, c.query)
		if err != nil || got.String() != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.why, got, err, c.want)
		}
	}
	a, err := parse(parsed(t, "http://api/orders/{key}"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.at("", nil)
	wantError(t, err, "the event has no key")
	_, err = a.at("../admin", nil)
	wantError(t, err, "leads to another place")
}

func TestAKeyThatNothingCanHaveIsRefused(t *testing.T) {
	u := parsed(t, "http://api/orders?poll=true")
	for _, key := range []string{"", "..", "a/../b", "."} {
		if Transport().Key(u, key) == nil {
			t.Errorf("%q is taken for a key", key)
		}
	}
	if err := Transport().Key(u, "7/lines"); err != nil {
		t.Error(err)
	}
}

func TestWhatIsSaidBesideAnAddressMakesSense(t *testing.T) {
	token := &harness.OAuth2{URL: "https://idp/token", Client: "c", Secret: "hunter2"}
	for _, c := range []struct {
		address string
		said    harness.Settings
		want    string // "" for no error
	}{
		{"http://api", harness.Settings{Method: "PUT", Headers: map[string]string{"X-Tenant": "a"}}, ""},
		{"http://api", harness.Settings{OAuth2: token}, ""},
		{"http://api", harness.Settings{Headers: map[string]string{"If-None-Match": "*"}}, ""},
		{"http://api?poll=true", harness.Settings{Headers: map[string]string{"if-none-match": "*"}}, "all of a resource is looked at"},
		{"http://api", harness.Settings{Method: "put"}, `"put" is no method`},
		{"http://api", harness.Settings{Method: "P UT"}, "is no method"},
		{"http://api", harness.Settings{Method: "CONNECT"}, "for proxies"},
		{"http://api?events=true", harness.Settings{Method: "PUT"}, "asked for by GET"},
		{"http://api?events=true", harness.Settings{Query: map[string]string{"id": "{key}"}}, "has no key"},
		{"http://api", harness.Settings{Headers: map[string]string{"X Tenant": "a"}}, "is no name of a header"},
		{"http://api", harness.Settings{Headers: map[string]string{"content-length": "1"}}, "about the connection"},
		{"http://api", harness.Settings{Headers: map[string]string{"Authorization": "hunter2\n"}}, "line breaks"},
		{"http://api", harness.Settings{Headers: map[string]string{"Authorization": " hunter2"}}, "spaces at the ends"},
		{"http://me:hunter2@api", harness.Settings{OAuth2: token}, "a user in the address and oauth2 each say who asks"},
		{"http://api", harness.Settings{OAuth2: token, Headers: map[string]string{"authorization": "hunter2"}},
			"oauth2 and the header authorization each say who asks"},
		{"http://api", harness.Settings{OAuth2: &harness.OAuth2{URL: "idp", Client: "c", Secret: "hunter2"}}, "oauth2: url: "},
		{"http://api", harness.Settings{OAuth2: &harness.OAuth2{URL: "https://idp", Secret: "hunter2"}}, "client is missing"},
		{"http://api", harness.Settings{OAuth2: &harness.OAuth2{URL: "https://idp", Client: "c"}}, "secret is missing"},
		{"http://api", harness.Settings{OAuth2: &harness.OAuth2{
			URL: "https://idp", Client: "c", Secret: "hunter2", Params: map[string]string{"grant_type": "password"},
		}}, "written by Harken itself"},
	} {
		err := Transport().Configure(parsed(t, c.address), c.said)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s, %+v: %v", c.address, c.said, err)
			}
			continue
		}
		wantError(t, err, c.want)
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v: it shows a secret", err)
		}
	}
}

// The suite, at an address that is not listened to.
func TestRequestsConform(t *testing.T) {
	s := serve(t)
	harnesstest.Run(t, harnesstest.Subject{
		Transport: Transport(),
		Address: func(t *testing.T) harnesstest.Address {
			return harnesstest.Address{URL: parsed(t, s.URL+"/orders"), Bad: bad}
		},
	})
}

func parsed(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want an error with %q", err, want)
	}
}
