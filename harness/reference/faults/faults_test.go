package faults

import (
	"strings"
	"testing"
	"time"
)

func TestFaultsAreReadAsTheyAreWritten(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"drop=0", ""},
		{"drop=1", "drop=1,seed=7"},
		{"duplicate=0.2,delay=3s", "duplicate=0.2,delay=3s,seed=7"},
		{" corrupt=1 , reorder=0.5 ,", "corrupt=1,reorder=0.5,seed=7"},
		{"duplicate=1,duplicate-after=6s,seed=12", "duplicate=1,duplicate-after=6s,seed=12"},
	} {
		f, err := Parse(c.text, 7)
		if err != nil || f.String() != c.want {
			t.Errorf("%q is read as %q (%v), want %q", c.text, f, err, c.want)
		}
	}
}

func TestFaultsThatMakeNoSenseAreErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"dorp=1", `no fault "dorp" (have corrupt, delay, drop, duplicate, duplicate-after, reorder, seed)`},
		{"drop", `fault drop: "" is not a rate`},
		{"drop=1.1", `"1.1" is not a rate`},
		{"drop=-0.1", `"-0.1" is not a rate`},
		{"drop=NaN", `"NaN" is not a rate`},
		{"drop=often", `"often" is not a rate`},
		{"delay=3", `fault delay: "3" is not a length of time`},
		{"delay=-3s", `"-3s" is not a length of time`},
		{"seed=x", "fault seed: "},
		{"duplicate-after=6s", "nothing is duplicated"},
	} {
		_, err := Parse(c.text, 7)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
}

func TestTheSameOrdersMeetTheSameFaults(t *testing.T) {
	f := Faults{Drop: 0.3, Duplicate: 0.3, seed: 5}
	other := Faults{Drop: 0.3, Duplicate: 0.3, seed: 6}
	differ := 0
	for sequence := range uint64(100) {
		if once, again := f.Fate(sequence), f.Fate(sequence); once != again {
			t.Fatalf("order %d has two fates", sequence)
		}
		if f.Fate(sequence) != other.Fate(sequence) {
			differ++
		}
	}
	if differ == 0 {
		t.Error("the seed makes no difference")
	}
}

func TestASecondFaultDoesNotChangeWhatTheFirstOneHits(t *testing.T) {
	alone, together := Faults{Corrupt: 0.3, seed: 5}, Faults{Drop: 0.5, Corrupt: 0.3, seed: 5}
	for sequence := range uint64(100) {
		if alone.Fate(sequence).Corrupt != together.Fate(sequence).Corrupt {
			t.Fatalf("order %d", sequence)
		}
	}
}

func TestARateIsMetOverManyOrders(t *testing.T) {
	const orders = 10_000
	for _, rate := range []float64{0, 0.2, 1} {
		f := Faults{Drop: rate, Duplicate: rate, Corrupt: rate, Reorder: rate, seed: 5}
		var hits [4]int
		for sequence := range uint64(orders) {
			fate := f.Fate(sequence)
			for i, hit := range []bool{fate.Drop, fate.Duplicate, fate.Corrupt, fate.Reorder} {
				if hit {
					hits[i]++
				}
			}
		}
		for i, n := range hits {
			if got := float64(n) / orders; got < rate-0.015 || got > rate+0.015 {
				t.Errorf("fault %d hits %g, want %g", i, got, rate)
			}
		}
	}
}

func TestACorruptedOutputHasOneFieldWrong(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{`{"orderId":"1","status":"SHIPPED"}`, `{"orderId":"1","status":"BACKORDERED"}`},
		{`{"orderId":"1","reason":"UNKNOWN_SKU","sku":"X"}`, `{"orderId":"1","reason":"BACKORDERED","sku":"X"}`},
		{`{"orderId": oops`, `{"orderId": oops!`},
		{``, `!`},
	} {
		body := []byte(c.body)
		if got := string(Corrupted(body)); got != c.want {
			t.Errorf("%s becomes %s, want %s", c.body, got, c.want)
		}
		if string(body) != c.body {
			t.Errorf("the output itself has become %s", body)
		}
	}
}

func TestTheLogNamesTheFaultsThatHit(t *testing.T) {
	f := Fate{Duplicate: true, Delay: time.Second}
	if got := f.String(); got != " (fault: duplicate, delay)" {
		t.Errorf("got %q", got)
	}
	if got := (Fate{}).String(); got != "" {
		t.Errorf("got %q for none", got)
	}
}
