// What an address says: all transports of AWS read it in the same way.

package account

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/harken-bdd/harken/internal/name"
	"github.com/harken-bdd/harken/internal/span"
)

// Address is what every address of a service has: scheme://NAME/PATH?region=&endpoint=, and parameters of its own.
type Address struct {
	Name     string // not empty, and no ARN
	Path     string // without the slash that it begins with
	Settings Settings
	Values   url.Values // its own parameters: each was given once, and is not empty
}

// ParseAddress reads an address that names a noun ("queue") and may have the parameters in known, beside region and endpoint,
// which every address has. Its errors print no value of a parameter.
func ParseAddress(u *url.URL, noun string, known ...string) (Address, error) {
	want := fmt.Sprintf("want %s://%s", u.Scheme, strings.ToUpper(noun))
	switch {
	case strings.HasPrefix(u.Opaque, "arn:"), strings.HasPrefix(u.Host, "arn:"):
		return Address{}, fmt.Errorf("an ARN stands where the name of a %s is wanted (%s; region= says where it is)", noun, want)
	case u.Host == "":
		return Address{}, fmt.Errorf("no %s: %s", noun, want)
	}
	values, settings, err := Parameters(u, known...)
	if err != nil {
		return Address{}, err
	}
	return Address{Name: u.Host, Path: strings.TrimPrefix(u.Path, "/"), Settings: settings, Values: values}, nil
}

// Parameters returns the parameters of an address that are its own, and what it says of the account. Each parameter is
// known, given once and not empty. An address has neither a user nor a fragment. The errors print no value, which may be a
// secret.
func Parameters(u *url.URL, known ...string) (url.Values, Settings, error) {
	switch {
	case u.User != nil:
		return nil, Settings{}, errors.New("an address has no user: credentials come from the SDK's own configuration")
	case u.Fragment != "":
		return nil, Settings{}, fmt.Errorf("the address ends in #%s (write %%23 for #)", u.Fragment)
	}
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, Settings{}, errors.New("parameters: they are not written as in a URL") // the error would print a value
	}
	known = append([]string{"region", "endpoint"}, known...)
	for parameter, value := range values {
		switch {
		case !slices.Contains(known, parameter):
			return nil, Settings{}, name.Unknown("parameter", parameter, known)
		case len(value) > 1:
			return nil, Settings{}, fmt.Errorf("the parameter %s is given %d times", parameter, len(value))
		case value[0] == "":
			return nil, Settings{}, fmt.Errorf("the parameter %s is empty", parameter)
		}
	}
	s := Settings{Region: values.Get("region"), Endpoint: values.Get("endpoint")}
	values.Del("region")
	values.Del("endpoint")
	if s.Endpoint != "" && !isEndpoint(s.Endpoint) {
		return nil, Settings{}, errors.New("endpoint: want http://HOST:PORT")
	}
	return values, s, nil
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
