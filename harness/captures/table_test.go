package captures

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// cloud is a DynamoDB with at most one table, which takes a while to become active.
type cloud struct {
	created  time.Time
	key      []types.KeySchemaElement
	expiring string // the attribute
	racing   bool   // somebody else switches expiry on first
}

func (c *cloud) CreateTable(
	_ context.Context, in *dynamodb.CreateTableInput, _ ...func(*dynamodb.Options),
) (*dynamodb.CreateTableOutput, error) {
	if c.key != nil {
		return nil, &types.ResourceInUseException{}
	}
	c.created, c.key = time.Now(), in.KeySchema
	if in.BillingMode != types.BillingModePayPerRequest {
		return nil, errors.New("not on demand")
	}
	return &dynamodb.CreateTableOutput{}, nil
}

func (c *cloud) DescribeTable(
	context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options),
) (*dynamodb.DescribeTableOutput, error) {
	age := time.Since(c.created)
	if age < 100*time.Millisecond {
		return nil, &types.ResourceNotFoundException{}
	}
	status := types.TableStatusActive
	if age < 3*time.Second {
		status = types.TableStatusCreating
	}
	return &dynamodb.DescribeTableOutput{Table: &types.TableDescription{TableStatus: status, KeySchema: c.key}}, nil
}

func (c *cloud) DescribeTimeToLive(
	context.Context, *dynamodb.DescribeTimeToLiveInput, ...func(*dynamodb.Options),
) (*dynamodb.DescribeTimeToLiveOutput, error) {
	status := types.TimeToLiveStatusDisabled
	if c.expiring != "" {
		status = types.TimeToLiveStatusEnabling
	}
	return &dynamodb.DescribeTimeToLiveOutput{
		TimeToLiveDescription: &types.TimeToLiveDescription{TimeToLiveStatus: status},
	}, nil
}

func (c *cloud) UpdateTimeToLive(
	_ context.Context, in *dynamodb.UpdateTimeToLiveInput, _ ...func(*dynamodb.Options),
) (*dynamodb.UpdateTimeToLiveOutput, error) {
	if c.racing {
		c.expiring = ExpiresAt
	}
	if c.expiring != "" {
		return nil, errors.New("TimeToLive is already enabled")
	}
	c.expiring = *in.TimeToLiveSpecification.AttributeName
	return &dynamodb.UpdateTimeToLiveOutput{}, nil
}

func TestATableIsMadeAndWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &cloud{}
		if err := CreateTable(t.Context(), c, "captures"); err != nil {
			t.Fatal(err)
		}
		if time.Since(c.created) < 3*time.Second {
			t.Error("returned before the table was active")
		}
		if c.expiring != ExpiresAt {
			t.Errorf("expires by %q, want %q", c.expiring, ExpiresAt)
		}
		if err := CreateTable(t.Context(), c, "captures"); err != nil {
			t.Errorf("a second time: %v", err)
		}
	})
}

func TestTwoWhoMakeTheTableAtOnceBothSucceed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if err := CreateTable(t.Context(), &cloud{racing: true}, "captures"); err != nil {
			t.Error(err)
		}
	})
}

func TestATableWithAnotherKeyIsRefused(t *testing.T) {
	c := &cloud{key: []types.KeySchemaElement{{AttributeName: aws.String("orderId"), KeyType: types.KeyTypeHash}}}
	err := CreateTable(t.Context(), c, "orders")
	if want := "captures table orders: it is no captures table: its key is orderId, not channel and at"; err == nil ||
		err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestATableThatNeverBecomesActiveIsAnErrorThatSaysWhatItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := CreateTable(ctx, &cloud{}, "captures")
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "it is CREATING") {
			t.Errorf("got %v", err)
		}
	})
}
