package dynamodb

// The operations on tables, and on their time to live.

import (
	"maps"
	"slices"
	"sort"
	"time"

	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/store"
	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/value"
)

type (
	attributeDefinition struct {
		AttributeName string
		AttributeType value.Type
	}
	keySchemaElement struct {
		AttributeName string
		KeyType       string
	}
	provisionedThroughput struct {
		ReadCapacityUnits  int64
		WriteCapacityUnits int64
	}
	createTableRequest struct {
		TableName             *string
		AttributeDefinitions  []attributeDefinition
		KeySchema             []keySchemaElement
		BillingMode           string
		ProvisionedThroughput *provisionedThroughput
	}
	billingModeSummary struct{ BillingMode string }
	tableDescription   struct {
		TableName             string
		TableArn              string
		TableStatus           string
		AttributeDefinitions  []attributeDefinition
		KeySchema             []keySchemaElement
		CreationDateTime      float64 // seconds since 1970
		ItemCount             int
		TableSizeBytes        int
		ProvisionedThroughput provisionedThroughput
		BillingModeSummary    *billingModeSummary `json:",omitempty"`
	}
)

const (
	statusActive  = "ACTIVE"
	payPerRequest = "PAY_PER_REQUEST"
)

func (s *Server) createTable(r createTableRequest) (tableDescriptionAnswer, error) {
	var answer tableDescriptionAnswer
	name := ""
	if r.TableName != nil {
		name = *r.TableName
	}
	if err := checkTableName(name); err != nil {
		return answer, err
	}
	keys, err := r.keys()
	if err != nil {
		return answer, err
	}
	throughput, err := r.throughput()
	if err != nil {
		return answer, err
	}
	if s.tables[name] != nil {
		return answer, &failure{kind: serviceNamespace + "ResourceInUseException", message: "Cannot create preexisting table"}
	}
	s.tables[name] = &store.Table{Name: name, Keys: keys, Created: time.Now(), Throughput: throughput}
	answer.TableDescription = tableDescriptionOf(s.tables[name])
	return answer, nil
}

// keys checks the key schema against the attribute definitions.
func (r createTableRequest) keys() ([]store.KeyAttribute, error) {
	types := map[string]value.Type{}
	for _, attribute := range r.AttributeDefinitions {
		if !value.Ordered(attribute.AttributeType) {
			return nil, value.Invalid("Member must satisfy enum value set: [B, N, S]")
		}
		if _, twice := types[attribute.AttributeName]; twice {
			return nil, value.Invalid("Cannot have two attributes with the same name")
		}
		types[attribute.AttributeName] = attribute.AttributeType
	}
	if len(types) == 0 {
		return nil, value.Invalid("No Attribute Schema Defined")
	}
	if err := checkKeySchema(r.KeySchema); err != nil {
		return nil, err
	}
	var keys []store.KeyAttribute
	for i, element := range r.KeySchema {
		t, defined := types[element.AttributeName]
		if !defined {
			return nil, value.Invalidf("%s Key not specified in Attribute Definitions.  Type unknown.",
				[]string{"Hash", "Range"}[i])
		}
		keys = append(keys, store.KeyAttribute{Name: element.AttributeName, Type: t})
	}
	if len(types) != len(keys) {
		return nil, value.Invalid("The number of attributes in key schema must match " +
			"the number of attributes defined in attribute definitions.")
	}
	return keys, nil
}

func checkKeySchema(schema []keySchemaElement) error {
	switch {
	case len(schema) == 0:
		return value.Invalid("No defined key schema.  A key schema containing at least a hash key must be defined for " +
			"all tables")
	case len(schema) > 2:
		return value.Invalid("Key Schema too big.  Key Schema must at most consist of the hash and range key of a table")
	case len(schema) == 1 && schema[0].KeyType != "HASH":
		return value.Invalid("No Hash Key specified in schema.  All Dynamo DB tables must have exactly one hash key")
	case len(schema) == 1:
		return nil
	case schema[0].AttributeName == schema[1].AttributeName:
		return value.Invalid("Two keys can not have the same name")
	case schema[0].KeyType != "HASH":
		return value.Invalid("Invalid key order. Hash Key must be specified first in key schema, Range Key must be " +
			"specifed second")
	case schema[1].KeyType == "HASH":
		return value.Invalid("Too many hash keys specified.  All Dynamo DB tables must have exactly one hash key")
	}
	return nil
}

// throughput returns what the table is provisioned for, or nil where it is paid per request.
func (r createTableRequest) throughput() (*store.Throughput, error) {
	switch p := r.ProvisionedThroughput; {
	case r.BillingMode == payPerRequest:
		return nil, nil
	case p == nil:
		return nil, value.Invalid("No provisioned throughput specified for the table")
	case p.ReadCapacityUnits < 1 || p.WriteCapacityUnits < 1:
		return nil, value.Invalid("Table read and write throughput must be at least 1, and cannot be null")
	default:
		return &store.Throughput{Read: p.ReadCapacityUnits, Write: p.WriteCapacityUnits}, nil
	}
}

