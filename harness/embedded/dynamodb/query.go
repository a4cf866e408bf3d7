package dynamodb

// Query and Scan: which records a page is made of, and where it ends.

import (
	"slices"

	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/expression"
	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/store"
	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/value"
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
			return value.Invalid("Must specify the AttributesToGet or ProjectionExpression when choosing to get " +
				"SPECIFIC_ATTRIBUTES")
		}
	case "ALL_PROJECTED_ATTRIBUTES":
		return value.Invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
	default:
		return value.Invalid("Select must be ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES, COUNT, or SPECIFIC_ATTRIBUTES")
	}
	return nil
}

// plan is a page that is about to be read.
type plan struct {
	reading
	table      *store.Table
	filter     *expression.Condition
	projection *expression.Projection
	keys       []expression.KeyCondition // of a query
}

// plan reads what a request asks for; key is the expression that a query has and a scan has not.
func (s *Server) plan(r reading, key ...parameter) (plan, error) {
	p := plan{reading: r}
	var err error
	if p.table, err = s.table(r.TableName); err != nil {
		return plan{}, err
	}
	if err := r.check(); err != nil {
		return plan{}, err
	}
	bindings, err := r.bindings(r.ProjectionExpression, append([]parameter{r.filter()}, key...)...)
	if err != nil {
		return plan{}, err
	}
	if p.projection, err = parseProjection(r.ProjectionExpression, bindings); err != nil {
		return plan{}, err
	}
	if p.filter, err = r.filter().condition(bindings); err != nil {
		return plan{}, err
	}
	for _, one := range key {
		if one.text == nil {
			return plan{}, value.Invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in " +
				"the request.")
		}
		if p.keys, err = expression.ParseKeyConditions(*one.text, bindings); err != nil {
			return plan{}, err
		}
	}
	return p, bindings.AllUsed()
}

func (s *Server) scan(r reading) (pageAnswer, error) {
	p, err := s.plan(r)
	if err != nil {
		return pageAnswer{}, err
	}
	records := p.table.All()
	start, err := p.startKey()
	if err != nil {
		return pageAnswer{}, err
	}
	if start != nil {
		records = store.After(records, *start, true)
	}
	return p.read(records, true), nil
}

func (s *Server) query(r queryRequest) (pageAnswer, error) {
	p, err := s.plan(r.reading, parameter{"KeyConditionExpression", r.KeyConditionExpression})
	if err != nil {
		return pageAnswer{}, err
	}
	if err := p.checkFilter(); err != nil {
		return pageAnswer{}, err
	}
	side, err := p.keyRange()
	if err != nil {
		return pageAnswer{}, err
	}
	records := p.table.Range(side)
	forward := r.ScanIndexForward == nil || *r.ScanIndexForward
	start, err := p.startKey()
	if err != nil {
		return pageAnswer{}, err
	}
	if start != nil {
		if side(*start) != 0 {
			return pageAnswer{}, value.Invalid("The provided starting key does not match the range key predicate")
		}
		records = store.After(records, *start, forward)
	}
	return p.read(records, forward), nil
}

// read makes a page of records, which are in the order of their keys, and takes them from the end unless forward.
func (p plan) read(records []*store.Record, forward bool) pageAnswer {
	answer := pageAnswer{Items: []value.Item{}}
	size := 0
	for i := range records {
		record := records[i]
		if !forward {
			record = records[len(records)-1-i]
		}
		answer.ScannedCount++
		if p.filter.Holds(record.Item) {
			answer.Items = append(answer.Items, p.projection.Of(record.Item))
		}
		size += record.Size
		if size > maxPage || p.Limit != nil && answer.ScannedCount == *p.Limit {
			answer.LastEvaluatedKey = p.table.KeyItem(record.Key)
			break
		}
	}
	answer.Count = len(answer.Items)
	if p.Select == "COUNT" {
		answer.Items = nil
	}
	return answer
}

// startKey reads the key behind which the page begins, or returns nil where it begins at the start.
func (p plan) startKey() (*store.Key, error) {
	if p.ExclusiveStartKey == nil {
		return nil, nil
	}
	item, err := value.ParseItem(p.ExclusiveStartKey)
	if err != nil {
		return nil, err
	}
	if len(item) > 0 && len(item) != len(p.table.Keys) {
		return nil, value.Invalid("Exclusive Start Key must have same size as table's key schema")
	}
	for _, attribute := range p.table.Keys {
		switch v, ok := item[attribute.Name]; {
		case !ok:
			return nil, value.Invalid("The provided starting key is invalid")
		case v.Type != attribute.Type:
			return nil, value.Invalid("Type mismatch for attribute to update")
		}
	}
	at, err := p.table.KeyOf(item)
	if err != nil {
		return nil, value.Invalidf("The provided starting key is invalid: %s", err)
	}
	return &at, nil
}

// checkFilter refuses a filter on the key, which the key conditions are for.
func (p plan) checkFilter() error {
	if p.filter == nil {
		return nil
	}
	attributes := p.filter.Attributes()
	for _, attribute := range p.table.Keys {
		if slices.Contains(attributes, attribute.Name) {
			return value.Invalidf("Filter Expression can only contain non-primary key attributes: Primary key attribute: %s",
				attribute.Name)
		}
	}
	return nil
}

// keyRange returns where a key stands to those that meet the key conditions: before them, among them or behind them.
func (p plan) keyRange() (side func(store.Key) int, err error) {
	if len(p.keys) > len(p.table.Keys) {
		return nil, value.Invalid("Query key condition not supported")
	}
	ordered := make([]expression.KeyCondition, len(p.keys))
	for i, attribute := range p.table.Keys[:len(p.keys)] {
		at := slices.IndexFunc(p.keys, func(c expression.KeyCondition) bool { return c.Attribute == attribute.Name })
		if at < 0 {
			return nil, value.Invalid("Query condition missed key schema element")
		}
		ordered[i] = p.keys[at]
		for _, operand := range ordered[i].Operands {
			if operand.Type != attribute.Type {
				return nil, value.Invalid("One or more parameter values were invalid: Condition parameter type does not match " +
					"schema type")
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
