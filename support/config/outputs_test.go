package config

import (
	"fmt"
	"testing"
)

func TestWhereOutputsAreNamed(t *testing.T) {
	c, err := parse("godog.yml", []byte(`channels:
  orders: {url: "dynamodb://${stack.orders.TableName}?key=${KEY}"}
  audit:  {url: "x://h"}
commands:
  replay: {run: [replay, "${stack.orders.QueueUrl}", "${stack.h-2.A}"]}
profiles:
  local:
    env: {TABLE: "${stack.orders.TableName}"}
    recorder: {audit: "x://${stack.b.C}"}
    channels: {audit: {url: "x://${stack.a.B}"}}
    system: {command: [run], env: {A: "${stack.s.A}"}, ready: "${stack.s.R}"}
`), "", from(nil))
	if err != nil {
		t.Fatal(err)
	}
	var got string
	for _, o := range c.Outputs() {
		got += fmt.Sprintf("%d: %s: %s\n", o.Line, o.Where, o.Variable())
	}
	const want = `2: channel "orders": stack.orders.TableName
3: channel "audit": stack.a.B
5: command "replay": stack.orders.QueueUrl
5: command "replay": stack.h-2.A
7: env: stack.orders.TableName
7: recorder: stack.b.C
11: system: stack.s.A
11: system: stack.s.R
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if names, err := c.Commands["replay"].Names(); err != nil || len(names) > 0 {
		t.Errorf("the values that a step may give: got %v, %v, want none", names, err)
	}
}

func TestAnOutputStandsInAnAddressForOnePartOfIt(t *testing.T) {
	env := map[string]string{
		"stack.h.TableName": "captures-1", "stack.h.Canary": "eventbridge://bus?source=a&detail-type=", "stack.h.Key": "a+b",
		"stack.h.Odd": "a?b=c", "BOUND": "2s",
	}
	for _, c := range []struct{ name, url, want string }{
		{"a name", "dynamodb://${stack.h.TableName}/shipments", "dynamodb://captures-1/shipments"},
		{
			"an address in a parameter is escaped", "dynamodb://${stack.h.TableName}/x?canary=${stack.h.Canary}x&bound=${BOUND}",
			"dynamodb://captures-1/x?canary=eventbridge%3A%2F%2Fbus%3Fsource%3Da%26detail-type%3Dx&bound=2s",
		},
		{"no blank is made of a plus", "x://h?key=${stack.h.Key}", "x://h?key=a%2Bb"},
		{"no parameter is made of a name", "x://${stack.h.Odd}/y",
			`channel "orders": x://${stack.h.Odd}/y: ${stack.h.Odd} holds a '?', which must be percent-encoded there`},
		{"one that nobody has asked for", "x://${stack.h.Other}", `channel "orders": ${stack.h.Other} is not known`},
		{"no output", "x://${stack.h}",
			`channel "orders": ${stack.h} does not name an output of a stack: want ${stack.STACK.OUTPUT}`},
		{"no name of a stack", "x://${stack.1h.A}",
			`channel "orders": ${stack.1h.A} does not name an output of a stack: want ${stack.STACK.OUTPUT}`},
		{"another dot", "x://${stock.h.A}", `channel "orders": ${stock.h.A} is not the name of a variable`},
	} {
		t.Run(c.name, func(t *testing.T) {
			u, err := suite(t, c.url, nil).ChannelURL("orders", from(env))
			got := message(err)
			if err == nil {
				got = u.String()
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
