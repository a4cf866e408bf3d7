package name

import "testing"

func TestUnknownNamesTheNearestFirst(t *testing.T) {
	known := []string{"shipments", "orders", "dead letters"}
	for got, want := range map[string]string{
		"shipmets": `no channel "shipmets" (did you mean "shipments"? have shipments, orders, dead letters)`,
		"ORDERS":   `no channel "ORDERS" (did you mean "orders"? have orders, shipments, dead letters)`,
		"zzz":      `no channel "zzz" (have orders, shipments, dead letters)`,
	} {
		if err := Unknown("channel", got, known); err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	const want = `no channel "x" (there is none at all)`
	if err := Unknown("channel", "x", nil); err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestUnknownDoesNotListWithoutEnd(t *testing.T) {
	var known []string
	for c := 'a'; c <= 'z'; c++ {
		known = append(known, string(c)+string(c)+string(c))
	}
	want := `no event "mmmm" (did you mean "mmm"? have mmm, aaa, bbb, ccc, ddd, eee, fff, ggg, hhh, iii, jjj, kkk and ` +
		`14 more)`
	if err := Unknown("event", "mmmm", known); err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestNearestIsASlipOfTheHandApart(t *testing.T) {
	known := []string{"order placed", "order shipped"}
	for got, want := range map[string]string{
		"order place": "order placed", "ordershipped": "order shipped", "invoice": "", "": "",
	} {
		if n := Nearest(got, known); n != want {
			t.Errorf("%q: got %q, want %q", got, n, want)
		}
	}
}

func TestAIsAsTheWordIsSpoken(t *testing.T) {
	for word, want := range map[string]string{"order": "an X", "shipment": "a X", "": "a X"} {
		if got := A(word, "X"); got != want {
			t.Errorf("%q: got %s, want %s", word, got, want)
		}
	}
}

func TestASlipIsNearerThanASuggestion(t *testing.T) {
	for _, c := range []struct {
		got, want string
		known     []string
	}{
		{"skuu", "sku", []string{"qty", "sku"}},
		{"stauts", "status", []string{"state", "status"}},
		{"ksu", "sku", []string{"sku"}},
		{"Sku", "sku", []string{"sku"}},
		{"pin", "", []string{"id", "n"}},
		{"line1", "", []string{"line2", "line10"}},
		{"line1", "lin1", []string{"line2", "lin1"}},
		{"sku2", "", []string{"sku"}},
		{"colour", "", []string{"status", "orderId"}},
		{"x", "", nil},
	} {
		if got := Slip(c.got, c.known); got != c.want {
			t.Errorf("%s of %v: got %q, want %q", c.got, c.known, got, c.want)
		}
	}
}
