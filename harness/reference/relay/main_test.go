package main

import (
	"context"
	"testing"

	"github.com/harken-bdd/harken/harness/reference/channel"
	"github.com/harken-bdd/harken/harness/reference/faults"
)

// kept is an outlet that keeps what is put.
type kept struct{ messages chan channel.Message }

func (k kept) Put(_ context.Context, m channel.Message) error {
	k.messages <- m
	return nil
}

func (kept) Close() {}

func TestWhatIsRelayedIsChanged(t *testing.T) {
	for _, c := range []struct {
		name, body string
		faults     faults.Faults
		want       []string
	}{
		{"an order", `{"orderId":"1","sku":"SKU-1"}`, faults.Faults{},
			[]string{`{"orderId":"1","sku":"SKU-1","status":"RELAYED"}`}},
		{"what is left out", `{"orderId":"1","sku":"SKU-0"}`, faults.Faults{}, nil},
		{"no order", `oops`, faults.Faults{}, nil},
		{"dropped", `{"orderId":"1"}`, faults.Faults{Drop: 1}, nil},
		{"twice", `{"orderId":"1"}`, faults.Faults{Duplicate: 1},
			[]string{`{"orderId":"1","status":"RELAYED"}`, `{"orderId":"1","status":"RELAYED"}`}},
		{"wrong", `{"orderId":"1"}`, faults.Faults{Corrupt: 1}, []string{`{"orderId":"1","status":"BACKORDERED"}`}},
	} {
		out := kept{make(chan channel.Message, 4)}
		w := &worker{out: out, faults: c.faults}
		if err := w.take(t.Context(), channel.Message{Body: []byte(c.body)}); err != nil {
			t.Errorf("%s: got %v", c.name, err)
		}
		w.late.Wait()
		close(out.messages)
		var got []string
		for m := range out.messages {
			got = append(got, string(m.Body))
			if m.Key != "1" {
				t.Errorf("%s: got the key %q, want the order's", c.name, m.Key)
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: got %s, want %s", c.name, got[i], c.want[i])
			}
		}
	}
}
