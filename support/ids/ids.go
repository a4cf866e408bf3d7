// Package ids makes the ids by which a run knows its own events again, and finds them in whatever a channel carries. It
// promises nothing to other modules.
//
// An id looks like any version-4 UUID, so that it passes where a system demands one. Its 122 free bits say which run
// made it (48 bits), for which execution of a scenario (24), as the how manieth (24), and hold a check (26): one
// foreign UUID in 67 million passes for an id. The bits are scrambled, because stores that spread their load by the
// first bytes of a key would otherwise put a whole run into one place. Scrambling hides nothing: it has no key.
package ids

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// Limit is what the execution and the number of an ID must be below.
const Limit = 1 << 24

const (
	runBits   = 48
	checkBits = 26
	halfBits  = 61

	runMask  = 1<<runBits - 1
	halfMask = 1<<halfBits - 1
)

// ID is what the bits of an id say.
type ID struct {
	Run       uint64 // of 48 bits
	Execution uint32 // below Limit
	Number    uint32 // below Limit
}

// NewRun returns a number for a run that no other run has, as far as chance goes.
func NewRun() uint64 {
	var b [8]byte
	rand.Read(b[:]) // never returns an error
	return binary.BigEndian.Uint64(b[:]) & runMask
}

// Space makes the ids of one run.
type Space struct{ run uint64 }

// NewSpace returns the space of a run, which is known by the lower 48 bits of its number.
func NewSpace(run uint64) Space { return Space{run: run & runMask} }

// ID returns the text of an id. The same execution and number give the same id. It panics where one of them is not
// below Limit: two things would have one id.
func (s Space) ID(execution, number uint32) string {
	if execution >= Limit || number >= Limit {
		panic(fmt.Sprintf("ids: execution %d, number %d: not below %d", execution, number, Limit))
	}
	return ID{s.run, execution, number}.String()
}

// Has reports whether id was made in this space.
func (s Space) Has(id ID) bool { return id.Run == s.run }

// String returns the id as a UUID in lower case.
func (id ID) String() string {
	hi, lo := pack(scramble(id.halves()))
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], hi)
	binary.BigEndian.PutUint64(raw[8:], lo)
	text := make([]byte, 0, 36) // without fmt: a run makes one for each scenario, and for each ${new id}
	for i, b := range [][]byte{raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:]} {
		if i > 0 {
			text = append(text, '-')
		}
		text = hex.AppendEncode(text, b)
	}
	return string(text)
}

// decode returns the ID in the 128 bits of a UUID, and whether there is one.
func decode(hi, lo uint64) (ID, bool) {
	left, right, ok := unpack(hi, lo)
	if !ok {
		return ID{}, false
	}
	left, right = unscramble(left, right)
	id := ID{
		Run:       left >> 13,
		Execution: uint32(left<<11|right>>50) & (Limit - 1),
		Number:    uint32(right>>checkBits) & (Limit - 1),
	}
	_, want := id.halves()
	return id, right == want
}

// halves lays the fields out, most significant first: run 48, execution 24, number 24, check 26.
func (id ID) halves() (left, right uint64) {
	left = id.Run<<13 | uint64(id.Execution)>>11
	right = uint64(id.Execution)&(1<<11-1)<<24 | uint64(id.Number)
	check := mix(mix(left)+right) >> (64 - checkBits)
	return left, right<<checkBits | check
}

// pack puts 2 x 61 bits around the version and the variant that make a UUID.
func pack(left, right uint64) (hi, lo uint64) {
	const version, variant = 0x4 << 12, 0b10 << 62
	upper := left >> 1 // the 60 bits of the upper word
	hi = upper>>12<<16 | version | upper&(1<<12-1)
	lo = variant | left&1<<halfBits | right
	return hi, lo
}

func unpack(hi, lo uint64) (left, right uint64, ok bool) {
	if hi>>12&0xf != 0x4 || lo>>62 != 0b10 {
		return 0, 0, false
	}
	upper := hi>>16<<12 | hi&(1<<12-1)
	return upper<<1 | lo>>halfBits&1, lo & halfMask, true
}

// The scramble is a Feistel network: whatever mix does, it can be undone. Four rounds let every bit reach every bit.

func scramble(left, right uint64) (uint64, uint64) {
	for round := range uint64(4) {
		left, right = right, left^stir(right, round)
	}
	return left, right
}

func unscramble(left, right uint64) (uint64, uint64) {
	for round := range uint64(4) {
		left, right = right^stir(left, 3-round), left
	}
	return left, right
}

// stir returns 61 bits that depend on all of half, differently in each round.
func stir(half, round uint64) uint64 {
	return mix(half+(round+1)<<halfBits) & halfMask
}

// mix is the finalizer of SplitMix64: it flips half of its output bits for any flipped input bit.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
