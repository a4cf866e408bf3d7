// Package dynamodb is an in-process emulator for Amazon DynamoDB: a subset for tests, in memory, on loopback. The AWS
// SDKs speak to it over HTTP as they do to the service. It has the table operations, time to live (which is recorded;
// nothing is ever deleted by it), PutItem, GetItem, UpdateItem, DeleteItem, BatchGetItem, BatchWriteItem, Query and
// Scan, with their expressions. It has no secondary indexes, streams, transactions, PartiQL, parallel scans, capacity
// figures or access control, and none of the parameters that expressions replaced: a request for any of these is
// refused by name, and never half served. Nothing outlives the server.
//
// What it answers, errors included, is what DynamoDB Local answers, which is proved case by case: conformance_test.go
// puts the same operations to both, and to dynoxide. Where DynamoDB Local departs from Amazon's own documentation in a
// way that a test would be misled by, the documentation is followed; those cases say so.
//
// The internal packages are value (attribute values), expression (conditions, updates, projections and key conditions)
// and store (tables); this one reads requests and writes answers.
package dynamodb

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/store"
	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/value"
)

const (
	targetPrefix = "DynamoDB_20120810."
	maxRequest   = 16 << 20
)

// Server is a running endpoint, with tables of its own.
type Server struct {
	address    string
	http       http.Server
	served     chan struct{}  // closed once no connection is accepted any more
	connected  sync.WaitGroup // of the connections
	operations map[string]operation

	mu     sync.RWMutex // of tables: operations that only read share it
	tables map[string]*store.Table
}

// Start listens on a free port of 127.0.0.1 and serves until Close. ctx bounds the start only.
func Start(ctx context.Context) (*Server, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("dynamodb: %w", err)
	}
	s := &Server{
		address: listener.Addr().String(), served: make(chan struct{}),
		operations: operations(), tables: map[string]*store.Table{},
	}
	s.http.Handler = http.HandlerFunc(s.serve)
	s.http.ReadHeaderTimeout = time.Minute
	s.http.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			s.connected.Add(1)
		case http.StateClosed:
			s.connected.Done()
		}
	}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(listener) // returns when Close closes the listener
	}()
	return s, nil
}

// Endpoint returns the URL to give to an SDK.
func (s *Server) Endpoint() string { return "http://" + s.address }

// Close stops the server, and cuts open requests off. Nothing of it runs any more once Close has returned.
func (s *Server) Close() error {
	err := s.http.Close()
	<-s.served
	s.connected.Wait()
	return err
}

// failure is an error with a type of its own on the wire. Any other error is a value.Invalid, which is a validation
// error, or comes from reading the request.
type failure struct {
	kind    string
	message string
	item    value.Item // what a failed condition met, if the request asked for it
}

func (f *failure) Error() string { return f.kind + ": " + f.message }

const (
	serviceNamespace  = "com.amazonaws.dynamodb.v20120810#"
	protocolNamespace = "com.amazon.coral.service#"
	validateNamespace = "com.amazon.coral.validate#"
)

// serve answers one request.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	status := http.StatusOK
	answer, err := s.answer(w, r)
	if err != nil {
		status, answer = http.StatusBadRequest, describe(err)
	}
	body, err := json.Marshal(answer)
	if err != nil {
		panic(err) // no answer holds anything that JSON cannot
	}
	header := w.Header()
	header.Set("Content-Type", "application/x-amz-json-1.0")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
	header.Set("X-Amzn-Requestid", rand.Text())
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client has gone, and with it whoever could be told
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request) (any, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, &failure{kind: protocolNamespace + "RequestEntityTooLargeException", message: err.Error()}
	}
	if err != nil {
		return nil, err
	}
	name, ours := strings.CutPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	operation, known := s.operations[name]
	if !ours || !known || r.Method != http.MethodPost {
		return nil, &failure{kind: protocolNamespace + "UnknownOperationException",
			message: "An unknown operation was requested."}
	}
	if operation.writes {
		s.mu.Lock()
		defer s.mu.Unlock()
	} else {
		s.mu.RLock()
		defer s.mu.RUnlock()
	}
	return operation.run(s, body)
}

// describe returns what the wire says of an error.
func describe(err error) any {
	answer := struct {
		Type    string     `json:"__type"`
		Message string     `json:"message"`
		Item    value.Item `json:"Item,omitzero"`
	}{Message: err.Error()}
	var failed *failure
	var invalid value.Invalid
	switch {
	case errors.As(err, &failed):
		answer.Type, answer.Message, answer.Item = failed.kind, failed.message, failed.item
	case errors.As(err, &invalid):
		answer.Type = validateNamespace + "ValidationException"
	default:
		answer.Type = protocolNamespace + "SerializationException"
	}
	return answer
}

// operation reads a request's body and answers it.
type operation struct {
	writes bool
	run    func(s *Server, body []byte) (any, error)
}

func operations() map[string]operation {
	return map[string]operation{
		"CreateTable":        {true, handle((*Server).createTable)},
		"DescribeTable":      {false, handle((*Server).describeTable)},
		"ListTables":         {false, handle((*Server).listTables)},
		"DeleteTable":        {true, handle((*Server).deleteTable)},
		"UpdateTimeToLive":   {true, handle((*Server).updateTimeToLive)},
		"DescribeTimeToLive": {false, handle((*Server).describeTimeToLive)},
		"PutItem":            {true, handle((*Server).putItem)},
		"GetItem":            {false, handle((*Server).getItem)},
		"UpdateItem":         {true, handle((*Server).updateItem)},
		"DeleteItem":         {true, handle((*Server).deleteItem)},
		"BatchGetItem":       {false, handle((*Server).batchGetItem)},
		"BatchWriteItem":     {true, handle((*Server).batchWriteItem)},
		"Query":              {false, handle((*Server).query)},
		"Scan":               {false, handle((*Server).scan)},
	}
}
