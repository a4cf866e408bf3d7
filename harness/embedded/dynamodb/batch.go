package dynamodb

// BatchGetItem and BatchWriteItem.

import (
	"maps"
	"slices"

	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/store"
	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/value"
)

// The limits of a batch.
const (
	maxBatchGet      = 100
	maxBatchWrite    = 25
	maxBatchGetBytes = 16 << 20
)

const errDuplicates = value.Invalid("Provided list of item keys contains duplicates")

type (
	keysAndAttributes struct {
		Keys                     []wireItem
		ConsistentRead           bool              `json:",omitempty"`
		ProjectionExpression     *string           `json:",omitempty"`
		ExpressionAttributeNames map[string]string `json:",omitempty"`
	}
	batchGetItemRequest struct {
		RequestItems map[string]keysAndAttributes
	}
	batchGetItemAnswer struct {
		Responses       map[string][]value.Item
		UnprocessedKeys map[string]keysAndAttributes
	}
)

func (s *Server) batchGetItem(r batchGetItemRequest) (batchGetItemAnswer, error) {
	answer := batchGetItemAnswer{map[string][]value.Item{}, map[string]keysAndAttributes{}}
	count := 0
	for _, name := range slices.Sorted(maps.Keys(r.RequestItems)) {
		keys := len(r.RequestItems[name].Keys)
		if keys == 0 {
			return answer, value.Invalidf("The list of keys in RequestItems for BatchGetItem is required: %s has empty list",
				name)
		}
		count += keys
	}
	switch {
	case count == 0:
		return answer, value.Invalid("BatchGetItem must have some requests set")
	case count > maxBatchGet:
		return answer, value.Invalid("Too many items requested for the BatchGetItem call")
	}
	size := 0
	for _, name := range slices.Sorted(maps.Keys(r.RequestItems)) {
		if err := s.batchGetTable(name, r.RequestItems[name], &size, &answer); err != nil {
			return batchGetItemAnswer{}, err
		}
	}
	return answer, nil
}

// batchGetTable answers one table's part of a batch. size is how many bytes were returned so far; keys that come after
// the limit was reached stay unprocessed.
func (s *Server) batchGetTable(name string, wanted keysAndAttributes, size *int, answer *batchGetItemAnswer) error {
	table, err := s.table(&name)
	if err != nil {
		return err
	}
	projection, err := projectionOnly(wanted.ProjectionExpression, wanted.ExpressionAttributeNames)
	if err != nil {
		return err
	}
	found := []value.Item{}
	left := wanted
	left.Keys = nil
	var seen []store.Key
	for _, wire := range wanted.Keys {
		at, err := key(table, wire)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(seen, at.Equal) {
			return errDuplicates
		}
		seen = append(seen, at)
		item := table.Get(at)
		if item == nil {
			continue
		}
		if *size+item.Size() > maxBatchGetBytes {
			left.Keys = append(left.Keys, wire)
			continue
		}
		*size += item.Size()
		found = append(found, projection.Of(item))
	}
	answer.Responses[name] = found
	if left.Keys != nil {
		answer.UnprocessedKeys[name] = left
	}
	return nil
}

type (
	writeRequest struct {
		PutRequest    *struct{ Item wireItem }
		DeleteRequest *struct{ Key wireItem }
	}
	batchWriteItemRequest struct {
		RequestItems map[string][]writeRequest
	}
	batchWriteItemAnswer struct {
		UnprocessedItems struct{} // everything is always processed
	}
	// write is one checked write of a batch: record is put, or key is deleted where there is none.
	write struct {
		table  *store.Table
		key    store.Key
		record *store.Record
	}
)

func (s *Server) batchWriteItem(r batchWriteItemRequest) (batchWriteItemAnswer, error) {
	count := 0
	names := slices.Sorted(maps.Keys(r.RequestItems))
	for _, name := range names {
		if len(r.RequestItems[name]) == 0 {
			return batchWriteItemAnswer{}, value.Invalidf("The batch write request list for a table cannot be null or empty: %s",
				name)
		}
		count += len(r.RequestItems[name])
	}
	switch {
	case count == 0:
		return batchWriteItemAnswer{}, value.Invalid("BatchWriteItem cannot have a null or no requests set")
	case count > maxBatchWrite:
		return batchWriteItemAnswer{}, value.Invalid("Too many items requested for the BatchWriteItem call")
	}
	var writes []write
	for _, name := range names {
		ofTable, err := s.batchWriteTable(name, r.RequestItems[name])
		if err != nil {
			return batchWriteItemAnswer{}, err
		}
		writes = append(writes, ofTable...)
	}
	for _, w := range writes {
		if w.record == nil {
			w.table.Delete(w.key)
		} else {
			w.table.Put(w.record)
		}
	}
	return batchWriteItemAnswer{}, nil
}

// batchWriteTable checks one table's part of a batch.
func (s *Server) batchWriteTable(name string, requests []writeRequest) ([]write, error) {
	table, err := s.table(&name)
	if err != nil {
		return nil, err
	}
	var writes []write
	var seen []store.Key
	for _, request := range requests {
		w, err := request.check(table)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(seen, w.key.Equal) {
			return nil, errDuplicates
		}
		seen = append(seen, w.key)
		writes = append(writes, w)
	}
	return writes, nil
}

func (r writeRequest) check(table *store.Table) (write, error) {
	switch {
	case (r.PutRequest == nil) == (r.DeleteRequest == nil):
		return write{}, value.Invalid("Supplied AttributeValue has more than one datatypes set, " +
			"must contain exactly one of the supported datatypes")
	case r.PutRequest != nil && r.PutRequest.Item == nil, r.DeleteRequest != nil && r.DeleteRequest.Key == nil:
		return write{}, value.Invalid("The supplied Item contains a null AttributeValue")
	case r.PutRequest != nil:
		put, err := record(table, r.PutRequest.Item)
		if err != nil {
			return write{}, err
		}
		return write{table, put.Key, put}, nil
	default:
		at, err := key(table, r.DeleteRequest.Key)
		return write{table, at, nil}, err
	}
}
