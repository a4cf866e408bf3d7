// Sequences of a stream that a listener has passed over.

package nats

import (
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

// mostSpans bounds what is remembered between two proofs; what comes beyond it is taken together with what lies
// between.
const mostSpans = 1000

// span is the sequences from first to last, both included.
type span struct{ first, last uint64 }

// spans are in ascending order.
type spans []span

func (s spans) add(first, last uint64) spans {
	if n := len(s); n == mostSpans {
		s[n-1].last = last
		return s
	}
	return append(s, span{first, last})
}

// gone returns what of s the stream does not have any more, whose state tells all that it deleted.
func (s spans) gone(state jetstream.StreamState) (gone spans) {
	slices.Sort(state.Deleted)
	for _, each := range s {
		if each.first < state.FirstSeq {
			gone = append(gone, span{each.first, min(each.last, state.FirstSeq-1)})
		}
		at, _ := slices.BinarySearch(state.Deleted, each.first)
		for ; at < len(state.Deleted) && state.Deleted[at] <= each.last; at++ {
			gone = append(gone, span{state.Deleted[at], state.Deleted[at]})
		}
	}
	return gone
}
