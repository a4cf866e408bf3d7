// Erasing: the command `fulfilment erase ORDER` forgets an order, as an operator would whom a customer has asked to.

package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// erase returns once there is no record of the order any more, and an error where there was none.
func erase(ctx context.Context, orderID string) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	client, err := database(ctx)
	if err != nil {
		return err
	}
	_, err = client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName:           aws.String(tableName),
		Key:                 map[string]types.AttributeValue{keyName: text(orderID)},
		ConditionExpression: aws.String("attribute_exists(" + keyName + ")"),
	})
	if err != nil {
		return fmt.Errorf("table %s: order %q: %w", tableName, orderID, err)
	}
	return nil
}
