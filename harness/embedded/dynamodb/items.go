package dynamodb

// The operations on one item: GetItem, PutItem, UpdateItem and DeleteItem.

import (
	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/expression"
	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/store"
	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/value"
)

type (
	getItemRequest struct {
		TableName                *string
		Key                      wireItem
		ConsistentRead           bool // every read is consistent
		ProjectionExpression     *string
		ExpressionAttributeNames map[string]string
	}
	getItemAnswer struct {
		Item value.Item `json:",omitzero"`
	}
)

func (s *Server) getItem(r getItemRequest) (getItemAnswer, error) {
	table, err := s.table(r.TableName)
	if err != nil {
		return getItemAnswer{}, err
	}
	projection, err := projectionOnly(r.ProjectionExpression, r.ExpressionAttributeNames)
	if err != nil {
		return getItemAnswer{}, err
	}
	at, err := key(table, r.Key)
	if err != nil {
		return getItemAnswer{}, err
	}
	item := table.Get(at)
	if item == nil {
		return getItemAnswer{}, nil
	}
	return getItemAnswer{projection.Of(item)}, nil
}

// projectionOnly reads the projection of a request that has no other expression.
func projectionOnly(text *string, names map[string]string) (*expression.Projection, error) {
	bindings, err := substitutions{ExpressionAttributeNames: names}.bindings(text)
	if err != nil {
		return nil, err
	}
	projection, err := parseProjection(text, bindings)
	if err != nil {
		return nil, err
	}
	return projection, bindings.AllUsed()
}

// The values of ReturnValues and ReturnValuesOnConditionCheckFailure.
const (
	returnNone       = "NONE"
	returnAllOld     = "ALL_OLD"
	returnAllNew     = "ALL_NEW"
	returnUpdatedOld = "UPDATED_OLD"
	returnUpdatedNew = "UPDATED_NEW"
)

// writing is what PutItem, UpdateItem and DeleteItem have in common.
type writing struct {
	TableName                           *string
	ConditionExpression                 *string
	ReturnValues                        string
	ReturnValuesOnConditionCheckFailure string
	substitutions
}

type writeAnswer struct {
	Attributes value.Item `json:",omitzero"`
}

func (w writing) condition() parameter {
	return parameter{"ConditionExpression", w.ConditionExpression}
}

// checkReturns refuses what the operation cannot return; allowed is what it can besides nothing and the old item.
func (w writing) checkReturns(allowed ...string) error {
	known := false
	for _, one := range append(allowed, "", returnNone, returnAllOld) {
		known = known || w.ReturnValues == one
	}
	if !known {
		return value.Invalid("Return values set to invalid value")
	}
	switch w.ReturnValuesOnConditionCheckFailure {
	case "", returnNone, returnAllOld:
		return nil
	}
	return value.Invalidf("1 validation error detected: Value '%s' at 'returnValuesOnConditionCheckFailure' failed to "+
		"satisfy constraint: Member must satisfy enum value set: [ALL_OLD, NONE]", w.ReturnValuesOnConditionCheckFailure)
}

// onlyCondition reads the condition of a request that has no other expression.
func (w writing) onlyCondition() (*expression.Condition, error) {
	bindings, err := w.bindings(nil, w.condition())
	if err != nil {
		return nil, err
	}
	condition, err := w.condition().condition(bindings)
	if err != nil {
		return nil, err
	}
	return condition, bindings.AllUsed()
}

// require returns the failure of a condition that old does not meet.
func (w writing) require(condition *expression.Condition, old value.Item) error {
	if condition.Holds(old) {
		return nil
	}
	f := &failure{kind: serviceNamespace + "ConditionalCheckFailedException", message: "The conditional request failed"}
	if w.ReturnValuesOnConditionCheckFailure == returnAllOld {
		f.item = old
	}
	return f
}

// old returns the answer of a write that replaced or removed item.
func (w writing) old(item value.Item) writeAnswer {
	if w.ReturnValues == returnAllOld {
		return writeAnswer{item}
	}
	return writeAnswer{}
}

type putItemRequest struct {
	Item wireItem
	writing
}

