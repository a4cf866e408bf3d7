package dynamodb_test

// These tests speak to the endpoint through the SDK, as the harness and systems under test do. What exactly it answers
// to which request is the matter of package conformance.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness/embedded/dynamodb"
	"github.com/harken-bdd/harken/internal/selftest/environment"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type attributes = map[string]types.AttributeValue

func text(s string) types.AttributeValue   { return &types.AttributeValueMemberS{Value: s} }
func number(n string) types.AttributeValue { return &types.AttributeValueMemberN{Value: n} }

// key is the key of an item of the table that open makes.
func key(channel, at string) attributes {
	return attributes{"channel": text(channel), "at": text(at)}
}

// with returns item with more attributes.
func with(item, more attributes) attributes {
	item = maps.Clone(item)
	maps.Copy(item, more)
	return item
}

// open starts the service and returns a client that found it by the environment alone, as any system under test would.
func open(t *testing.T) *sdk.Client {
	t.Helper()
	running, err := dynamodb.Service().Start(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	environment.WithoutAWS(t)
	for name, value := range running.Env {
		t.Setenv(name, value)
	}
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := running.Stop(); err != nil {
			t.Error(err)
		}
	})
	c, err := config.LoadDefaultConfig(t.Context(), config.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		t.Fatal(err)
	}
	return sdk.NewFromConfig(c)
}

