//go:build aws

// The conformance suite, on a stand-in of AWS.

package s3

import (
	"bytes"
	"context"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/account"
	"github.com/harken-bdd/harken/harness/harnesstest"
	"github.com/harken-bdd/harken/harness/local/standin"
	"github.com/harken-bdd/harken/support/event"
)

func TestStateConforms(t *testing.T) {
	a := start(t)
	harnesstest.Run(t, harnesstest.Subject{
		Transport: Transport(a.accounts, nil),
		Address: func(t *testing.T) harnesstest.Address {
			bucket := a.bucket(t)
			return harnesstest.Address{
				URL: a.address(t, bucket+"/in", nil),
				Cut: a.door.Cut,
				Bad: bad,
			}
		},
	})
	a.needed(t, Transport(a.accounts, nil), "s3://uploads/in")
}

// amazon is a stand-in of AWS, which transports reach through a door that can be shut.
type amazon struct {
	client   *s3.Client // not through the door
	door     *standin.Door
	accounts *account.Accounts

	mu       sync.Mutex
	observed []string // the actions of what goes through accounts
}

func start(t *testing.T) *amazon {
	t.Helper()
	server, err := standin.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	own, err := new(account.Accounts).Open(t.Context(), account.Settings{Endpoint: server.Endpoint()}, func(c aws.Config) *string { return c.BaseEndpoint })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(own.Close)
	a := &amazon{door: standin.NewDoor(t, server)}
	a.client = s3.NewFromConfig(own.Config, func(o *s3.Options) { o.UsePathStyle = true })
	a.accounts = &account.Accounts{Observe: a.observe}
	return a
}

func (a *amazon) observe(action string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !slices.Contains(a.observed, action) {
		a.observed = append(a.observed, action)
	}
}

// needed compares what was asked of AWS with what the transport says has to be allowed.
func (a *amazon) needed(t *testing.T, transport harness.Transport, address string) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	var allowed []string
	for _, p := range transport.Permissions(u) {
		allowed = append(allowed, p.Action)
	}
	slices.Sort(allowed)
	slices.Sort(a.observed)
	if !slices.Equal(a.observed, allowed) {
		t.Errorf("the actions asked for are %v, and %v are said to be needed", a.observed, allowed)
	}
}

// bucket makes a bucket of a name that no other has.
func (a *amazon) bucket(t *testing.T) string {
	t.Helper()
	name := account.OwnerOf(t.Context()).NewName()
	if _, err := a.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(name)}); err != nil {
		t.Fatal(err)
	}
	return name
}

func (a *amazon) address(t *testing.T, place string, parameters url.Values) *url.URL {
	t.Helper()
	u, err := url.Parse("s3://" + place)
	if err != nil {
		t.Fatal(err)
	}
	if parameters == nil {
		parameters = make(url.Values)
	}
	parameters.Set("endpoint", a.door.Endpoint())
	u.RawQuery = parameters.Encode()
	return u
}

// put stores an event below a folder of a bucket, as the system would.
func (a *amazon) put(ctx context.Context, bucket, folder string, e event.Event) error {
	_, err := a.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(folder + e.Key), Body: bytes.NewReader(e.Body), Metadata: e.Headers,
	})
	return err
}
