// What a system under test needs to start: the servers of its channels. Whoever forgot to start a broker is to read
// that, and not how the system fails at it.

package session

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/harken-bdd/harken/internal/span"
	"github.com/harken-bdd/harken/support/report/columns"
)

const (
	// reachable is how long a server may take to answer, or to come up, before it is told of.
	reachable = time.Second
	// refusedAgain is how long after one refused it is asked again.
	refusedAgain = 50 * time.Millisecond
)

// servers returns the servers of the channels that are used, and of the system's links, each with the names of these,
// sorted.
func (s *session) servers() map[string][]string {
	used := slices.Concat(s.plan.Listens(), s.Listen, s.uses)
	for _, planned := range s.plan.Chosen() {
		used = append(used, planned.Produces...)
	}
	slices.Sort(used)
	servers := make(map[string][]string)
	for _, name := range slices.Compact(used) {
		c, known := s.world.Channels[name]
		if !known || c.URL == nil {
			continue // told of already, or a channel of answers
		}
		if server := s.Transports.Server(c.URL); server != "" {
			servers[server] = append(servers[server], name)
		}
	}
	if s.config.Profile.System != nil {
		for _, name := range slices.Sorted(maps.Keys(s.world.Links)) {
			to := s.world.Links[name].To
			servers[to] = append(servers[to], name)
		}
	}
	return servers
}

// reach looks for the servers of the channels, and says which does not answer. That is no error: it may be the system
// that brings it up.
func (s *session) reach(ctx context.Context) {
	servers := s.servers()
	names := slices.Sorted(maps.Keys(servers))
	stop := s.shows(func() (lines []string) {
		for _, server := range names {
			lines = append(lines, s.hide(fmt.Sprintf("looking for %s (%s)", server, strings.Join(servers[server], ", "))))
		}
		return lines
	})
	silent := look(ctx, names)
	stop()
	for _, server := range slices.Sorted(maps.Keys(silent)) {
		fmt.Fprintln(s.Err, columns.Visible(s.hide(fmt.Sprintf("nothing answers at %s, where %s should be: %v (the system "+
			"under test is started all the same: it may bring that up itself)",
			server, strings.Join(servers[server], ", "), silent[server]))))
	}
}

// unreachable returns an error where nothing answers at the server of a channel that could not be opened, if each
// scenario needs such a channel: no verdict can come of the run. Where others do not, these are judged, and the rest is
// inconclusive.
func (s *session) unreachable(ctx context.Context, closed map[string]error) error {
	chosen := s.plan.Chosen()
	if len(chosen) == 0 { // somebody listens or sends by hand, and is told of each channel
		return nil
	}
	servers := make(map[string][]string)
	for _, name := range slices.Sorted(maps.Keys(closed)) {
		if c := s.world.Channels[name]; c.URL != nil {
			if server := s.Transports.Server(c.URL); server != "" {
				servers[server] = append(servers[server], name)
			}
		}
	}
	silent := look(ctx, slices.Sorted(maps.Keys(servers)))
	missing := make(map[string]bool)
	var errs []error
	for _, server := range slices.Sorted(maps.Keys(silent)) {
		names := servers[server]
		for _, name := range names {
			missing[name] = true
		}
		errs = append(errs, errors.New(Problem{File: s.config.File, Line: s.config.Channels[names[0]].Line, Text: fmt.Sprintf(
			"nothing answers at %s, where %s should be: %v: start it, or mend the address", server, strings.Join(names, ", "),
			silent[server])}.String()))
	}
	for _, planned := range chosen {
		if !slices.ContainsFunc(slices.Concat(planned.Listens, planned.Produces), func(c string) bool { return missing[c] }) {
			return nil
		}
	}
	return errors.Join(errs...)
}

// look asks servers, all at once, and returns why some do not answer. An interrupt ends it with nothing.
func look(ctx context.Context, servers []string) map[string]error {
	errs := make([]error, len(servers))
	var looking sync.WaitGroup
	for i, server := range servers {
		looking.Go(func() { errs[i] = answers(ctx, server) })
	}
	looking.Wait()
	silent := make(map[string]error)
	for i, err := range errs {
		if err != nil && ctx.Err() == nil {
			silent[servers[i]] = err
		}
	}
	return silent
}

// answers returns nil once a connection to a server is accepted, and else, when there was time enough for that, why
// none was.
func answers(ctx context.Context, server string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, reachable, fmt.Errorf("no answer within %s", span.Format(reachable)))
	defer cancel()
	again := time.NewTicker(refusedAgain)
	defer again.Stop()
	var refused error
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", server)
		if err == nil {
			return conn.Close()
		}
		// One that was cut short by the deadline says less than the one before.
		if network := (net.Error)(nil); ctx.Err() == nil && !(errors.As(err, &network) && network.Timeout()) {
			refused = err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			network := (*net.OpError)(nil)
			switch {
			case errors.As(refused, &network):
				return network.Err
			case refused != nil:
				return refused
			default:
				return context.Cause(ctx)
			}
		}
	}
}

// showStart shows that the system is waited for, and for how long yet.
func (s *session) showStart(ready string, within time.Duration) (stop func()) {
	began := time.Now()
	return s.shows(func() []string {
		return []string{
			s.hide(fmt.Sprintf("waiting for the system under test to be ready (%s): %s of %s", ready,
				span.Format(time.Since(began).Round(time.Second)), span.Format(within))),
		}
	})
}
