package dynamodb

// What all requests have in common: how they are read, the table and the key that they name, their expressions.

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/expression"
	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/store"
	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/value"
)

// handle makes an operation of a method that takes a request of type Q and gives an answer of type A.
func handle[Q, A any](method func(*Server, Q) (A, error)) func(*Server, []byte) (any, error) {
	return func(s *Server, body []byte) (any, error) {
		var request Q
		if err := decode(body, &request); err != nil {
			return nil, err
		}
		return method(s, request)
	}
}

// decode reads a request, and refuses a parameter that the request's type does not have: to leave it out of account
// would be to answer another question than was asked.
func decode(body []byte, request any) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(request)
	if err == nil {
		if _, err := decoder.Token(); err != io.EOF {
			return errors.New("there is something behind the request")
		}
		return nil
	}
	if parameter, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown {
		return value.Invalidf("the parameter %s is outside of the subset of DynamoDB that this endpoint for tests has",
			parameter)
	}
	return err
}

// wireItem is an item as it is on the wire, before anything is known about its values.
type wireItem map[string]json.RawMessage

var tableName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

func checkTableName(name string) error {
	if !tableName.MatchString(name) {
		return value.Invalid("Invalid table/index name.  Table/index names must be between 3 and 255 characters long, " +
			"and may contain only the characters a-z, A-Z, 0-9, '_', '-', and '.'")
	}
	return nil
}

// table returns the table that a request names.
func (s *Server) table(name *string) (*store.Table, error) {
	if name == nil {
		return nil, value.Invalid("Value null at 'tableName' failed to satisfy constraint: Member must not be null")
	}
	if err := checkTableName(*name); err != nil {
		return nil, err
	}
	table, ok := s.tables[*name]
	if !ok {
		return nil, &failure{kind: serviceNamespace + "ResourceNotFoundException",
			message: "Cannot do operations on a non-existent table"}
	}
	return table, nil
}

// key reads the key that a request names.
func key(table *store.Table, wire wireItem) (store.Key, error) {
	if wire == nil {
		return store.Key{}, value.Invalid("Cannot have null key for GetItem, DeleteItem, or UpdateItem")
	}
	item, err := value.ParseItem(wire)
	if err != nil {
		return store.Key{}, err
	}
	return table.ExactKey(item)
}

// substitutions are the names and values that a request gives to its expressions.
type substitutions struct {
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues wireItem
}

// parameter is an expression in a request, by the name that it has there; text is nil if there is none.
type parameter struct {
	name string
	text *string
}

// bindings returns what the request's expressions can refer to. Names and values need an expression to be there;
// projection, which may be nil, has no values.
func (s substitutions) bindings(projection *string, others ...parameter) (*expression.Bindings, error) {
	var absent []string
	for _, other := range others {
		if other.text == nil {
			absent = append(absent, other.name)
		}
	}
	none := len(absent) == len(others)
	switch {
	case s.ExpressionAttributeNames != nil && none && projection == nil:
		return nil, value.Invalid("ExpressionAttributeNames can only be specified when using expressions")
	case s.ExpressionAttributeValues != nil && none:
		verb := " is null"
		if len(absent) > 1 {
			verb = " are null"
		}
		return nil, value.Invalid("ExpressionAttributeValues can only be specified when using expressions: " +
			strings.Join(absent, " and ") + verb)
	case s.ExpressionAttributeNames != nil && len(s.ExpressionAttributeNames) == 0:
		return nil, value.Invalid("ExpressionAttributeNames must not be empty")
	case s.ExpressionAttributeValues != nil && len(s.ExpressionAttributeValues) == 0:
		return nil, value.Invalid("ExpressionAttributeValues must not be empty")
	}
	values := value.Item{}
	for _, placeholder := range slices.Sorted(maps.Keys(s.ExpressionAttributeValues)) {
		v, err := value.Parse(s.ExpressionAttributeValues[placeholder])
		if err == nil {
			err = v.CheckDepth()
		}
		var invalid value.Invalid
		if errors.As(err, &invalid) {
			err = value.Invalidf("ExpressionAttributeValues contains invalid value: %s for key %s", invalid, placeholder)
		}
		if err != nil {
			return nil, err
		}
		values[placeholder] = v
	}
	return expression.NewBindings(s.ExpressionAttributeNames, values)
}

// parseProjection reads a projection, and returns nil if there is none.
func parseProjection(text *string, b *expression.Bindings) (*expression.Projection, error) {
	if text == nil {
		return nil, nil
	}
	return expression.ParseProjection(*text, b)
}

// condition reads a condition, and returns nil if there is none.
func (p parameter) condition(b *expression.Bindings) (*expression.Condition, error) {
	if p.text == nil {
		return nil, nil
	}
	return expression.ParseCondition(p.name, *p.text, b)
}
