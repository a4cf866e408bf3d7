package header_test

import (
	"slices"
	"testing"

	"github.com/harken-bdd/harken/internal/header"
)

func TestTheExactNameComesFirstAndSpellingsMustAgree(t *testing.T) {
	headers := map[string][]string{
		"Trace": {"1"}, "TRACE": {"2"}, "trace-Id": {"3", "4"}, "Trace-ID": {"3", "4"}, "type": {},
	}
	for _, c := range []struct {
		why, name string
		want      []string
	}{
		{"another spelling has other values", "TRACE", []string{"2"}},
		{"two spellings have different values", "trace", nil},
		{"two spellings have the same values", "TRACE-ID", []string{"3", "4"}},
		{"one spelling is there, without a value", "Type", nil},
		{"no spelling is there", "tracer", nil},
	} {
		if got := header.Values(headers, c.name); !slices.Equal(got, c.want) {
			t.Errorf("%s: %s: got %q, want %q", c.why, c.name, got, c.want)
		}
	}
	if got, want := header.Spellings(headers, "trace"), []string{"TRACE", "Trace"}; !slices.Equal(got, want) {
		t.Errorf("spellings: got %q, want %q", got, want)
	}
}
