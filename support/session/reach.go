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
	errs := make([]error, len(names))
	var looking sync.WaitGroup
	for i, server := range names {
		looking.Go(func() { errs[i] = answers(ctx, server) })
	}
	looking.Wait()
	stop()
	for i, err := range errs {
		if err != nil && ctx.Err() == nil {
			fmt.Fprintln(s.Err, columns.Visible(s.hide(fmt.Sprintf("nothing answers at %s, where %s should be: %v (the system "+
				"under test is started all the same: it may bring that up itself)",
				names[i], strings.Join(servers[names[i]], ", "), err))))
		}
	}
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
