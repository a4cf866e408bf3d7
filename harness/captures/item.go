// Package captures is the layout of the captures table: the DynamoDB table to which a recorder writes what it was
// called with, and which a listener reads. The two run in different processes and meet only here.
// It promises nothing to other modules.
//
// A partition of the table is a channel; its rows are sorted by the time that the source gave, and then by the identity
// of the delivery. So a delivery that is recorded twice meets its own row, and a second publish does not.
package captures

import (
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// The names of the attributes. Channel and At are the key of the table.
const (
	Channel     = "channel"
	At          = "at"
	ID          = "id"
	Key         = "key"
	Headers     = "headers"
	Body        = "body"
	Correlation = "correlation"
	SourceTime  = "sourceTime"
	Resolution  = "grain"
	Handled     = "handled"
	Captured    = "captured"
	Canary      = "canary"
	ExpiresAt   = "expiresAt"
	Gap         = "gap"
	Span        = "span"
)

// layout writes every time with the same number of digits, so that text and time sort alike.
const layout = "2006-01-02T15:04:05.000000000Z"

// Item is one row: one delivery of one event.
type Item struct {
	Channel     string
	At          time.Time // the source's own time, or when it was Handled
	ID          string    // identity of the delivery: a redelivery has the same
	Key         string
	Headers     map[string][]string
	Body        []byte
	Correlation string
	Resolution  time.Duration // resolution of At
	Handled     bool          // the source gives no time: At is the recorder's, at any time after the event appeared
	Captured    time.Time     // the recorder's time
	Canary      string        // the canary's id, and "" on every event that is none
	// why events are lacking here, and "" on every row that is one: a listener has a gap, and no capture
	Gap       string
	Span      time.Duration // of a Gap: how long before it was written they may have begun to lack
	ExpiresAt time.Time     // to the second; the zero time keeps the row for ever
}

// SortKey returns the value of the attribute at.
func (i Item) SortKey() string { return SortPrefix(i.At) + "#" + i.ID }

// SortPrefix returns the text that sorts before the sort key of every row from t on, and behind every earlier one.
func SortPrefix(t time.Time) string { return t.UTC().Format(layout) }

// Expired holds once DynamoDB is free to delete the row, which it may take days to do.
func (i Item) Expired(now time.Time) bool { return !i.ExpiresAt.IsZero() && !now.Before(i.ExpiresAt) }

// Marshal returns the row as DynamoDB takes it. Empty attributes are left out.
func (i Item) Marshal() map[string]types.AttributeValue {
	row := map[string]types.AttributeValue{
		Channel:    &types.AttributeValueMemberS{Value: i.Channel},
		At:         &types.AttributeValueMemberS{Value: i.SortKey()},
		SourceTime: &types.AttributeValueMemberS{Value: SortPrefix(i.At)},
	}
	text := func(name, value string) {
		if value != "" {
			row[name] = &types.AttributeValueMemberS{Value: value}
		}
	}
	number := func(name string, value int64) {
		if value != 0 {
			row[name] = &types.AttributeValueMemberN{Value: strconv.FormatInt(value, 10)}
		}
	}
	text(ID, i.ID)
	text(Key, i.Key)
	text(Correlation, i.Correlation)
	text(Canary, i.Canary)
	text(Gap, i.Gap)
	number(Span, i.Span.Nanoseconds())
	number(Resolution, i.Resolution.Nanoseconds())
	if i.Handled {
		row[Handled] = &types.AttributeValueMemberBOOL{Value: true}
	}
	if !i.Captured.IsZero() {
		text(Captured, SortPrefix(i.Captured))
	}
	if !i.ExpiresAt.IsZero() {
		number(ExpiresAt, i.ExpiresAt.Unix())
	}
	if len(i.Headers) > 0 {
		headers := make(map[string]types.AttributeValue, len(i.Headers))
		for name, values := range i.Headers {
			headers[name] = written(values)
		}
		row[Headers] = &types.AttributeValueMemberM{Value: headers}
	}
	if len(i.Body) > 0 {
		row[Body] = &types.AttributeValueMemberB{Value: i.Body}
	}
	return row
}

// Unmarshal reads a row. A row whose sort key does not say its own source time and id is an error: the table's order
// would not be the order of its events.
func Unmarshal(row map[string]types.AttributeValue) (Item, error) {
	r := reader{row: row}
	i := Item{
		Channel:     r.text(Channel),
		At:          r.time(SourceTime),
		ID:          r.text(ID),
		Key:         r.text(Key),
		Headers:     r.lists(Headers),
		Body:        r.bytes(Body),
		Correlation: r.text(Correlation),
		Resolution:  time.Duration(r.number(Resolution)),
		Handled:     r.bool(Handled),
		Captured:    r.time(Captured),
		Canary:      r.text(Canary),
		Gap:         r.text(Gap),
		Span:        time.Duration(r.number(Span)),
	}
	if seconds := r.number(ExpiresAt); seconds != 0 {
		i.ExpiresAt = time.Unix(seconds, 0).UTC()
	}
	sortKey := r.text(At)
	if r.err == nil && sortKey != i.SortKey() {
		r.err = fmt.Errorf("the sort key %q is not sourceTime#id, %q", sortKey, i.SortKey())
	}
	if r.err != nil {
		return Item{}, fmt.Errorf("row of a captures table: %w", r.err)
	}
	return i, nil
}

// reader reads attributes and keeps the first error. An attribute that is not there reads as its zero value.
type reader struct {
	row map[string]types.AttributeValue
	err error
}

func (r *reader) text(name string) string {
	v, ok := attribute[*types.AttributeValueMemberS](r, name, "a string")
	if !ok {
		return ""
	}
	return v.Value
}

func (r *reader) bytes(name string) []byte {
	v, ok := attribute[*types.AttributeValueMemberB](r, name, "binary")
	if !ok {
		return nil
	}
	return v.Value
}

func (r *reader) bool(name string) bool {
	v, ok := attribute[*types.AttributeValueMemberBOOL](r, name, "true or false")
	return ok && v.Value
}

func (r *reader) number(name string) int64 {
	v, ok := attribute[*types.AttributeValueMemberN](r, name, "a number")
	if !ok {
		return 0
	}
	n, err := strconv.ParseInt(v.Value, 10, 64)
	if err != nil {
		r.fail(fmt.Errorf("%s: %q is not a whole number", name, v.Value))
	}
	return n
}

func (r *reader) time(name string) time.Time {
	value := r.text(name)
	if value == "" {
		return time.Time{}
	}
	t, err := time.Parse(layout, value)
	if err != nil {
		r.fail(fmt.Errorf("%s: %q is not a time like %s", name, value, layout))
	}
	return t
}

// written returns the values of a header: one as a string, as all were before there could be several, else a list.
func written(values []string) types.AttributeValue {
	if len(values) == 1 {
		return &types.AttributeValueMemberS{Value: values[0]}
	}
	list := make([]types.AttributeValue, len(values))
	for i, value := range values {
		list[i] = &types.AttributeValueMemberS{Value: value}
	}
	return &types.AttributeValueMemberL{Value: list}
}

func (r *reader) lists(name string) map[string][]string {
	v, ok := attribute[*types.AttributeValueMemberM](r, name, "a map")
	if !ok {
		return nil
	}
	lists := make(map[string][]string, len(v.Value))
	for k, value := range v.Value {
		all := []types.AttributeValue{value}
		if list, ok := value.(*types.AttributeValueMemberL); ok {
			all = list.Value
		}
		lists[k] = make([]string, 0, len(all))
		for _, one := range all {
			s, ok := one.(*types.AttributeValueMemberS)
			if !ok {
				r.fail(fmt.Errorf("%s.%s is neither a string nor a list of strings", name, k))
				return nil
			}
			lists[k] = append(lists[k], s.Value)
		}
	}
	return lists
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// attribute returns the attribute of that name and kind, and false where it is not there or of another kind.
func attribute[T types.AttributeValue](r *reader, name, kind string) (T, bool) {
	value, ok := r.row[name]
	if !ok {
		var none T
		return none, false
	}
	typed, ok := value.(T)
	if !ok {
		r.fail(fmt.Errorf("%s is not %s", name, kind))
	}
	return typed, ok
}
