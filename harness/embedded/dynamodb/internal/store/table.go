// Package store holds tables in memory: what their keys are, and their items in the order of their keys. It has no
// lock of its own; whoever serves requests from it has one.
package store

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/value"
)

// The limits that DynamoDB sets, in bytes.
const (
	maxPartitionKey = 2048
	maxSortKey      = 1024
	maxItem         = 400 * 1024
)

// KeyAttribute is one part of a table's key.
type KeyAttribute struct {
	Name string
	Type value.Type
}

// Key is what identifies an item: the value of the partition key, and of the sort key where the table has one.
type Key [2]value.Value

// Equal says whether k and l are the key of one item.
func (k Key) Equal(l Key) bool { return k.compare(l) == 0 }

// compare orders keys by partition, and by sort key within one.
func (k Key) compare(l Key) int {
	return cmp.Or(k[0].Compare(l[0]), k[1].Compare(l[1]))
}

// Record is an item with its key and its size in bytes.
type Record struct {
	Key  Key
	Item value.Item
	Size int
}

// Table is one table. Its records are one slice in the order of their keys: looking up and reading a range is a binary
// search, and a new record moves pointers only, which costs less than a tree would at the size of a test.
type Table struct {
	Name        string
	Keys        []KeyAttribute // the partition key, and the sort key if there is one
	Created     time.Time
	Throughput  *Throughput // nil when paid per request
	Expiry      string      // the attribute that time to live looks at, "" when it is disabled
	records     []*Record
	recordBytes int
}

// Throughput is what a table was provisioned for. Nothing is throttled.
type Throughput struct{ Read, Write int64 }

// Len returns how many items the table has.
func (t *Table) Len() int { return len(t.records) }

// Bytes returns the size of all items.
func (t *Table) Bytes() int { return t.recordBytes }

// KeyOf returns the key of an item, or why it cannot be one of this table.
func (t *Table) KeyOf(item value.Item) (Key, error) {
	var key Key
	for i, attribute := range t.Keys {
		v, ok := item[attribute.Name]
		if !ok {
			return Key{}, value.Invalid("One of the required keys was not given a value")
		}
		if err := attribute.check(v, "Type mismatch for key"); err != nil {
			return Key{}, err
		}
		key[i] = v
	}
	if key[0].Size() > maxPartitionKey || key[1].Size() > maxSortKey {
		return Key{}, value.Invalid("Hash primary key values must be under 2048 bytes, " +
			"and range primary key values must be under 1024 bytes")
	}
	return key, nil
}

// check refuses a value that this part of a key cannot have; mismatch is what is said of a wrong type.
func (a KeyAttribute) check(v value.Value, mismatch string) error {
	switch {
	case v.Type != a.Type && !value.Ordered(v.Type):
		return value.Invalid("Invalid attribute value type")
	case v.Type != a.Type:
		return value.Invalid("One or more parameter values were invalid: " + mismatch)
	}
	return a.CheckNotEmpty(v)
}

// CheckNotEmpty refuses the empty string and the empty binary.
func (a KeyAttribute) CheckNotEmpty(v value.Value) error {
	if v.Type == value.Num || v.Text != "" {
		return nil
	}
	noun := "string"
	if v.Type == value.Binary {
		noun = "binary"
	}
	return value.Invalidf("One or more parameter values are not valid. The AttributeValue for a key attribute "+
		"cannot contain an empty %s value. Key: %s", noun, a.Name)
}

// ExactKey returns the key that a request names: an item that consists of nothing but the key.
func (t *Table) ExactKey(item value.Item) (Key, error) {
	if len(item) != len(t.Keys) {
		return Key{}, value.Invalid("The number of conditions on the keys is invalid")
	}
	return t.KeyOf(item)
}

// KeyItem returns the item that consists of nothing but key.
func (t *Table) KeyItem(key Key) value.Item {
	item := make(value.Item, len(t.Keys))
	for i, attribute := range t.Keys {
		item[attribute.Name] = key[i]
	}
	return item
}

// Check refuses an item that the table cannot hold, and returns it as a record. tooLarge is its error for the size.
func (t *Table) Check(item value.Item, tooLarge value.Invalid) (*Record, error) {
	key, err := t.KeyOf(item)
	if err != nil {
		return nil, err
	}
	for _, v := range item {
		if err := v.CheckDepth(); err != nil {
			return nil, err
		}
	}
	size := item.Size()
	if size > maxItem {
		return nil, tooLarge
	}
	return &Record{key, item, size}, nil
}

// Get returns the item with this key, or nil.
func (t *Table) Get(key Key) value.Item {
	if at, found := t.find(key); found {
		return t.records[at].Item
	}
	return nil
}

// Put stores a record in place of the one with the same key.
func (t *Table) Put(r *Record) {
	at, found := t.find(r.Key)
	t.recordBytes += r.Size
	if !found {
		t.records = slices.Insert(t.records, at, r)
		return
	}
	t.recordBytes -= t.records[at].Size
	t.records[at] = r
}

// Delete removes the item with this key, if there is one.
func (t *Table) Delete(key Key) {
	if at, found := t.find(key); found {
		t.recordBytes -= t.records[at].Size
		t.records = slices.Delete(t.records, at, at+1)
	}
}

func (t *Table) find(key Key) (at int, found bool) {
	return slices.BinarySearchFunc(t.records, key, func(r *Record, key Key) int { return r.Key.compare(key) })
}

// All returns every record, in the order of the keys. The slice is valid until the table changes.
func (t *Table) All() []*Record { return t.records }

// Range returns the records on whose key side says 0, in the order of the keys. side is -1 for all keys before them,
// and 1 for all behind them. The slice is valid until the table changes.
func (t *Table) Range(side func(Key) int) []*Record {
	from := sort.Search(len(t.records), func(i int) bool { return side(t.records[i].Key) >= 0 })
	length := sort.Search(len(t.records)-from, func(i int) bool { return side(t.records[from+i].Key) > 0 })
	return t.records[from : from+length]
}

// After returns those of the records, which are in the order of their keys, that come after key: behind it if forward,
// and before it otherwise.
func After(records []*Record, key Key, forward bool) []*Record {
	at, found := slices.BinarySearchFunc(records, key, func(r *Record, key Key) int { return r.Key.compare(key) })
	switch {
	case !forward:
		return records[:at]
	case found:
		return records[at+1:]
	default:
		return records[at:]
	}
}
