package postgres

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pglogrepl"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// aNumber is a domain, numbers an array of it, and boxes an array whose elements have semicolons between.
const (
	aNumber, numbers, words, boxes = 20_001, 20_002, 1009, 1020
)

var someKinds = kinds{
	aNumber: {base: typeInt4}, numbers: {base: numbers, element: aNumber, delimiter: ','},
	words: {base: words, element: 25, delimiter: ','}, boxes: {base: boxes, element: 603, delimiter: ';'},
}

func TestValuesAreWrittenAsJSON(t *testing.T) {
	for _, c := range []struct {
		of         uint32
		text, want string
	}{
		{typeBool, "t", "true"},
		{typeInt8, "9007199254740993", "9007199254740993"},
		{typeNumeric, "1.50", "1.50"},
		{typeNumeric, "NaN", `"NaN"`},
		{typeFloat8, "-Infinity", `"-Infinity"`},
		{typeFloat8, "1e+20", "1e+20"},
		{typeJSON, `{ "a" : 1.0 }`, `{ "a" : 1.0 }`},
		{typeTimestampTZ, "2026-11-30 15:04:05.1+00", `"2026-11-30T15:04:05.1Z"`},
		{typeTimestampTZ, "infinity", `"infinity"`},
		{typeTimestamp, "2026-11-30 15:04:05", `"2026-11-30T15:04:05"`},
		{typeTimestamp, "0044-03-15 12:00:00 BC", `"0044-03-15 12:00:00 BC"`},
		{25, "a < b & \"c\"", `"a < b & \"c\""`},
		{aNumber, "7", "7"},
		{numbers, "{}", "[]"},
		{numbers, "{1,NULL,3}", "[1,null,3]"},
		{numbers, "{{1,2},{3,4}}", "[[1,2],[3,4]]"},
		{numbers, "[0:1]={5,6}", "[5,6]"},
		{words, `{a,"b \"c\", \\ d",NULL,"NULL",""}`, `["a","b \"c\", \\ d",null,"NULL",""]`},
		{boxes, "{(2,2),(1,1);(4,4),(3,3)}", `["(2,2),(1,1)","(4,4),(3,3)"]`},
	} {
		if got, err := someKinds.json(nil, c.of, []byte(c.text)); err != nil || string(got) != c.want {
			t.Errorf("%s of type %d: got %s, %v, want %s", c.text, c.of, got, err, c.want)
		}
	}
	if got, err := someKinds.json(nil, typeInt4, nil); err != nil || string(got) != "null" {
		t.Errorf("NULL: got %s, %v, want null", got, err)
	}
}

func TestWhatIsNoValueIsAnError(t *testing.T) {
	for _, text := range []string{"1,2", "{1,2", "{1,2}}", "{,}", `{"a`, "[0:1]", "{1;2;}}"} {
		if got, err := someKinds.json(nil, numbers, []byte(text)); err == nil {
			t.Errorf("%s: got %s, want an error", text, got)
		}
	}
	if got, err := someKinds.json(nil, 25, []byte("caf\xe9")); err == nil {
		t.Errorf("got %s for what is not UTF-8, want an error", got)
	}
}

// sunk is a sink that remembers captures and canaries.
type sunk struct {
	seen     []event.Event
	canaries int
}

func (s *sunk) Capture(e event.Event)         { s.seen = append(s.seen, e) }
func (*sunk) Gone(string, time.Time)          {}
func (*sunk) Gap(time.Time, time.Time, error) {}
func (s *sunk) Canary(event.Event, time.Time) { s.canaries++ }
func tuple(values ...string) *pglogrepl.TupleData {
	t := &pglogrepl.TupleData{}
	for _, v := range values {
		c := &pglogrepl.TupleDataColumn{DataType: pglogrepl.TupleDataTypeText, Data: []byte(v)}
		switch v {
		case "NULL":
			c = &pglogrepl.TupleDataColumn{DataType: pglogrepl.TupleDataTypeNull}
		case "UNCHANGED":
			c = &pglogrepl.TupleDataColumn{DataType: pglogrepl.TupleDataTypeToast}
		}
		t.Columns = append(t.Columns, c)
	}
	return t
}

