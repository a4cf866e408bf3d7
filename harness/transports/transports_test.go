package transports

import (
	"net/url"
	"testing"
)

func TestEveryTransportServesItsOwnExample(t *testing.T) {
	all := All()
	schemes := make(map[string]bool)
	for _, transport := range all {
		if schemes[transport.Scheme] {
			t.Errorf("two transports serve %s", transport.Scheme)
		}
		schemes[transport.Scheme] = true
		example, err := url.Parse(transport.Example)
		if err != nil {
			t.Errorf("%s: %v", transport.Scheme, err)
			continue
		}
		found, err := all.For(example)
		if err != nil || found.Scheme != transport.Scheme {
			t.Errorf("%s is served by %q (%v)", transport.Example, found.Scheme, err)
		}
		traits, err := all.Check(example)
		if err != nil || !traits.Produce && !traits.Listen {
			t.Errorf("%s: got %+v, %v, want an address that goes some way", transport.Example, traits, err)
		}
	}
	if len(all) == 0 {
		t.Error("there is no transport")
	}
}