func tableDescriptionOf(t *store.Table) tableDescription {
	d := tableDescription{
		TableName:        t.Name,
		TableArn:         "arn:aws:dynamodb:" + region + ":000000000000:table/" + t.Name,
		TableStatus:      statusActive,
		CreationDateTime: float64(t.Created.UnixMilli()) / 1000,
		ItemCount:        t.Len(),
		TableSizeBytes:   t.Bytes(),
	}
	for i, key := range t.Keys {
		d.AttributeDefinitions = append(d.AttributeDefinitions, attributeDefinition{key.Name, key.Type})
		d.KeySchema = append(d.KeySchema, keySchemaElement{key.Name, []string{"HASH", "RANGE"}[i]})
	}
	if t.Throughput != nil {
		d.ProvisionedThroughput = provisionedThroughput{t.Throughput.Read, t.Throughput.Write}
	} else {
		d.BillingModeSummary = &billingModeSummary{payPerRequest}
	}
	return d
}

type (
	tableRequest           struct{ TableName *string }
	tableDescriptionAnswer struct{ TableDescription tableDescription }
	describeTableAnswer    struct{ Table tableDescription }
)

func (s *Server) describeTable(r tableRequest) (describeTableAnswer, error) {
	table, err := s.table(r.TableName)
	if err != nil {
		return describeTableAnswer{}, err
	}
	return describeTableAnswer{tableDescriptionOf(table)}, nil
}

func (s *Server) deleteTable(r tableRequest) (tableDescriptionAnswer, error) {
	table, err := s.table(r.TableName)
	if err != nil {
		return tableDescriptionAnswer{}, err
	}
	delete(s.tables, table.Name)
	return tableDescriptionAnswer{tableDescriptionOf(table)}, nil
}

const maxTableNames = 100

type (
	listTablesRequest struct {
		ExclusiveStartTableName *string
		Limit                   *int
	}
	listTablesAnswer struct {
		TableNames             []string
		LastEvaluatedTableName string `json:",omitempty"`
	}
)

func (s *Server) listTables(r listTablesRequest) (listTablesAnswer, error) {
	limit := maxTableNames
	if r.Limit != nil {
		limit = *r.Limit
	}
	switch {
	case limit < 1:
		return listTablesAnswer{}, value.Invalid("Limit must be greater than or equal to 1")
	case limit > maxTableNames:
		return listTablesAnswer{}, value.Invalid("Limit in ListTables must be <= 100")
	}
	names := slices.Sorted(maps.Keys(s.tables))
	if start := r.ExclusiveStartTableName; start != nil {
		if err := checkTableName(*start); err != nil {
			return listTablesAnswer{}, err
		}
		names = names[sort.Search(len(names), func(i int) bool { return names[i] > *start }):]
	}
	if len(names) <= limit {
		return listTablesAnswer{TableNames: append([]string{}, names...)}, nil
	}
	return listTablesAnswer{TableNames: names[:limit], LastEvaluatedTableName: names[limit-1]}, nil
}

type (
	timeToLiveSpecification struct {
		Enabled       *bool
		AttributeName *string
	}
	updateTimeToLiveRequest struct {
		TableName               *string
		TimeToLiveSpecification *timeToLiveSpecification
	}
	timeToLiveDescription struct {
		TimeToLiveStatus string
		AttributeName    string `json:",omitempty"`
	}
	updateTimeToLiveAnswer   struct{ TimeToLiveSpecification timeToLiveSpecification }
	describeTimeToLiveAnswer struct{ TimeToLiveDescription timeToLiveDescription }
)

func (s *Server) updateTimeToLive(r updateTimeToLiveRequest) (updateTimeToLiveAnswer, error) {
	var answer updateTimeToLiveAnswer
	table, err := s.table(r.TableName)
	if err != nil {
		return answer, err
	}
	wanted := r.TimeToLiveSpecification
	switch {
	case wanted == nil:
		return answer, value.Invalid("TimeToLiveSpecification cannot be null")
	case wanted.Enabled == nil, wanted.AttributeName == nil:
		return answer, value.Invalid("AttributeName cannot be null when time to live is being enabled")
	case *wanted.AttributeName == "" || len(*wanted.AttributeName) > 255:
		return answer, value.Invalid("Names of key attributes and attributes projected into an index " +
			"must be between 1 and 255 characters, inclusive")
	case table.Expiry == "" && !*wanted.Enabled:
		return answer, value.Invalid("TimeToLive is already disabled")
	case table.Expiry != "" && table.Expiry != *wanted.AttributeName:
		return answer, value.Invalid("TimeToLive is active on a different AttributeName")
	case table.Expiry != "" && *wanted.Enabled:
		return answer, value.Invalid("TimeToLive is already enabled")
	}
	table.Expiry = ""
	if *wanted.Enabled {
		table.Expiry = *wanted.AttributeName
	}
	answer.TimeToLiveSpecification = *wanted
	return answer, nil
}

func (s *Server) describeTimeToLive(r tableRequest) (describeTimeToLiveAnswer, error) {
	var answer describeTimeToLiveAnswer
	table, err := s.table(r.TableName)
	if err != nil {
		return answer, err
	}
	answer.TimeToLiveDescription = timeToLiveDescription{"DISABLED", ""}
	if table.Expiry != "" {
		answer.TimeToLiveDescription = timeToLiveDescription{"ENABLED", table.Expiry}
	}
	return answer, nil
}
