// The variables of addresses and processes.

package definitions

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/support/config"
	"github.com/harken-bdd/harken/support/system"
)

// Environment is what the embedded services provide, and what stacks put out.
type Environment struct {
	Values   map[string]string
	Outputs  map[string]string // by what config.Output calls the variable
	Children *system.Children  // take in what commands start
	promised bool              // nothing is started or asked: every value is one that might be
}

// Lookup returns the value of a variable.
func (e *Environment) Lookup(n string) (string, bool) {
	if v, ok := e.Outputs[n]; ok {
		return v, true
	}
	if e.promised && config.IsOutput(n) {
		return SomeOutput, true
	}
	v, ok := e.Values[n]
	return v, ok
}

// serves says whether an address is of a server that the run itself embeds, where nobody else can be.
func (e *Environment) serves(u *url.URL) bool {
	if _, embedded := e.Values["AWS_ENDPOINT_URL_DYNAMODB"]; u.Scheme == "dynamodb" && embedded {
		return !u.Query().Has("endpoint")
	}
	for _, value := range e.Values {
		if value == u.Host || strings.HasSuffix(value, "://"+u.Host) {
			return true
		}
	}
	return false
}

// Names returns the variables that embedded services provide.
func (e *Environment) Names() []string { return slices.Collect(maps.Keys(e.Values)) }

// Promised returns the environment of services that are not started, and of servers that are not opened: every variable
// that they will provide, with a value that can stand in an address.
func Promised(c *config.Config, services []harness.Service) *Environment {
	e := &Environment{Values: make(map[string]string), promised: true}
	for _, s := range services {
		for _, v := range s.Provides {
			e.Values[v] = "127.0.0.1:1"
		}
	}
	e.promise(c)
	return e
}
