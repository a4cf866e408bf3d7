// The links of a system that the run starts: Harken passes them on, so that features may cut and slow them.

package session

import (
	"context"
	"fmt"
	"net"

	"github.com/harken-bdd/harken/internal/proxy"
	"github.com/harken-bdd/harken/support/engine"
)

// openLinks has Harken stand between the system and what it needs. A system that is there already goes its own way.
func (s *session) openLinks(links map[string]engine.Link) error {
	if s.config.Profile.System == nil {
		return nil
	}
	s.links = make(map[string]string)
	for name, l := range links {
		p, err := proxy.New(func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", l.To)
		})
		if err != nil {
			return fmt.Errorf("link %q: %w", name, err)
		}
		s.stops = append(s.stops, p.Close)
		l.Line = p
		links[name], s.links[name] = l, p.Addr()
	}
	return nil
}
