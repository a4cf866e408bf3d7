package channel

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// dynamoTable takes items out of a table, and puts items into one. Its key is orderId, and all that it
// holds is text.
type dynamoTable struct {
	client *dynamodb.Client
	table  string
}

// openDynamoDB returns once the table is there, made if need be. It connects to a stand-in, which takes any
// credentials.
func openDynamoDB(ctx context.Context, u *url.URL) (*dynamoTable, error) {
	client := dynamodb.New(dynamodb.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String("http://" + u.Host),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "relay", SecretAccessKey: "relay"}, nil
		}),
	})
	table := strings.TrimPrefix(u.Path, "/")
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: &table,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("orderId"), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema:   []types.KeySchemaElement{{AttributeName: aws.String("orderId"), KeyType: types.KeyTypeHash}},
		BillingMode: types.BillingModePayPerRequest,
	})
	if _, exists := errors.AsType[*types.ResourceInUseException](err); err != nil && !exists {
		return nil, err
	}
	return &dynamoTable{client, table}, nil
}

func (d *dynamoTable) Close() {}

func (d *dynamoTable) Run(ctx context.Context, take func(context.Context, Message) error) error {
	for ctx.Err() == nil {
		found, err := d.some(ctx, take)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if !found {
			idle(ctx)
		}
	}
	return nil
}

// some takes what there is out of the table.
func (d *dynamoTable) some(ctx context.Context, take func(context.Context, Message) error) (found bool, err error) {
	page, err := d.client.Scan(ctx, &dynamodb.ScanInput{TableName: &d.table, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return false, err
	}
	for _, item := range page.Items {
		fields := make(map[string]string)
		for name, value := range item {
			if text, ok := value.(*types.AttributeValueMemberS); ok {
				fields[name] = text.Value
			}
		}
		body, err := json.Marshal(fields)
		if err != nil {
			return false, err
		}
		if err := take(ctx, Message{Body: body}); err != nil {
			return false, err
		}
		key := map[string]types.AttributeValue{"orderId": item["orderId"]}
		if _, err := d.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &d.table, Key: key}); err != nil {
			return false, err
		}
	}
	return len(page.Items) > 0, nil
}

func (d *dynamoTable) Put(ctx context.Context, m Message) error {
	fields := make(map[string]string)
	if err := json.Unmarshal(m.Body, &fields); err != nil {
		return err
	}
	item := make(map[string]types.AttributeValue, len(fields))
	for name, value := range fields {
		item[name] = &types.AttributeValueMemberS{Value: value}
	}
	_, err := d.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &d.table, Item: item})
	return err
}
