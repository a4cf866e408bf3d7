// What an address says.

package postgres

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/internal/span"
)

// address is a URL of the scheme postgres, taken apart.
type address struct {
	host                    string // HOST:PORT
	user                    *url.Userinfo
	database, schema, table string

	keys        []string      // columns; nil for the primary key
	state       bool          // rows by key, and not what happens
	reads       bool          // via=read
	bound       time.Duration // of via=read: how long the server may take to count what was changed
	inserts     bool          // only=insert
	slot        string        // a kept one (see kept), "" for a temporary one
	publication string        // one that is there already, "" for one of the listener's own

	sslmode, rootCert string
}

const (
	form        = "write postgres://USER@HOST:PORT/DATABASE/TABLE, or DATABASE/SCHEMA.TABLE"
	defaultPort = "5432"
	longestName = 63 // bytes of any name on the server; longer ones are cut off there
)

var (
	sslmodes = []string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}
	// verifying are those that look at an authority that is named: require is verify-ca then.
	verifying = []string{"require", "verify-ca", "verify-full"}
	slotName  = regexp.MustCompile(`^[a-z0-9_]{1,50}$`) // the server's own rule, with room for what is put before it
)

func parse(u *url.URL) (address, error) {
	a := address{user: u.User, schema: "public"}
	if u.Hostname() == "" {
		return address{}, errors.New("the address has no host: " + form)
	}
	if u.User == nil || u.User.Username() == "" {
		return address{}, errors.New("the address has no user: " + form)
	}
	port := u.Port()
	if port == "" {
		port = defaultPort
	}
	a.host = net.JoinHostPort(u.Hostname(), port)
	if err := a.setPath(u.Path); err != nil {
		return address{}, err
	}
	values, err := harness.Parameters(u, "bound", "key", "only", "publication", "slot", "sslmode", "sslrootcert", "state", "via")
	if err != nil {
		return address{}, err
	}
	if err := a.set(values); err != nil {
		return address{}, err
	}
	return a, a.check()
}

func (a *address) setPath(path string) error {
	database, table, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if !ok || database == "" || table == "" || strings.Contains(table, "/") {
		return errors.New("the address names no table: " + form)
	}
	a.database, a.table = database, table
	if schema, name, ok := strings.Cut(table, "."); ok {
		a.schema, a.table = schema, name
	}
	for _, name := range []string{a.schema, a.table} {
		if name == "" || len(name) > longestName || strings.Contains(name, ".") {
			return fmt.Errorf("%q is no name of a table: %s", table, form)
		}
	}
	return nil
}

func (a *address) set(values url.Values) (err error) {
	if values.Has("key") {
		a.keys = strings.Split(values.Get("key"), ",")
	}
	if a.bound = countedWithin; values.Has("bound") {
		if a.bound, err = span.Parse(values.Get("bound")); err != nil {
			return fmt.Errorf("bound=: %w", err)
		}
	}
	a.slot, a.publication = values.Get("slot"), values.Get("publication")
	a.sslmode, a.rootCert = values.Get("sslmode"), values.Get("sslrootcert")
	for _, word := range []struct {
		set            *bool
		parameter, yes string
	}{
		{&a.state, "state", "true"}, {&a.reads, "via", "read"}, {&a.inserts, "only", "insert"},
	} {
		if !values.Has(word.parameter) {
			continue
		}
		if values.Get(word.parameter) != word.yes {
			return fmt.Errorf("want %s=%s, or no %[1]s=", word.parameter, word.yes)
		}
		*word.set = true
	}
	if values.Has("bound") && !a.reads {
		return errors.New("a bound says how late the server may count what was changed, and only via=read goes by that")
	}
	return nil
}

// check says which parameters contradict each other, or have no value that there is.
func (a address) check() error {
	switch {
	case slices.Contains(a.keys, ""):
		return errors.New("key= names columns, with a comma between: one of them is empty")
	case a.slot != "" && !slotName.MatchString(a.slot):
		return errors.New("slot= is a name of at most 50 lower-case letters, digits and underscores")
	case len(a.publication) > longestName:
		return fmt.Errorf("publication= has more than %d bytes, and no publication is called so", longestName)
	case a.sslmode != "" && !slices.Contains(sslmodes, a.sslmode):
		return fmt.Errorf("sslmode= is one of %s", strings.Join(sslmodes, ", "))
	case a.rootCert != "" && !slices.Contains(verifying, a.sslmode):
		return errors.New("sslrootcert= is looked at with sslmode=verify-ca or verify-full only")
	case a.state && (a.reads || a.inserts || a.slot != "" || a.publication != ""):
		return errors.New("with state=true rows are looked up by key: via, only, slot and publication are of listening to " +
			"what happens")
	case a.reads && (a.inserts || a.slot != "" || a.publication != ""):
		return errors.New("with via=read the table is read: only, slot and publication are of logical decoding")
	default:
		return nil
	}
}

// Traits say what can be expected of the address.
func (a address) Traits() harness.Traits {
	t := harness.Traits{Produce: true, Listen: true, Exact: true}
	switch {
	case a.state:
		t.State, t.Keyed, t.Produce = true, true, false
	case a.reads:
		t.Replay, t.Exact = true, a.bound == 0
	default:
		t.Ordered, t.Stamped = true, true
		t.Replay, t.Resume = a.slot != "", a.slot != ""
	}
	return t
}

// String returns what errors call the address.
func (a address) String() string { return "postgres " + a.database + "/" + a.name() }

func (a address) name() string { return a.schema + "." + a.table }

// checkKey says why no row can have a key, as far as the address shows.
func (a address) checkKey(key string) error {
	if !a.state || len(a.keys) == 0 {
		return nil
	}
	_, err := splitKey(key, a.keys)
	return err
}

// splitKey returns the values of a key's columns.
func splitKey(key string, columns []string) ([]string, error) {
	values := strings.SplitN(key, "/", len(columns))
	if len(values) < len(columns) {
		return nil, fmt.Errorf("the key %q has %d of %d values: write %s, with a slash between", key, len(values),
			len(columns), strings.Join(columns, "/"))
	}
	return values, nil
}

// remarks returns what the author of the address may not know.
func (a address) remarks() []string {
	switch {
	case a.reads:
		return []string{"via=read sees rows that stay as they are: whenever a row of " + a.name() + " is changed or deleted, " +
			"the time since the last proof is a gap, in which absence and counts are inconclusive (logical decoding sees changes)"}
	case a.inserts:
		return []string{"only=insert: what is updated or deleted in " + a.name() + " is not seen"}
	case a.slot != "":
		return []string{"slot=" + a.slot + " stays on the server, which keeps its log for it: drop it when it is not needed " +
			"any more (SELECT pg_drop_replication_slot('" + kept(a.slot) + "'); DROP PUBLICATION " + kept(a.slot) + ")"}
	default:
		return nil
	}
}

// kept is what a kept slot and its publication are called: no slot of anybody else's is, so that none is read by
// mistake, which would take from whoever it is of.
func kept(slot string) string { return "harken_keep_" + slot }
