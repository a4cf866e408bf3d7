// What the batches of an answer tell beside their records: whether some are missing, and when the last was written.

package kafka

import (
	"encoding/binary"
	"iter"
)

// batch is the head of one, of the format that there is since Kafka 0.11. Its offsets are those that it was written
// with; compaction takes records out, or whole batches, and leaves the offsets of the others.
type batch struct {
	first, last int64
	epoch       int32 // of the leader that wrote it
	records     int32
}

// batches yields the heads of all that are whole.
func batches(raw []byte) iter.Seq[batch] {
	const (
		head      = 61
		magicByte = 16
		format    = 2
	)
	return func(yield func(batch) bool) {
		for len(raw) >= head && raw[magicByte] == format {
			size := int64(int32(binary.BigEndian.Uint32(raw[8:]))) + 12
			if size < head || size > int64(len(raw)) {
				return
			}
			first := int64(binary.BigEndian.Uint64(raw))
			b := batch{
				first:   first,
				last:    first + int64(int32(binary.BigEndian.Uint32(raw[23:]))),
				epoch:   int32(binary.BigEndian.Uint32(raw[12:])),
				records: int32(binary.BigEndian.Uint32(raw[57:])),
			}
			if !yield(b) {
				return
			}
			raw = raw[size:]
		}
	}
}

// holed says whether records are missing from an offset on. Every offset is that of a record or of a transaction's
// marker, so that one which is nowhere was removed.
func holed(raw []byte, from int64) bool {
	for b := range batches(raw) {
		if b.last < from {
			continue
		}
		if b.first > from || int64(b.records) != b.last-b.first+1 {
			return true
		}
		from = b.last + 1
	}
	return false
}

// lastEpoch returns the epoch of the leader that wrote what is right before an offset, -1 where that is not told.
func lastEpoch(raw []byte, before int64) int32 {
	epoch := int32(-1)
	for b := range batches(raw) {
		if b.first < before {
			epoch = b.epoch
		}
	}
	return epoch
}
