package session

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/support/definitions"
)

// puts makes stacks put something out, and counts how often each is asked.
func (b *bench) puts(stacks map[string]map[string]string) (asked map[string]int) {
	asked = make(map[string]int)
	b.Outputs.Of = func(_ context.Context, stack string) (map[string]string, error) {
		asked[stack]++
		if outputs, ok := stacks[stack]; ok {
			return outputs, nil
		}
		return nil, fmt.Errorf("no stack %q", stack)
	}
	return asked
}

var deployedYML = strings.NewReplacer(
	"memory://orders", "memory://${stack.shop.Orders}", "memory://shipments", "memory://${stack.shop.Shipments}",
	"memory://rejections", "memory://${stack.shop-2.Rejections}",
).Replace(ordersYML)

func TestTheOutputsOfStacksAreReadOnceWhenARunBegins(t *testing.T) {
	b := lay(t, deployedYML, map[string]string{"features/a.feature": shippedFeature})
	b.ships()
	asked := b.puts(map[string]map[string]string{
		"shop": {"Orders": "orders", "Shipments": "shipments"}, "shop-2": {"Rejections": "rejections"},
	})
	if got := b.found(t); strings.Contains(got, "godog.yml") && !strings.Contains(got, "is used by no feature") || len(asked) > 0 {
		t.Errorf("check finds\n%s\nand asked %v", got, asked)
	}
	b.run(t, ExitPassed)
	if asked["shop"] != 1 || asked["shop-2"] != 1 {
		t.Errorf("asked %v", asked)
	}
}

func TestOutputsThatAreNotThereAreToldBeforeAnythingBegins(t *testing.T) {
	b := lay(t, deployedYML, map[string]string{"features/a.feature": shippedFeature})
	b.puts(map[string]map[string]string{"shop": {"Order": "orders", "Shipments": ""}})
	b.run(t, ExitUsage)
	const want = `godog.yml:6: channel "orders": ${stack.shop.Orders}: stack shop: no output "Orders" (did you mean "Order"? have Order, Shipments)
godog.yml:7: channel "shipments": ${stack.shop.Shipments}: stack shop: the output is empty
godog.yml:8: channel "rejections": ${stack.shop-2.Rejections}: no stack "shop-2"
`
	if got := b.relative(b.err.String()); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if b.opened > 0 {
		t.Errorf("%d listeners were opened", b.opened)
	}
	b.Outputs = definitions.Outputs{}
	b.run(t, ExitUsage)
	if !strings.Contains(b.err.String(), "this suite knows no stacks (run.Suite.Outputs)") {
		t.Errorf("got\n%s", b.err)
	}
}

// strict is a transport that takes two addresses of other transports, and no other names for them.
func strict() harness.Transport {
	return harness.Transport{Scheme: "strict", Example: "strict://x", Check: func(u *url.URL) (harness.Traits, error) {
		q := u.Query()
		switch {
		case !strings.HasPrefix(q.Get("canary"), "memory://"):
			return harness.Traits{}, errors.New("canary: it is no memory://")
		case !strings.HasSuffix(q.Get("dead"), ".fifo"):
			return harness.Traits{}, errors.New("dead: it is no .fifo")
		}
		return harness.Traits{Listen: true, Keyed: true}, nil
	}}
}

func TestAnAddressWithOutputsIsCheckedAsOneThatItMightBe(t *testing.T) {
	for _, c := range []struct{ name, url, want string }{
		{"it might be right", "strict://${stack.s.Table}?canary=${stack.s.Canary}/x&dead=${stack.s.Queue}", ""},
		{"it cannot be right", "strict://${stack.s.Table}?canary=${stack.s.Canary}&dead=q", `godog.yml:1: channel "c": canary: it is no memory://`},
		{"it has no transport", "stict://${stack.s.Table}", `godog.yml:1: channel "c": no transport "stict" (did you mean "strict"? have strict, memory)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := lay(t, "channels: {c: {url: \""+c.url+"\"}}\n", map[string]string{"features/a.feature": "Feature: A\n"})
			b.Transports = append(b.Transports, strict())
			const none = "features/a.feature: no scenario is in the file"
			if got := strings.TrimSpace(strings.TrimPrefix(b.found(t), none)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestWhoeverLooksUpOutputsNeedsToBeAllowed(t *testing.T) {
	b := lay(t, `channels: {c: {url: "asking://a-${stack.s.Table}-b"}, d: {url: "asking://${stack.s.Table}"}}`, nil)
	b.Transports = harness.Table{{
		Scheme: "asking", Example: "asking://x", Check: func(*url.URL) (harness.Traits, error) { return harness.Traits{}, nil },
		Permissions: func(u *url.URL) []harness.Permission { return []harness.Permission{{Action: "read", Resource: u.Host}} },
	}}
	b.Outputs.Permissions = func(stack string) []harness.Permission {
		return []harness.Permission{{Action: "describe", Resource: stack}}
	}
	got, wide, err := b.Permissions(t.Context(), false)
	if want := []harness.Permission{{Action: "read", Resource: "a-*-b"}, {Action: "read", Resource: "*"}, {Action: "describe", Resource: "s"}}; err != nil || !slices.Equal(got, want) || !slices.Equal(wide, []string{"c", "d"}) {
		t.Errorf("got %v, wide for %q, %v", got, wide, err)
	}
	b.Outputs.Of = func(context.Context, string) (map[string]string, error) {
		return map[string]string{"Table": "orders"}, nil
	}
	got, wide, err = b.Permissions(t.Context(), true)
	if want := []harness.Permission{{Action: "read", Resource: "a-orders-b"}, {Action: "read", Resource: "orders"}, {Action: "describe", Resource: "s"}}; err != nil || !slices.Equal(got, want) || wide != nil {
		t.Errorf("got %v, wide for %q, %v", got, wide, err)
	}
}