// ordersDecoder reads changes of a table with the columns id, status, payload and gross, which is generated.
// The server tells of it as the relation 1, and of another table as 2.
func ordersDecoder(t *testing.T) (*decoder, *sunk) {
	t.Helper()
	s := &sunk{}
	all := []column{{name: "id", typ: typeInt4}, {name: "status", typ: 25}, {name: "payload", typ: 25}, {name: "gross", typ: typeInt4}}
	d := &decoder{
		listener: &changes{addr: address{schema: "public", table: "orders"}, id: "me", sink: s, moved: make(chan struct{})},
		keys:     all[:1], table: &table{columns: all},
		open: &transaction{id: 700, committed: time.Unix(1, 0)},
	}
	for i, name := range []string{"orders", "others"} {
		m := &pglogrepl.RelationMessage{RelationID: uint32(i + 1), Namespace: "public", RelationName: name}
		for j, c := range all[:3] {
			told := &pglogrepl.RelationMessageColumn{Name: c.name, DataType: c.typ}
			if j == 0 {
				told.Flags = 1 // of the replica identity
			}
			m.Columns = append(m.Columns, told)
		}
		if err := d.relation(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	return d, s
}

func TestWhatIsNotKnownOfARowIsLeftOut(t *testing.T) {
	const old, key = pglogrepl.UpdateMessageTupleTypeOld, pglogrepl.UpdateMessageTupleTypeKey
	for _, c := range []struct {
		operation     string
		after, before *pglogrepl.TupleData
		of            uint8
		body, unknown string
	}{
		{insert, tuple("1", "NEW", "NULL"), nil, 0, `{"id":1,"status":"NEW","payload":null}`, "gross"},
		{update, tuple("1", "PAID", "UNCHANGED"), nil, 0, `{"id":1,"status":"PAID"}`, "payload gross"},
		{update, tuple("2", "PAID", "UNCHANGED"), tuple("1", "NULL", "NULL"), key, `{"id":2,"status":"PAID"}`, "payload gross"},
		{update, tuple("1", "PAID", "UNCHANGED"), tuple("1", "NEW", "x"), old, `{"id":1,"status":"PAID","payload":"x"}`, "gross"},
		{deletion, nil, tuple("1", "NULL", "NULL"), key, `{"id":1}`, "status payload gross"},
		{deletion, nil, tuple("1", "NULL", "x"), old, `{"id":1,"status":null,"payload":"x"}`, "gross"},
	} {
		d, _ := ordersDecoder(t)
		if err := d.change(1, c.operation, c.after, c.before, c.of); err != nil {
			t.Fatal(err)
		}
		got := d.open.events[0]
		if string(got.Body) != c.body {
			t.Errorf("%s: got %s, want %s", c.operation, got.Body, c.body)
		}
		if unknown := strings.Join(got.Headers[unknownHeader], " "); unknown != c.unknown {
			t.Errorf("%s: got %q unknown, want %q", c.operation, unknown, c.unknown)
		}
		if got.Headers[operationHeader][0] != c.operation {
			t.Errorf("got the operation %q, want %s", got.Headers[operationHeader], c.operation)
		}
	}
}

func TestNothingIsCapturedBeforeItsCommit(t *testing.T) {
	d, s := ordersDecoder(t)
	for range 2 {
		if err := d.change(1, insert, tuple("1", "NEW", "x"), nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.change(2, insert, tuple("1", "NEW", "x"), nil, 0); err != nil { // another table
		t.Fatal(err)
	}
	if len(s.seen) != 0 {
		t.Errorf("got %d captures before the commit, want none", len(s.seen))
	}
	d.listener.take(d.open, 10)
	var ids []string
	for _, e := range s.seen {
		ids = append(ids, e.ID)
	}
	if want := []string{"700", "700.1"}; !slices.Equal(ids, want) {
		t.Errorf("got the identities %q, want %q", ids, want)
	}
}

// A mark proves what its own listener has read: one of another, or of an earlier process on the same slot, proves
// nothing.
func TestAMarkIsTheListenersOwn(t *testing.T) {
	d, s := ordersDecoder(t)
	d.listener.marks = 2
	for content, want := range map[string]int{"me 2": 2, "me 1": 1, "you 2": 0, "me x": 0, "me2": 0} {
		if got := d.markOf(&pglogrepl.LogicalDecodingMessage{Prefix: markPrefix, Content: []byte(content)}); got != want {
			t.Errorf("%q: got the mark %d, want %d", content, got, want)
		}
	}
	if got := d.markOf(&pglogrepl.LogicalDecodingMessage{Prefix: "theirs", Content: []byte("me 2")}); got != 0 {
		t.Errorf("got the mark %d of a message of the system's, want none", got)
	}
	for _, c := range []struct {
		mark     int
		foreign  bool
		canaries int
		why      string
	}{
		{1, false, 0, "an earlier mark was written at a time that is not known any more"},
		{2, true, 0, "its time is of another clock"},
		{2, false, 1, "it shows where the clock is"},
	} {
		d.listener.take(&transaction{mark: c.mark, foreign: c.foreign, committed: time.Unix(1, 0)}, 10)
		if s.canaries != c.canaries {
			t.Errorf("got %d canaries, want %d: %s", s.canaries, c.canaries, c.why)
		}
	}
}

func TestFieldsOfAnEventAreColumns(t *testing.T) {
	p := &producer{table: &table{columns: []column{{name: "id"}, {name: "line"}, {name: "sku"}}}, keys: []column{{name: "id"}, {name: "line"}}}
	for _, c := range []struct {
		event event.Event
		want  string
	}{
		{event.Event{Key: "7/1", Body: []byte(`{"sku":"A"}`)}, `id="7" line="1" sku="A"`},
		{event.Event{Key: "7/1", Body: []byte(`{"id":7}`)}, `id=7 line="1"`},
		{event.Event{Body: []byte(`{}`)}, ``},
		{event.Event{Headers: map[string][]string{harness.CanaryHeader: {"x"}}, Body: []byte(`{}`)}, ``},
		{event.Event{Key: "7", Body: []byte(`{}`)}, "error: write id/line"},
		{event.Event{Key: "7/1", Body: []byte(`{"id":8}`)}, "error: says 7 for id, and its body 8"},
		{event.Event{Body: []byte(`{"skuu":"A"}`)}, `error: did you mean "sku"`},
		{event.Event{Body: []byte(`[1]`)}, "error: not a JSON object"},
		{event.Event{Headers: map[string][]string{"type": {"x"}}, Body: []byte(`{}`)}, "error: a row has no headers"},
	} {
		fields, err := p.fields(c.event)
		var got []string
		for _, name := range []string{"id", "line", "sku"} {
			if value, ok := fields[name]; ok {
				got = append(got, name+"="+string(value))
			}
		}
		if want, wrong := strings.CutPrefix(c.want, "error: "); wrong && (err == nil || !strings.Contains(err.Error(), want)) ||
			!wrong && (err != nil || strings.Join(got, " ") != c.want) {
			t.Errorf("%s %s: got %q, %v, want %s", c.event.Key, c.event.Body, got, err, c.want)
		}
	}
}
