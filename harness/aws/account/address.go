// What an address says: all transports of AWS read it in the same way.

package account

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/internal/span"
)

// Address is what every address of a service has: scheme://NAME/PATH?region=&endpoint=, and parameters of its own.
type Address struct {
	Name     string // not empty, and no ARN
	Path     string // without the slash that it begins with
	Settings Settings
	Values   url.Values // its own parameters: each was given once, and is not empty
}

// ParseAddress reads an address that names a noun ("queue") and may have the parameters in known, beside region and
// endpoint, which every address has. Its errors print no value of a parameter.
func ParseAddress(u *url.URL, noun string, known ...string) (Address, error) {
	want := fmt.Sprintf("want %s://%s", u.Scheme, strings.ToUpper(noun))
	switch {
	case strings.HasPrefix(u.Opaque, "arn:"), strings.HasPrefix(u.Host, "arn:"):
		return Address{}, fmt.Errorf("an ARN stands where the name of a %s is wanted (%s; region= says where it is)", noun,
			want)
	case u.Host == "":
		return Address{}, fmt.Errorf("no %s: %s", noun, want)
	}
	if u.User != nil {
		return Address{}, errors.New("an address has no user: credentials come from the SDK's own configuration")
	}
	values, err := harness.Parameters(u, append([]string{"region", "endpoint"}, known...)...)
	if err != nil {
		return Address{}, err
	}
	s := Settings{Region: values.Get("region"), Endpoint: values.Get("endpoint")}
	values.Del("region")
	values.Del("endpoint")
	if s.Endpoint != "" && !isEndpoint(s.Endpoint) {
		return Address{}, errors.New("endpoint: want http://HOST:PORT")
	}
	return Address{Name: u.Host, Path: strings.TrimPrefix(u.Path, "/"), Settings: s, Values: values}, nil
}

// Flag returns whether a parameter is set, which is true or false, or is not given.
func Flag(values url.Values, parameter string) (bool, error) {
	switch values.Get(parameter) {
	case "":
		return false, nil
	case "true":
		return true, nil
	case "false":
		return false, nil
	default:
		return false, fmt.Errorf("%s: want true or false", parameter)
	}
}

// Span returns the length of time that a parameter says, or otherwise where it is not given.
func (a Address) Span(parameter string, otherwise time.Duration) (time.Duration, error) {
	if !a.Values.Has(parameter) {
		return otherwise, nil
	}
	d, err := span.Parse(a.Values.Get(parameter))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", parameter, err)
	}
	return d, nil
}
