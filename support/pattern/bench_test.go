// What matching costs, apart from decoding. Run it with: go test -bench . ./support/pattern
package pattern_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/pattern"
)

// ordered is an event of about 2 kB.
func ordered() event.Event {
	var lines []string
	for i := range 20 {
		lines = append(lines, fmt.Sprintf(`{"sku":"SKU-%d","qty":%d,"price":%d.50,"description":"An article of the range, `+
			`number %d"}`, i, i+1, i*3, i))
	}
	return event.Event{
		Headers: event.Headers(map[string]string{"type": "order.placed.v2"}),
		Body: []byte(`{"orderId":"7d444840-9dc0-11d1-b245-5ffdce74fad2","status":"PLACED","total":1234.50,` +
			`"customer":{"name":"Ann","email":"ann@example.com"},"lines":[` +
			strings.Join(lines, ",") + `]}`),
	}
}

// typical is what an author asks of it.
func typical(t testing.TB) pattern.Pattern {
	return rows(t, "", "header type", "order.placed.v2", "orderId", "(uuid)", "status", "PLACED", "total",
		"(about 1234 +- 1)",
		"customer.email", "(like *@example.com)", "lines[*].sku", "SKU-19", "lines[3].qty", "4", "nosuch", "(absent)")
}

func TestAMatchAllocatesNothing(t *testing.T) {
	d, p := pattern.Read(ordered()), typical(t)
	if n := testing.AllocsPerRun(100, func() {
		if got := p.Match(d); got != nil {
			t.Errorf("got %v, want a match", got)
		}
	}); n != 0 {
		t.Errorf("got %v allocations, want none", n)
	}
}

func BenchmarkDecode(b *testing.B) {
	e := ordered()
	b.SetBytes(int64(len(e.Body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pattern.Read(e).JSON(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	list, err := pattern.FromDoc(`{"lines": [{"sku": "SKU-19"}, {"sku": "SKU-3", "qty": 4}, {"sku": "SKU-0"}]}`, "")
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		p       pattern.Pattern
		matches bool
	}{
		{"rows that match", typical(b), true},
		{"a row that misses", typical(b).And(rows(b, "", "status", "SHIPPED")), false},
		{"a doc string with items", list, true},
	} {
		b.Run(c.name, func(b *testing.B) {
			d := pattern.Read(ordered())
			b.ReportAllocs()
			for b.Loop() {
				if (c.p.Match(d) == nil) != c.matches {
					b.Fatal(c.p.Match(d))
				}
			}
		})
	}
}
