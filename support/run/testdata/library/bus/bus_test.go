package bus

import (
	"net/url"
	"testing"

	"github.com/harken-bdd/harken/harness/harnesstest"
)

func TestTheBusPassesTheConformanceSuite(t *testing.T) {
	b := New()
	harnesstest.Run(t, harnesstest.Subject{
		Transport: b.Transport(),
		Address: func(t *testing.T) harnesstest.Address {
			return harnesstest.Address{URL: &url.URL{Scheme: "bus", Host: "topic-" + url.PathEscape(t.Name())}, Bad: []string{"bus://"}}
		},
	})
}
