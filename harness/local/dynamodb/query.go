package dynamodb

import (
	"slices"

	"github.com/harken-bdd/harken/harness/local/dynamodb/internal/expression"
	"github.com/harken-bdd/harken/harness/local/dynamodb/internal/store"
	"github.com/harken-bdd/harken/harness/local/dynamodb/internal/value"
)

// maxPage is how many bytes of items Query and Scan read before they end a page.
const maxPage = 1 << 20

type (
	// reading is what Query and Scan have in common.
	reading struct {
		TableName            *string
		ConsistentRead       bool // every read is consistent
		FilterExpression     *string
		ProjectionExpression *string
		Select               string
		Limit                *int
		ExclusiveStartKey    wireItem
		substitutions
	}
	queryRequest struct {
		KeyConditionExpression *string
		ScanIndexForward       *bool
		reading
	}
	pageAnswer struct {
		Items            []value.Item `json:",omitzero"`
		Count            int
		ScannedCount     int
		LastEvaluatedKey value.Item `json:",omitzero"`
	}
)

func (r reading) filter() parameter { return parameter{"FilterExpression", r.FilterExpression} }

// check refuses a page that makes no sense before its expressions are looked at.
func (r reading) check() error {
	if r.Limit != nil && *r.Limit < 1 {
		return value.Invalid("Limit must be greater than or equal to 1")
	}
	projected := r.ProjectionExpression != nil
	switch r.Select {
	case "":
	case "COUNT":
		if projected {
			return value.Invalid("Cannot specify the ProjectionExpression when choosing to get only the Count")
		}
	case "ALL_ATTRIBUTES":
		if projected {
			return value.Invalid("Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES")
		}
	case "SPECIFIC_ATTRIBUTES":
		if !projected {
			return value.Invalid("Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
		}
	case "ALL_PROJECTED_ATTRIBUTES":
		return value.Invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
	default:
		return value.Invalid("Select must be ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES, COUNT, or SPECIFIC_ATTRIBUTES")
	}
	return nil
}

// page reads a page of records, which are in the order of their keys, from the start key on.
func (r reading) page(table *store.Table, records []*store.Record, forward bool, start *store.Key,
	filter *expression.Condition, projection *expression.Projection,
) pageAnswer {
	if start != nil {
		records = store.After(records, *start, forward)
	}
	answer := pageAnswer{Items: []value.Item{}}
	size := 0
	for i := range records {
		at := i
		if !forward {
			at = len(records) - 1 - i
		}
		record := records[at]
		answer.ScannedCount++
		if filter.Holds(record.Item) {
			answer.Items = append(answer.Items, projection.Of(record.Item))
		}
		size += record.Size
		if answer.ScannedCount == r.limit() || size > maxPage {
			answer.LastEvaluatedKey = table.KeyItem(record.Key)
			break
		}
	}
	answer.Count = len(answer.Items)
	if r.Select == "COUNT" {
		answer.Items = nil
	}
	return answer
}

// limit returns how many records a page has at most, or 0.
func (r reading) limit() int {
	if r.Limit == nil {
		return 0
	}
	return *r.Limit
}

// startKey reads the key that the page begins behind, or nil where it begins at the start.
func (r reading) startKey(table *store.Table) (*store.Key, error) {
	if r.ExclusiveStartKey == nil {
		return nil, nil
	}
	item, err := value.ParseItem(r.ExclusiveStartKey)
	if err != nil {
		return nil, err
	}
	if len(item) > 0 && len(item) != len(table.Keys) {
		return nil, value.Invalid("Exclusive Start Key must have same size as table's key schema")
	}
	for _, attribute := range table.Keys {
		switch v, ok := item[attribute.Name]; {
		case !ok:
			return nil, value.Invalid("The provided starting key is invalid")
		case v.Type != attribute.Type:
			return nil, value.Invalid("Type mismatch for attribute to update")
		}
	}
	at, err := table.KeyOf(item)
	return &at, err
}

func (s *Server) query(r queryRequest) (pageAnswer, error) {
	table, err := s.table(r.TableName)
	if err != nil {
		return pageAnswer{}, err
	}
	if err := r.check(); err != nil {
		return pageAnswer{}, err
	}
	bindings, err := r.bindings(r.ProjectionExpression, r.filter(), parameter{"KeyConditionExpression", r.KeyConditionExpression})
	if err != nil {
		return pageAnswer{}, err
	}
	if r.KeyConditionExpression == nil {
		return pageAnswer{}, value.Invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	projection, err := parseProjection(r.ProjectionExpression, bindings)
	if err != nil {
		return pageAnswer{}, err
	}
	filter, err := r.filter().condition(bindings)
	if err != nil {
		return pageAnswer{}, err
	}
	conditions, err := expression.ParseKeyConditions(*r.KeyConditionExpression, bindings)
	if err != nil {
		return pageAnswer{}, err
	}
	if err := bindings.AllUsed(); err != nil {
		return pageAnswer{}, err
	}
	if err := checkFilter(table, filter); err != nil {
		return pageAnswer{}, err
	}
	side, err := keyRange(table, conditions)
	if err != nil {
		return pageAnswer{}, err
	}
	start, err := r.startKey(table)
	if err != nil {
		return pageAnswer{}, err
	}
	if start != nil && side(*start) != 0 {
		return pageAnswer{}, value.Invalid("The provided starting key does not match the range key predicate")
	}
	forward := r.ScanIndexForward == nil || *r.ScanIndexForward
	return r.page(table, table.Range(side), forward, start, filter, projection), nil
}

// checkFilter refuses a filter on the key, which the key conditions are for.
func checkFilter(table *store.Table, filter *expression.Condition) error {
	if filter == nil {
		return nil
	}
	attributes := filter.Attributes()
	for _, attribute := range table.Keys {
		if slices.Contains(attributes, attribute.Name) {
			return value.Invalidf("Filter Expression can only contain non-primary key attributes: Primary key attribute: %s", attribute.Name)
		}
	}
	return nil
}

// keyRange returns where a key stands to those that meet the conditions: before them, among them or behind them.
func keyRange(table *store.Table, conditions []expression.KeyCondition) (side func(store.Key) int, err error) {
	if len(conditions) > len(table.Keys) {
		return nil, value.Invalid("Query key condition not supported")
	}
	ordered := make([]expression.KeyCondition, len(conditions))
	for i, attribute := range table.Keys[:len(conditions)] {
		at := slices.IndexFunc(conditions, func(c expression.KeyCondition) bool { return c.Attribute == attribute.Name })
		if at < 0 {
			return nil, value.Invalid("Query condition missed key schema element")
		}
		ordered[i] = conditions[at]
		for _, operand := range ordered[i].Operands {
			if operand.Type != attribute.Type {
				return nil, value.Invalid("One or more parameter values were invalid: Condition parameter type does not match schema type")
			}
			if err := attribute.CheckNotEmpty(operand); err != nil {
				return nil, err
			}
		}
	}
	if ordered[0].Operator != "=" {
		return nil, value.Invalid("Query key condition not supported")
	}
	return func(key store.Key) int {
		for i, condition := range ordered {
			if side := condition.Side(key[i]); side != 0 {
				return side
			}
		}
		return 0
	}, nil
}

func (s *Server) scan(r reading) (pageAnswer, error) {
	table, err := s.table(r.TableName)
	if err != nil {
		return pageAnswer{}, err
	}
	if err := r.check(); err != nil {
		return pageAnswer{}, err
	}
	bindings, err := r.bindings(r.ProjectionExpression, r.filter())
	if err != nil {
		return pageAnswer{}, err
	}
	projection, err := parseProjection(r.ProjectionExpression, bindings)
	if err != nil {
		return pageAnswer{}, err
	}
	filter, err := r.filter().condition(bindings)
	if err != nil {
		return pageAnswer{}, err
	}
	if err := bindings.AllUsed(); err != nil {
		return pageAnswer{}, err
	}
	start, err := r.startKey(table)
	if err != nil {
		return pageAnswer{}, err
	}
	return r.page(table, table.All(), true, start, filter, projection), nil
}
