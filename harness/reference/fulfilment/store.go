// Where orders are stored: the DynamoDB table "orders".

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const (
	tableName = "orders"
	keyName   = "orderId"

	tableWithin = 30 * time.Second
)

// table is the orders that are stored in DynamoDB.
type table struct{ client *dynamodb.Client }

var _ orders = table{}

// openTable returns once the table is there, created if need be.
func openTable(ctx context.Context, client *dynamodb.Client) (table, error) {
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: aws.String(tableName),
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String(keyName),
			AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:   []types.KeySchemaElement{{AttributeName: aws.String(keyName), KeyType: types.KeyTypeHash}},
		BillingMode: types.BillingModePayPerRequest,
	})
	if _, exists := errors.AsType[*types.ResourceInUseException](err); err != nil && !exists {
		return table{}, fmt.Errorf("table %s: %w", tableName, err)
	}
	active := dynamodb.NewTableExistsWaiter(client,
		func(o *dynamodb.TableExistsWaiterOptions) { o.MinDelay = 100 * time.Millisecond })
	if err := active.Wait(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(tableName)}, tableWithin); err != nil {
		return table{}, fmt.Errorf("table %s: %w", tableName, err)
	}
	return table{client}, nil
}

// place is safe to repeat: a write whose answer was lost is recognised by its sequence when it is written again.
func (t table) place(ctx context.Context, o order, sequence uint64) (record, error) {
	items := make([]types.AttributeValue, len(o.Items))
	for i, item := range o.Items {
		items[i] = &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
			"sku":      text(item.SKU),
			"quantity": &types.AttributeValueMemberN{Value: strconv.Itoa(item.Quantity)},
		}}
	}
	_, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(tableName),
		Item: map[string]types.AttributeValue{
			keyName:      text(o.ID),
			"customerId": text(o.CustomerID),
			"items":      &types.AttributeValueMemberL{Value: items},
			"status":     text(statusPlaced),
			"sequence":   &types.AttributeValueMemberN{Value: strconv.FormatUint(sequence, 10)},
			"updatedAt":  now(),
		},
		ConditionExpression:                 aws.String("attribute_not_exists(" + keyName + ")"),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if exists, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		return recordOf(exists.Item)
	}
	if err != nil {
		return record{}, fmt.Errorf("table %s: %w", tableName, err)
	}
	return record{status: statusPlaced, sequence: sequence}, nil
}

func recordOf(item map[string]types.AttributeValue) (record, error) {
	status, _ := item["status"].(*types.AttributeValueMemberS)
	number, _ := item["sequence"].(*types.AttributeValueMemberN)
	if status == nil || number == nil {
		return record{}, fmt.Errorf("table %s: a record without status and sequence", tableName)
	}
	sequence, err := strconv.ParseUint(number.Value, 10, 64)
	if err != nil {
		return record{}, fmt.Errorf("table %s: sequence: %w", tableName, err)
	}
	return record{status: status.Value, sequence: sequence}, nil
}

func (t table) finish(ctx context.Context, orderID, status string) error {
	_, err := t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 aws.String(tableName),
		Key:                       map[string]types.AttributeValue{keyName: text(orderID)},
		UpdateExpression:          aws.String("SET #status = :status, updatedAt = :now"),
		ExpressionAttributeNames:  map[string]string{"#status": "status"}, // a reserved word
		ExpressionAttributeValues: map[string]types.AttributeValue{":status": text(status), ":now": now()},
	})
	if err != nil {
		return fmt.Errorf("table %s: %w", tableName, err)
	}
	return nil
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func now() types.AttributeValue { return text(time.Now().UTC().Format(time.RFC3339Nano)) }
