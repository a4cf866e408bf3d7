package ids

import (
	"encoding/hex"
	"math/bits"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// some are fields at their edges and in between.
func some() []ID {
	return []ID{
		{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1},
		{runMask, Limit - 1, Limit - 1}, {runMask, 0, Limit - 1}, {0, Limit - 1, 0},
		{0x123456789abc, 0xdef012, 0x345678},
	}
}

func TestAnIDSaysWhatItWasMadeOf(t *testing.T) {
	for _, want := range some() {
		text := NewSpace(want.Run).ID(want.Execution, want.Number)
		if got, ok := Parse(text); !ok || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", text, got, ok, want)
		}
	}
}

func TestAnIDIsAVersion4UUID(t *testing.T) {
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	for _, id := range some() {
		if text := id.String(); !uuid.MatchString(text) {
			t.Errorf("%+v: %s is none", id, text)
		}
	}
}

func TestTheFormOfIDsIsKept(t *testing.T) {
	// A run that resumes what an earlier version of Harken began must know its ids.
	const want = "f6285903-33a6-419d-9535-580e7106fd8e"
	if got := NewSpace(0x123456789abc).ID(5, 6); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestParseTakesTheFormsThatSystemsMakeOfAnID(t *testing.T) {
	want := ID{0x123456789abc, 5, 6}
	text := want.String()
	plain := strings.ReplaceAll(text, "-", "")
	for _, form := range []string{text, strings.ToUpper(text), plain, strings.ToUpper(plain)} {
		if got, ok := Parse([]byte(form)); !ok || got != want {
			t.Errorf("%s: got %+v, %v", form, got, ok)
		}
	}
	for _, form := range []string{
		"", " " + text, text + " ", text[1:], text[:35], plain[:31], plain + "0", "a-" + text,
		strings.Replace(text, "-", "_", 1), strings.Replace(plain, plain[:1], "g", 1), plain[:4] + "-" + plain[4:31],
		text[:7] + "-" + text[8:], "4c8dcc67-8e7c-4a3b-9f0e-1d2c3b4a5968",
	} {
		if got, ok := Parse(form); ok {
			t.Errorf("%q: got %+v, want none", form, got)
		}
	}
}

func TestAFlippedBitIsNoID(t *testing.T) {
	for _, id := range some() {
		raw, err := hex.DecodeString(strings.ReplaceAll(id.String(), "-", ""))
		if err != nil {
			t.Fatal(err)
		}
		for bit := range 128 {
			raw[bit/8] ^= 1 << (bit % 8)
			if got, ok := Parse(hex.EncodeToString(raw)); ok {
				t.Errorf("%s with bit %d flipped is taken for %+v", id, bit, got)
			}
			raw[bit/8] ^= 1 << (bit % 8)
		}
	}
}

func TestForeignUUIDsAreNoIDs(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 1_000_000 {
		hi := random.Uint64()&^0xf000 | 0x4000
		lo := random.Uint64()&^(3<<62) | 2<<62
		if id, ok := decode(hi, lo); ok {
			t.Errorf("%x%x is taken for %+v", hi, lo, id)
		}
	}
}

func TestTheIDsOfARunAreSpread(t *testing.T) {
	space := NewSpace(0x123456789abc)
	first := map[string]int{}
	for n := range uint32(1000) {
		first[space.ID(n/10, n%10)[:2]]++
	}
	// 1,000 ids in 256 places leave 5 of them empty and put 12 into the fullest, give or take.
	if len(first) < 240 {
		t.Errorf("1,000 ids have %d first bytes, want nearly all of 256", len(first))
	}
	for b, n := range first {
		if n > 16 {
			t.Errorf("%d of 1,000 ids begin with %s", n, b)
		}
	}
}

func TestNeighboursDifferInHalfOfTheirBits(t *testing.T) {
	neighbours := map[string]ID{
		"number": {Number: 1}, "execution": {Execution: 1}, "run": {Run: 1},
		"high number": {Number: Limit / 2}, "high execution": {Execution: Limit / 2}, "high run": {Run: 1 << (runBits - 1)},
	}
	random := rand.New(rand.NewPCG(3, 4))
	for name, step := range neighbours {
		const pairs = 1000
		differ := 0
		for range pairs {
			id := ID{random.Uint64() & runMask, random.Uint32N(Limit), random.Uint32N(Limit)}
			next := ID{id.Run ^ step.Run, id.Execution ^ step.Execution, id.Number ^ step.Number}
			hi, lo := pack(scramble(id.halves()))
			hi2, lo2 := pack(scramble(next.halves()))
			differ += bits.OnesCount64(hi^hi2) + bits.OnesCount64(lo^lo2)
		}
		if mean := float64(differ) / pairs; mean < 60 || mean > 62 {
			t.Errorf("%s: ids differ in %.1f bits of 122, want about 61", name, mean)
		}
	}
}

func TestASpaceKnowsItsOwn(t *testing.T) {
	mine, other := NewSpace(1), NewSpace(2)
	id, _ := Parse(mine.ID(0, 0))
	if !mine.Has(id) || other.Has(id) {
		t.Errorf("%+v belongs to space 1 alone", id)
	}
	if NewSpace(1<<runBits+1) != mine {
		t.Error("more bits than a run has make another space")
	}
}

func TestWhatDoesNotFitPanics(t *testing.T) {
	for _, call := range []func(){
		func() { NewSpace(1).ID(Limit, 0) },
		func() { NewSpace(1).ID(0, Limit) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("an id was made of what does not fit")
				}
			}()
			call()
		}()
	}
}

func TestRunsDiffer(t *testing.T) {
	seen := map[uint64]bool{}
	for range 1000 {
		run := NewRun()
		if run > runMask || seen[run] {
			t.Fatalf("%x: too long, or seen before", run)
		}
		seen[run] = true
	}
}