// openWithTable also makes the table that most tests use.
func openWithTable(t *testing.T) *sdk.Client {
	t.Helper()
	client := open(t)
	_, err := client.CreateTable(t.Context(), &sdk.CreateTableInput{
		TableName: aws.String("captures"),
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("channel"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("at"), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("channel"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("at"), KeyType: types.KeyTypeRange},
		},
		BillingMode: types.BillingModePayPerRequest,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func put(t *testing.T, client *sdk.Client, item attributes) {
	t.Helper()
	_, err := client.PutItem(t.Context(), &sdk.PutItemInput{TableName: aws.String("captures"), Item: item})
	if err != nil {
		t.Fatal(err)
	}
}

// sortKeys returns the sort keys of items, in their order.
func sortKeys(items []attributes) string {
	var keys []string
	for _, item := range items {
		keys = append(keys, item["at"].(*types.AttributeValueMemberS).Value)
	}
	return strings.Join(keys, " ")
}

func TestATableIsThereOnceItWasCreatedAndGoneOnceItWasDeleted(t *testing.T) {
	client := openWithTable(t)
	table := &sdk.DescribeTableInput{TableName: aws.String("captures")}
	if err := sdk.NewTableExistsWaiter(client).Wait(t.Context(), table, time.Minute); err != nil {
		t.Fatal(err)
	}
	if _, err := client.DeleteTable(t.Context(), &sdk.DeleteTableInput{TableName: aws.String("captures")}); err != nil {
		t.Fatal(err)
	}
	if err := sdk.NewTableNotExistsWaiter(client).Wait(t.Context(), table, time.Minute); err != nil {
		t.Fatal(err)
	}
	var notFound *types.ResourceNotFoundException
	if _, err := client.DescribeTable(t.Context(), table); !errors.As(err, &notFound) {
		t.Errorf("got %v, want ResourceNotFoundException", err)
	}
}

func TestTheItemThatFailedAConditionComesWithTheError(t *testing.T) {
	client := openWithTable(t)
	first := with(key("shipments", "1"), attributes{"body": text("first")})
	put(t, client, first)
	_, err := client.PutItem(t.Context(), &sdk.PutItemInput{
		TableName:                           aws.String("captures"),
		Item:                                with(key("shipments", "1"), attributes{"body": text("second")}),
		ConditionExpression:                 aws.String("attribute_not_exists(#c)"),
		ExpressionAttributeNames:            map[string]string{"#c": "channel"},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) {
		t.Fatalf("got %v, want ConditionalCheckFailedException", err)
	}
	if body, ok := failed.Item["body"].(*types.AttributeValueMemberS); !ok || body.Value != "first" {
		t.Errorf("got the item %v, want the first", failed.Item)
	}
}

func TestAQueryPagesInTheOrderOfTheSortKeyEitherWay(t *testing.T) {
	client := openWithTable(t)
	for _, at := range []string{"3", "1", "5", "2", "4"} {
		put(t, client, key("shipments", at))
		put(t, client, key("rejections", at))
	}
	for _, c := range []struct {
		forward bool
		want    string
	}{{true, "1 2|3 4|5"}, {false, "5 4|3 2|1"}} {
		pages := sdk.NewQueryPaginator(client, &sdk.QueryInput{
			TableName:                 aws.String("captures"),
			KeyConditionExpression:    aws.String("channel = :c"),
			ExpressionAttributeValues: attributes{":c": text("shipments")},
			ScanIndexForward:          aws.Bool(c.forward),
			Limit:                     aws.Int32(2),
			ConsistentRead:            aws.Bool(true),
		})
		var got []string
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, sortKeys(page.Items))
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("forward %v: got %q, want %q", c.forward, got, c.want)
		}
	}
}

// Amazon documents that a page ends after 1 MB was read, whatever the filter leaves of it. DynamoDB Local counts only
// what the filter lets through; the conformance suite therefore says nothing of this.
func TestAPageEndsBehindAMegabyteThatTheFilterDropped(t *testing.T) {
	client := openWithTable(t)
	for i := range 8 {
		put(t, client, with(key("shipments", fmt.Sprint(i)), attributes{"body": text(strings.Repeat("x", 200_000))}))
	}
	page, err := client.Query(t.Context(), &sdk.QueryInput{
		TableName:                 aws.String("captures"),
		KeyConditionExpression:    aws.String("channel = :c"),
		FilterExpression:          aws.String("attribute_not_exists(body)"),
		ExpressionAttributeValues: attributes{":c": text("shipments")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if page.Count != 0 || page.ScannedCount != 6 || page.LastEvaluatedKey == nil {
		t.Errorf("got %d of %d items and the key %v, want 0 of 6 and a key", page.Count, page.ScannedCount,
			page.LastEvaluatedKey)
	}
}

func TestUpdatesOfOneItemAreMadeOneAfterTheOther(t *testing.T) {
	client := openWithTable(t)
	const writers, each = 8, 25
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for range each {
				_, err := client.UpdateItem(t.Context(), &sdk.UpdateItemInput{
					TableName: aws.String("captures"), Key: key("counter", "1"),
					UpdateExpression:          aws.String("ADD seen :one"),
					ExpressionAttributeValues: attributes{":one": number("1")},
				})
				if err != nil {
					t.Error(err)
				}
				if _, err := client.Scan(t.Context(), &sdk.ScanInput{TableName: aws.String("captures")}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	got, err := client.GetItem(t.Context(), &sdk.GetItemInput{TableName: aws.String("captures"), Key: key("counter", "1")})
	if err != nil {
		t.Fatal(err)
	}
	if seen, ok := got.Item["seen"].(*types.AttributeValueMemberN); !ok || seen.Value != fmt.Sprint(writers*each) {
		t.Errorf("got %v, want %d", got.Item["seen"], writers*each)
	}
}

func TestWhatIsOutsideOfTheSubsetIsRefusedByName(t *testing.T) {
	client := openWithTable(t)
	for _, c := range []struct {
		why     string
		request func(context.Context) error
		code    string
		message string
	}{
		{"an operation that is not there must not look like success", func(ctx context.Context) error {
			_, err := client.ListBackups(ctx, &sdk.ListBackupsInput{})
			return err
		}, "UnknownOperationException", "unknown operation"},
		{"a query of an index must not be answered from the table", func(ctx context.Context) error {
			_, err := client.Query(ctx, &sdk.QueryInput{TableName: aws.String("captures"), IndexName: aws.String("by-body")})
			return err
		}, "ValidationException", `the parameter "IndexName" is outside of the subset`},
		{"a legacy condition must not be left out of account", func(ctx context.Context) error {
			_, err := client.PutItem(ctx, &sdk.PutItemInput{TableName: aws.String("captures"), Item: key("a", "b"),
				Expected: map[string]types.ExpectedAttributeValue{"channel": {Exists: aws.Bool(false)}}})
			return err
		}, "ValidationException", `the parameter "Expected" is outside of the subset`},
	} {
		err := c.request(t.Context())
		var answer smithy.APIError
		if !errors.As(err, &answer) || answer.ErrorCode() != c.code || !strings.Contains(answer.ErrorMessage(), c.message) {
			t.Errorf("%s: got %v, want %s: %s", c.why, err, c.code, c.message)
		}
	}
}

func TestWhatIsNoRequestIsRefused(t *testing.T) {
	server, err := dynamodb.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	for _, c := range []struct {
		why, method, target, body string
		want                      string
	}{
		{"half of a body", http.MethodPost, "DynamoDB_20120810.ListTables", `{"Limit":`, "SerializationException"},
		{"two bodies", http.MethodPost, "DynamoDB_20120810.ListTables", `{}{}`, "SerializationException"},
		{"a value of the wrong JSON type", http.MethodPost, "DynamoDB_20120810.ListTables", `{"Limit":"x"}`,
			"SerializationException"},
		{"another service's operation", http.MethodPost, "Kinesis_20131202.ListTables", `{}`, "UnknownOperationException"},
		{"no operation", http.MethodGet, "", ``, "UnknownOperationException"},
		{"more than 16 MB", http.MethodPost, "DynamoDB_20120810.ListTables", strings.Repeat(" ", 17<<20),
			"RequestEntityTooLarge"},
	} {
		request, err := http.NewRequestWithContext(t.Context(), c.method, server.Endpoint(), strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Amz-Target", c.target)
		answer, err := transport.RoundTrip(request)
		if err != nil {
			t.Fatalf("%s: %v", c.why, err)
		}
		body := make([]byte, 200)
		n, _ := answer.Body.Read(body) // an answer this short comes in one read
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusBadRequest || !strings.Contains(string(body[:n]), c.want) {
			t.Errorf("%s: got %d %s, want 400 %s", c.why, answer.StatusCode, body[:n], c.want)
		}
	}
}

func TestNothingAnswersOnceTheServerIsClosed(t *testing.T) {
	server, err := dynamodb.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.Endpoint(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := transport.RoundTrip(request); err == nil {
		_ = answer.Body.Close()
		t.Error("got an answer")
	}
	if err := server.Close(); err != nil {
		t.Errorf("close again: %v", err)
	}
}

func TestTheServiceSaysWhatItProvidesAndTakesNoSettings(t *testing.T) {
	service := dynamodb.Service()
	running, err := service.Start(t.Context(), map[string]string{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = running.Stop() }()
	for _, name := range service.Provides {
		if running.Env[name] == "" {
			t.Errorf("%s is promised and not set", name)
		}
	}
	if len(running.Env) != len(service.Provides) {
		t.Errorf("got %v, want what was promised: %v", running.Env, service.Provides)
	}
	if _, err := service.Start(t.Context(), map[string]string{"port": "8000"}); err == nil ||
		!strings.Contains(err.Error(), `"port"`) {
		t.Errorf("got %v, want an error that names the setting", err)
	}
}
