package ids

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	one = ID{0x123456789abc, 1, 1}
	two = ID{0x123456789abc, 1, 2}
)

func scan[T Text](text T) []ID {
	var found []ID
	Scan(text, func(id ID) { found = append(found, id) })
	return found
}

func TestScanFindsIDsWhereverTheyStand(t *testing.T) {
	a, b := one.String(), two.String()
	plain, plain2 := strings.ReplaceAll(a, "-", ""), strings.ReplaceAll(b, "-", "")
	tests := map[string]struct {
		text string
		want []ID
	}{
		"nothing":                           {"", nil},
		"nothing but an id":                 {a, []ID{one}},
		"nothing but one without hyphens":   {plain, []ID{one}},
		"capitals":                          {strings.ToUpper(a), []ID{one}},
		"capitals without hyphens":          {strings.ToUpper(plain), []ID{one}},
		"JSON":                              {`{"id":"` + a + `","n":["` + plain2 + `"]}`, []ID{one, two}},
		"JSON in JSON":                      {`{"body":"{\"id\":\"` + a + `\"}"}`, []ID{one}},
		"a URN":                             {"urn:uuid:" + a, []ID{one}},
		"braces":                            {"{" + a + "}", []ID{one}},
		"a prefix with a hyphen":            {"a-" + a, []ID{one}},
		"a prefix with a hyphen, no others": {"a-" + plain, []ID{one}},
		"a prefix of digits":                {"cafe" + a, []ID{one}},
		"a suffix of digits":                {a + "00", []ID{one}},
		"a suffix with a hyphen":            {a + "-1", []ID{one}},
		"a word before it":                  {"order" + plain, []ID{one}},
		"two with a hyphen between":         {a + "-" + b, []ID{one, two}},
		"two bare ones with one between":    {plain + "-" + plain2, []ID{one, two}},
		"the same twice":                    {a + " " + a, []ID{one, one}},
		"bytes that are no text":            {"\x00\xff" + a + "\x80", []ID{one}},
		"a longer number":                   {"0" + plain, nil},
		"a longer number, behind":           {plain + "0", nil},
		"a hyphen missing":                  {a[:8] + a[9:], nil},
		"a hyphen too many":                 {a[:8] + "-" + a[8:], nil},
		"a hyphen elsewhere":                {a[:7] + "-" + a[7:8] + a[9:], nil},
		"cut at the end":                    {a[:35], nil},
		"cut at the beginning":              {a[1:], nil},
		"a foreign UUID":                    {"4c8dcc67-8e7c-4a3b-9f0e-1d2c3b4a5968", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := scan(test.text); !reflect.DeepEqual(got, test.want) {
				t.Errorf("in a string: got %v, want %v", got, test.want)
			}
			if got := scan([]byte(test.text)); !reflect.DeepEqual(got, test.want) {
				t.Errorf("in bytes: got %v, want %v", got, test.want)
			}
		})
	}
}

func TestScanFindsAnIDAtAnyPlace(t *testing.T) {
	for _, form := range []string{one.String(), strings.ReplaceAll(one.String(), "-", "")} {
		for before := range 100 {
			for _, filling := range []string{".", "-", "g"} {
				text := strings.Repeat(filling, before) + form + strings.Repeat(filling, before%37)
				if got := scan(text); !reflect.DeepEqual(got, []ID{one}) {
					t.Errorf("%s: got %v", text, got)
				}
			}
		}
	}
}

func TestScanDoesNotAllocate(t *testing.T) {
	body := []byte(body())
	count := 0
	allocs := testing.AllocsPerRun(100, func() {
		Scan(body, func(ID) { count++ })
	})
	if allocs != 0 || count == 0 {
		t.Errorf("%v allocations and %d ids found, want none and some", allocs, count)
	}
}

// The forms of an id as regular expressions, to be matched at one place.
var (
	dashes = regexp.MustCompile(`^(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	plain  = regexp.MustCompile(`^(?i)[0-9a-f]{32}(?:[^0-9a-f]|$)`)
	digit  = regexp.MustCompile(`^(?i)[0-9a-f]`)
)

// slow is Scan as its contract reads.
func slow(text string) []ID {
	var found []ID
	for i := range len(text) {
		match := dashes.FindString(text[i:])
		if plain.MatchString(text[i:]) && (i == 0 || !digit.MatchString(text[i-1:])) {
			match = text[i : i+32]
		}
		if id, ok := Parse(match); ok {
			found = append(found, id)
		}
	}
	return found
}

func FuzzScan(f *testing.F) {
	a := one.String()
	plain := strings.ReplaceAll(a, "-", "")
	for _, text := range []string{"", a, plain, "x" + strings.ToUpper(a) + plain, plain + "-" + a[:30], body()} {
		f.Add(text, uint16(0))
	}
	f.Add("urn:uuid:  and more", uint16(9))
	f.Add("0123-", uint16(5))
	f.Fuzz(func(t *testing.T, text string, place uint16) {
		// An input that is only bytes would hardly ever hold an id: the fuzzer places one.
		i := int(place) % (len(text) + 1)
		for _, text := range []string{text, text[:i] + a + text[i:], text[:i] + plain + text[i:]} {
			got, want := scan(text), slow(text)
			order := func(a, b ID) int { return cmp.Compare(a.String(), b.String()) }
			slices.SortFunc(got, order)
			slices.SortFunc(want, order)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%q: got %v, want %v", text, got, want)
			}
			if inBytes := scan([]byte(text)); len(inBytes) != len(got) {
				t.Errorf("%q: %d in bytes, %d in a string", text, len(inBytes), len(got))
			}
		}
	})
}

// body is what an order might look like on the wire: 2 kB with three ids.
func body() string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"specversion":"1.0","type":"order.placed.v2","id":"%s","data":{"orderId":"%s","items":[`, one, two)
	for i := 0; b.Len() < 1900; i++ {
		fmt.Fprintf(&b, `{"sku":"SKU-%d","name":"a decade of facade beads","quantity":%d,"price":%d.99},`, i*7919, i, i*31)
	}
	fmt.Fprintf(&b, `{}],"payment":"%s"}}`, strings.ReplaceAll(two.String(), "-", ""))
	return b.String()
}

func BenchmarkScan(b *testing.B) {
	text := []byte(body())
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Scan(text, func(ID) {})
	}
}
