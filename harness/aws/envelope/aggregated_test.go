package envelope

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness/event"
)

// testdata/kinesis-aggregated.json is made by aws-kinesis-agg 1.2.3 of PyPI, an implementation of its own, by the
// script beside it.
func TestEachRecordThatAProducerLibraryHasPackedIsAnEvent(t *testing.T) {
	records, err := Unpack(payload(t, "kinesis-aggregated.json"))
	if err != nil {
		t.Fatal(err)
	}
	const sequence = "shardId-000000000006:49590338271490256608559692538361571095921575989136588898"
	want := []struct{ key, body string }{
		{"o-1", `{"orderId":"o-1"}`}, {"o-2", `{"orderId":"o-2"}`}, {"o-1", "\x00\xff\x80"}, {"é", ""},
		{"o-2", strings.Repeat("x", 300)},
	}
	if len(records) != len(want) {
		t.Fatalf("got %d records, want %d", len(records), len(want))
	}
	for i, r := range records {
		if r.Err != nil || r.Gap != nil {
			t.Errorf("%d: got %v, %v", i, r.Err, r.Gap)
		}
		if id := fmt.Sprintf("%s:%d", sequence, i); r.Event.ID != id {
			t.Errorf("%d: got the identity %s, want %s", i, r.Event.ID, id)
		}
		if r.Event.Key != want[i].key || string(r.Event.Body) != want[i].body {
			t.Errorf("%d: got %q of the key %q, want %q of %q", i, r.Event.Body, r.Event.Key, want[i].body, want[i].key)
		}
		if !r.Event.Stamp.Equal(records[0].Event.Stamp) || r.Event.Stamp.IsZero() || r.Sources[1] != "shipments-stream" ||
			r.Sub != i {
			t.Errorf("%d: got %+v", i, r)
		}
	}
}

// sealed returns a message as a producer library packs it.
func sealed(message []byte) []byte {
	sum := md5.Sum(message)
	return slices.Concat(magic, message, sum[:])
}

func TestWhatIsNoPackedRecordIsOneEvent(t *testing.T) {
	for _, body := range []string{"", "{}", "\xf3\x89\x9a", "x" + string(magic)} {
		events, err := Disaggregate(event.Event{ID: "s:1", Key: "k", Body: []byte(body)})
		if err != nil || len(events) != 1 || events[0].ID != "s:1" || events[0].Key != "k" || string(events[0].Body) != body {
			t.Errorf("%q: got %+v, %v", body, events, err)
		}
	}
	if events, err := Disaggregate(event.Event{Body: sealed(nil)}); err != nil || len(events) != 0 {
		t.Errorf("of one into which nothing was packed: got %+v, %v", events, err)
	}
}

func TestARecordThatCannotBeTakenApartSaysWhy(t *testing.T) {
	key, one := []byte("\x0a\x01k"), []byte("\x1a\x05\x08\x00\x1a\x01x")
	for _, c := range []struct {
		body []byte
		want string
	}{
		{magic, "it is too short to have a checksum"},
		{append(bytes.Clone(magic), make([]byte, 16)...), "its checksum is wrong"},
		{append(sealed(slices.Concat(key, one)), 0), "its checksum is wrong"},
		{sealed([]byte("\x0a")), "the protobuf message in it breaks off"},
		{sealed([]byte("\x0a\x02k")), "the protobuf message in it breaks off"},
		{sealed([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")), "the protobuf message in it breaks off"},
		{sealed([]byte("\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")), "the protobuf message in it breaks off"},
		{sealed([]byte("\x21\x00")), "the protobuf message in it breaks off"},
		{sealed([]byte("\x0b")), "a field of the wire type 3"},
		{sealed(slices.Concat(key, one, []byte("\x1a\x02\x08\x00"))), "record 2 of 2 in it: it has no data"},
		{sealed(slices.Concat(key, []byte("\x1a\x03\x1a\x01x"))), "record 1 of 1 in it: it names no partition key"},
		{sealed(one), "record 1 of 1 in it: it names the partition key 1 of 0"},
	} {
		_, err := Disaggregate(event.Event{ID: "s:1", Body: c.body})
		if err == nil || !strings.HasPrefix(err.Error(),
			"record s:1 begins as one into which a producer library has packed several, and cannot be taken apart: ") ||
			!strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%x: got %v, want %s", c.body, err, c.want)
		}
	}
	odd := sealed(slices.Concat([]byte("\x12\x01h"), key, one, []byte("\x1a\x0f\x21abcdefgh\x08\x00\x1a\x02yz"),
		[]byte("\x25abcd")))
	if events, err := Disaggregate(event.Event{ID: "s:1", Body: odd}); err != nil || len(events) != 2 ||
		string(events[1].Body) != "yz" {
		t.Errorf("with fields that nobody knows: got %+v, %v", events, err)
	}
}

func FuzzDisaggregate(f *testing.F) {
	f.Add([]byte("\x0a\x01k\x1a\x05\x08\x00\x1a\x01x"))
	f.Fuzz(func(t *testing.T, message []byte) {
		events, err := Disaggregate(event.Event{ID: "s:1", Body: sealed(message)})
		total := 0
		for _, e := range events {
			total += len(e.Body)
		}
		if err == nil && total > len(message) {
			t.Errorf("%d bytes came of %d", total, len(message))
		}
	})
}
