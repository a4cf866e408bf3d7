// Making the table.

package captures

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/harken-bdd/harken/harness/poll"
)

// TableClient is what CreateTable needs of a *dynamodb.Client.
type TableClient interface {
	CreateTable(
		context.Context, *dynamodb.CreateTableInput, ...func(*dynamodb.Options),
	) (*dynamodb.CreateTableOutput, error)
	DescribeTable(
		context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options),
	) (*dynamodb.DescribeTableOutput, error)
	DescribeTimeToLive(
		context.Context, *dynamodb.DescribeTimeToLiveInput, ...func(*dynamodb.Options),
	) (*dynamodb.DescribeTimeToLiveOutput, error)
	UpdateTimeToLive(
		context.Context, *dynamodb.UpdateTimeToLiveInput, ...func(*dynamodb.Options),
	) (*dynamodb.UpdateTimeToLiveOutput, error)
}

// CreateTable returns nil once there is an active captures table of that name whose rows expire. A table that is there
// already is left as it is, and is an error where its key is another one. It waits until ctx ends.
func CreateTable(ctx context.Context, client TableClient, name string) error {
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName:   aws.String(name),
		BillingMode: types.BillingModePayPerRequest,
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String(Channel), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String(At), KeyType: types.KeyTypeRange},
		},
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String(Channel), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String(At), AttributeType: types.ScalarAttributeTypeS},
		},
	})
	var exists *types.ResourceInUseException
	if err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("captures table %s: %w", name, err)
	}
	if err := poll.Until(ctx, func(ctx context.Context) error { return active(ctx, client, name) }); err != nil {
		return fmt.Errorf("captures table %s: %w", name, err)
	}
	if err := expire(ctx, client, name); err != nil {
		return fmt.Errorf("captures table %s: %w", name, err)
	}
	return nil
}

// active returns nil if the table can be used. Right after its creation DynamoDB may not know it yet.
func active(ctx context.Context, client TableClient, name string) error {
	out, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(name)})
	var unknown *types.ResourceNotFoundException
	switch {
	case errors.As(err, &unknown):
		return err
	case err != nil:
		return poll.Permanent(err)
	case out.Table.TableStatus != types.TableStatusActive && out.Table.TableStatus != types.TableStatusUpdating:
		return fmt.Errorf("it is %s", out.Table.TableStatus)
	}
	if err := CheckKey(out.Table); err != nil {
		return poll.Permanent(err)
	}
	return nil
}

// CheckKey returns nil if a table has the key of a captures table.
func CheckKey(table *types.TableDescription) error {
	key := make([]string, len(table.KeySchema)) // the partition key comes first
	for i, k := range table.KeySchema {
		key[i] = aws.ToString(k.AttributeName)
	}
	if !slices.Equal(key, []string{Channel, At}) {
		return fmt.Errorf("it is no captures table: its key is %s, not %s and %s", strings.Join(key, " and "), Channel, At)
	}
	return nil
}

// expire switches the deletion of expired rows on.
func expire(ctx context.Context, client TableClient, name string) error {
	if on, err := expires(ctx, client, name); on || err != nil {
		return err
	}
	_, err := client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: aws.String(name),
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String(ExpiresAt),
			Enabled: aws.Bool(true)},
	})
	if err == nil {
		return nil
	}
	// Whoever made the table at the same time may have done this too, which DynamoDB refuses as invalid.
	if on, again := expires(ctx, client, name); on && again == nil {
		return nil
	}
	return err
}

func expires(ctx context.Context, client TableClient, name string) (bool, error) {
	out, err := client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: aws.String(name)})
	if err != nil {
		return false, err
	}
	status := out.TimeToLiveDescription.TimeToLiveStatus
	return status == types.TimeToLiveStatusEnabled || status == types.TimeToLiveStatusEnabling, nil
}
