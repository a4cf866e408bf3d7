// The captures table that lag is measured on.

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/harken-bdd/harken/harness/captures"
	"github.com/harken-bdd/harken/harness/embedded/dynamodb"
)

const tableName = "captures"

// table is a captures table in an endpoint of its own.
type table struct {
	server *dynamodb.Server
	db     *awsdynamodb.Client
	proxy  *http.Server
}

// openTable returns a table that has to be closed also where there is an error.
func openTable(ctx context.Context) (*table, error) {
	server, err := dynamodb.Start(ctx)
	if err != nil {
		return &table{}, err
	}
	t := &table{server: server, db: client(server.Endpoint())}
	return t, captures.CreateTable(ctx, t.db, tableName)
}

func (t *table) close() error {
	var errs []error
	if t.proxy != nil {
		errs = append(errs, t.proxy.Close())
	}
	if t.server != nil {
		errs = append(errs, t.server.Close())
	}
	return errors.Join(errs...)
}

// counted returns another way to the endpoint, and how many requests have gone that way.
func (t *table) counted(ctx context.Context) (endpoint string, asked *atomic.Int64, err error) {
	target, err := url.Parse(t.server.Endpoint())
	if err != nil {
		return "", nil, err
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	asked = new(atomic.Int64)
	pass := httputil.NewSingleHostReverseProxy(target)
	t.proxy = &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			pass.ServeHTTP(w, r)
		}),
	}
	go func() { _ = t.proxy.Serve(listener) }() // returns when close closes the listener
	return "http://" + listener.Addr().String(), asked, nil
}

// put writes a capture as a recorder does.
func (t *table) put(ctx context.Context, channel string, body []byte) error {
	now := time.Now()
	_, err := t.db.PutItem(ctx, &awsdynamodb.PutItemInput{
		TableName: aws.String(tableName),
		Item:      captures.Item{Channel: channel, At: now, ID: rand.Text(), Body: body, Captured: now}.Marshal(),
	})
	return err
}

// holds says whether there is anything in a partition.
func (t *table) holds(ctx context.Context, channel string) (bool, error) {
	out, err := t.db.Query(ctx, &awsdynamodb.QueryInput{
		TableName:                 aws.String(tableName),
		ConsistentRead:            aws.Bool(true),
		KeyConditionExpression:    aws.String("#channel = :channel"),
		ExpressionAttributeNames:  map[string]string{"#channel": captures.Channel},
		ExpressionAttributeValues: map[string]types.AttributeValue{":channel": &types.AttributeValueMemberS{Value: channel}},
	})
	if err != nil {
		return false, err
	}
	return len(out.Items) > 0, nil
}
