package transports

import (
	"net/url"
	"strings"
	"testing"
)

// FuzzEveryAddressIsTakenOrRefused asks that an address which is taken goes some way, and that no message shows its
// password.
func FuzzEveryAddressIsTakenOrRefused(f *testing.F) {
	for _, transport := range All() {
		f.Add(transport.Example)
		f.Add(transport.Scheme + "://user:p4ssw0rd@host:1/a/b?c=d&e=%zz#f")
		f.Add(transport.Scheme + ":opaque?key=a&key=b")
	}
	f.Fuzz(func(t *testing.T, address string) {
		u, err := url.Parse(address)
		if err != nil {
			return
		}
		traits, err := All().Check(u)
		if err == nil && !traits.Produce && !traits.Listen {
			t.Errorf("%s is taken and goes no way: %+v", address, traits)
		}
		password, _ := u.User.Password()
		if err != nil && len(password) > 7 && !strings.Contains(u.Redacted(), password) &&
			strings.Contains(err.Error(), password) {
			t.Errorf("%s: its password is in %v", address, err)
		}
	})
}