func (s *Server) putItem(r putItemRequest) (writeAnswer, error) {
	table, err := s.table(r.TableName)
	if err != nil {
		return writeAnswer{}, err
	}
	if r.Item == nil {
		return writeAnswer{}, value.Invalid("Item to put in PutItem cannot be null")
	}
	record, err := record(table, r.Item)
	if err != nil {
		return writeAnswer{}, err
	}
	if err := r.checkReturns(); err != nil {
		return writeAnswer{}, err
	}
	condition, err := r.onlyCondition()
	if err != nil {
		return writeAnswer{}, err
	}
	old := table.Get(record.Key)
	if err := r.require(condition, old); err != nil {
		return writeAnswer{}, err
	}
	table.Put(record)
	return r.old(old), nil
}

// record reads an item that is to be put.
func record(table *store.Table, wire wireItem) (*store.Record, error) {
	item, err := value.ParseItem(wire)
	if err != nil {
		return nil, err
	}
	return table.Check(item, "Item size has exceeded the maximum allowed size")
}

type deleteItemRequest struct {
	Key wireItem
	writing
}

func (s *Server) deleteItem(r deleteItemRequest) (writeAnswer, error) {
	table, err := s.table(r.TableName)
	if err != nil {
		return writeAnswer{}, err
	}
	if err := r.checkReturns(); err != nil {
		return writeAnswer{}, err
	}
	condition, err := r.onlyCondition()
	if err != nil {
		return writeAnswer{}, err
	}
	at, err := key(table, r.Key)
	if err != nil {
		return writeAnswer{}, err
	}
	old := table.Get(at)
	if err := r.require(condition, old); err != nil {
		return writeAnswer{}, err
	}
	table.Delete(at)
	return r.old(old), nil
}

type updateItemRequest struct {
	Key              wireItem
	UpdateExpression *string
	writing
}

func (s *Server) updateItem(r updateItemRequest) (writeAnswer, error) {
	table, err := s.table(r.TableName)
	if err != nil {
		return writeAnswer{}, err
	}
	if err := r.checkReturns(returnAllNew, returnUpdatedOld, returnUpdatedNew); err != nil {
		return writeAnswer{}, err
	}
	update, condition, err := r.expressions(table)
	if err != nil {
		return writeAnswer{}, err
	}
	at, err := key(table, r.Key)
	if err != nil {
		return writeAnswer{}, err
	}
	old := table.Get(at)
	if err := r.require(condition, old); err != nil {
		return writeAnswer{}, err
	}
	from := old
	if old == nil {
		from = table.KeyItem(at)
	}
	item, err := update.Apply(from)
	if err != nil {
		return writeAnswer{}, err
	}
	record, err := table.Check(item, "Item size to update has exceeded the maximum allowed size")
	if err != nil {
		return writeAnswer{}, err
	}
	table.Put(record)
	switch r.ReturnValues {
	case returnAllNew:
		return writeAnswer{item}, nil
	case returnUpdatedNew:
		return writeAnswer{touched(item, update)}, nil
	case returnUpdatedOld:
		return writeAnswer{touched(old, update)}, nil
	default:
		return r.old(old), nil
	}
}

// expressions reads the update and its condition. Without an UpdateExpression nothing is changed.
func (r updateItemRequest) expressions(table *store.Table) (*expression.Update, *expression.Condition, error) {
	bindings, err := r.bindings(nil, parameter{"UpdateExpression", r.UpdateExpression}, r.condition())
	if err != nil {
		return nil, nil, err
	}
	update := &expression.Update{}
	if r.UpdateExpression != nil {
		if update, err = expression.ParseUpdate(*r.UpdateExpression, bindings); err != nil {
			return nil, nil, err
		}
	}
	condition, err := r.condition().condition(bindings)
	if err != nil {
		return nil, nil, err
	}
	for _, path := range update.Paths() {
		for _, attribute := range table.Keys {
			if path.Attribute() == attribute.Name {
				return nil, nil, value.Invalidf("One or more parameter values were invalid: "+
					"Cannot update attribute %s. This attribute is part of the key", attribute.Name)
			}
		}
	}
	return update, condition, bindings.AllUsed()
}

// touched returns those attributes of item that the update reached into, or nil where there are none.
func touched(item value.Item, update *expression.Update) value.Item {
	var attributes value.Item
	for _, path := range update.Paths() {
		if _, exists := path.In(item); exists {
			if attributes == nil {
				attributes = value.Item{}
			}
			attributes[path.Attribute()] = item[path.Attribute()]
		}
	}
	return attributes
}
