package eventbridge

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
)

func parsed(t *testing.T, text string) (address, error) {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return parse(u)
}

func TestAnAddressSaysWhatItsRuleLetsThrough(t *testing.T) {
	for text, want := range map[string]string{
		"eventbridge://default": `{"$or":[{"source":[{"prefix":""}]},{"source":["c"]}]}`,
		"eventbridge://orders?source=acme.orders&detail-type=Order+Placed": `{"$or":[{"detail-type":["Order Placed"],"source":["acme.orders"]},{"source":["c"]}]}`,
		"eventbridge://orders?source=aws.s3&pattern=" +
			url.QueryEscape(`{"detail":{"bucket":{"name":["exports"]}}}`): `{"$or":[{"detail":{"bucket":{"name":["exports"]}},"source":["aws.s3"]},{"source":["c"]}]}`,
	} {
		a, err := parsed(t, text)
		if err != nil {
			t.Error(err)
			continue
		}
		if got, err := a.rulePattern("c"); err != nil || got != want {
			t.Errorf("%s: got %s, %v\nwant %s", text, got, err, want)
		}
	}
}

func TestAnAddressThatMakesNoSenseIsRefusedWithTheReason(t *testing.T) {
	for text, want := range map[string]string{
		"eventbridge:///orders":                              "no bus: want eventbridge://BUS",
		"eventbridge:arn:aws:events:eu-west-1:1:event-bus/o": "an ARN stands where the name of a bus is wanted",
		"eventbridge://orders/placed":                        "/placed: an address of a bus ends with its name",
		"eventbridge://or,ders":                              `"or,ders" is no name of a bus`,
		"eventbridge://orders?detailtype=x":                  `no parameter "detailtype" (did you mean "detail-type"?`,
		"eventbridge://orders?bound=2":                       "bound: ",
		"eventbridge://orders?pattern=[]":                    `pattern: want a JSON object such as {"detail":`,
		"eventbridge://orders?pattern={}":                    `pattern: want a JSON object such as {"detail":`,
		`eventbridge://o?source=a&pattern={"source":["b"]}`:  "pattern: it says source, and the parameter source does",
		`eventbridge://o?pattern={"source":["` + long +
			`"]}`: "pattern: its rule has 2119 characters, and EventBridge takes 2048",
	} {
		if _, err := parsed(t, text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.60s: got %v, want %s", text, err, want)
		}
	}
}

var long = strings.Repeat("x", 2000)

func TestWhatCanBeExpectedOfABus(t *testing.T) {
	for text, produce := range map[string]bool{"eventbridge://default": true,
		"eventbridge://default?source=aws.s3": false} {
		a, err := parsed(t, text)
		if want := (harness.Traits{Produce: produce, Listen: true, Stamped: true}); err != nil ||
			a.Traits() != want {
			t.Errorf("%s: got %+v, %v", text, a.Traits(), err)
		}
	}
	if a, err := parsed(t, "eventbridge://default?bound=500ms"); err != nil || a.bound != 500*time.Millisecond {
		t.Errorf("got %v, %v", a.bound, err)
	}
}

func TestThePermissionsAreOfTheBusAndOfWhatIsMadeForTheRun(t *testing.T) {
	for text, want := range map[string][]string{
		"eventbridge://default": {"events:PutEvents arn:${Partition}:events:${Region}:${Account}:event-bus/default",
			"events:PutRule arn:${Partition}:events:${Region}:${Account}:rule/harken-*"},
		"eventbridge://orders": {"events:PutEvents arn:${Partition}:events:${Region}:${Account}:event-bus/orders",
			"events:PutRule arn:${Partition}:events:${Region}:${Account}:rule/orders/harken-*",
			"sqs:ReceiveMessage arn:${Partition}:sqs:${Region}:${Account}:harken-*"},
	} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range Transport().Permissions(u) {
			got = append(got, p.Action+" "+p.Resource)
		}
		for _, p := range want {
			if !slices.Contains(got, p) {
				t.Errorf("%s: %s is not among %q", text, p, got)
			}
		}
	}
}

func TestAPatternThatComparesNumbersIsRemarkedOn(t *testing.T) {
	for pattern, want := range map[string]string{
		`{"detail":{"at":[{"numeric":[">",1772366400000000000]}]}}`:               `leave "numeric" out of the pattern`,
		`{"detail":{"at":[{"numeric":[">",5]}]}}`:                                 `leave "numeric" out of the pattern`,
		`{"detail":{"$or":[{"a":[1]},{"at":[{"numeric":["=",5]}]}]}}`:             `leave "numeric" out of the pattern`,
		`{"detail":{"id":[9007199254740993]}}`:                                    "leave 9007199254740993 out of the pattern",
		`{"detail":{"id":[{"anything-but":[9007199254740993]}]}}`:                 "leave 9007199254740993 out of the pattern",
		`{"detail":{"id":[9007199254740992,0.1,1e2]}}`:                            "",
		`{"detail":{"status":["SHIPPED"],"numeric":["a"],"n":[{"exists":true}]}}`: "",
	} {
		u := &url.URL{Scheme: "eventbridge", Host: "orders", RawQuery: url.Values{"pattern": {pattern}}.Encode()}
		got := harness.Table{Transport()}.Remarks(u)
		if want == "" && len(got) > 0 || want != "" && (len(got) != 1 || !strings.Contains(got[0], want)) {
			t.Errorf("%s: got %q, want %q", pattern, got, want)
		}
	}
}

func TestAListenerHearsItsBusUnderWhateverAddress(t *testing.T) {
	for _, c := range []struct {
		listen, produce string
		want            harness.Hearing
	}{
		{"eventbridge://shop", "eventbridge://shop?source=clerk&detail-type=letter", harness.Hearing{Hears: true}},
		{"eventbridge://shop?bound=5s", "eventbridge://shop", harness.Hearing{Hears: true}},
		{"eventbridge://shop", "eventbridge://shop?region=eu-west-1", harness.Hearing{Hears: true, Perhaps: true}},
		{"eventbridge://shop", "eventbridge://default", harness.Hearing{}},
	} {
		l, errListen := url.Parse(c.listen)
		p, errProduce := url.Parse(c.produce)
		if got := (harness.Table{Transport()}).Hears(l, p); got != c.want || errListen != nil || errProduce != nil {
			t.Errorf("%s hears %s: got %+v, want %+v", c.listen, c.produce, got, c.want)
		}
	}
}
