// Package s3 is the transport for objects in S3:
//
//	s3://BUCKET                                       every object of the bucket
//	s3://BUCKET/FOLDER                                those below FOLDER/
//	s3://BUCKET/FOLDER?events=eventbridge             what happens there, in place of what is there
//	s3://BUCKET/FOLDER?events=eventbridge&body=true   likewise, each with the object itself
//
// Every address knows region= and endpoint=.
//
// # Objects
//
// The key of an event is the object's, without the folder; one without a key becomes an object with a new name. Its
// body is the object. Its headers are the user's metadata, of which S3 keeps the names in lower case, and Content-Type,
// Content-Encoding, Content-Language, Content-Disposition and Cache-Control.
//
// # State
//
// Without events=, an address tells what is there. The objects below the folder are listed, for all who wait at once,
// and those that are new or other than before are read. What is there at the opening is remembered and captured only
// once it changes, so that a bucket may be full; a listing costs a request for every thousand objects. S3 is strongly
// consistent: a listing that began after the call is all that a Sync needs. An object that is written again within a
// second with the same bytes, and perhaps other metadata, looks the same in a listing and is not read again. An object
// that one listing shows and the next does not is gone, also if it was there at the opening. What is overwritten, or
// comes and goes, between two looks is not seen, as with any state. There are no stamps: the time that S3 keeps of an
// object that was uploaded in parts is that of the upload's beginning.
//
// An object of more than largest= bytes (1048576 unless said) is not read but reported as a gap: a body that was cut
// would be another one.
//
// # Events
//
// With events=eventbridge, an address tells what happens: each "Object Created" that S3 sends to EventBridge, on the
// default bus and only if the bucket's notifications say so, which Listen asks. The listener's own rule and queue are
// those of the transport for eventbridge, and so are stamps and identities: a notification that S3 sends twice is one
// delivery (package envelope). The body is the notification, unless body=true has the object read: by its version,
// where the bucket keeps versions. What was overwritten or deleted in between is a gap. A deletion is another kind of
// happening, which is not told here: it comes by at eventbridge://default?source=aws.s3&detail-type=Object+Deleted.
//
// A canary proves the rule and the queue, but not the way from S3 to EventBridge, since a canary in the bucket would
// start the system. So the bound says how long S3 itself may take: bound=, 5s unless said.
package s3

import (
	"context"
	"fmt"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
)

// Transport returns the transport of the scheme s3, which finds its account by the SDK's own configuration. sources has
// the one for eventbridge where events are listened to (events=eventbridge); others in it do not matter.
func Transport(sources ...harness.Transport) harness.Transport {
	t := transport{sources: sources}
	return harness.Scheme[address]{
		Name:        "s3",
		Example:     "s3://uploads/in",
		Parse:       t.parse,
		Produce:     produce,
		Listen:      t.listen,
		Server:      account.Server("S3"),
		Permissions: t.permissions,
	}.Transport()
}

type transport struct{ sources harness.Table }

// client is what is needed of an *s3.Client.
type client interface {
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
	GetBucketNotificationConfiguration(
		context.Context, *s3.GetBucketNotificationConfigurationInput, ...func(*s3.Options),
	) (*s3.GetBucketNotificationConfigurationOutput, error)
}

// parse reads an address, and what can be expected of the one by which its events are listened to.
func (t transport) parse(u *url.URL) (address, error) {
	a, err := parse(u)
	if err != nil || !a.events {
		return a, err
	}
	if a.traits, err = t.sources.Check(a.source()); err != nil {
		return address{}, fmt.Errorf("events=eventbridge: %w", err)
	}
	a.traits.Produce, a.traits.Headers = true, a.body
	return a, nil
}

func produce(ctx context.Context, a address) (harness.Producer, error) {
	c, disconnect, err := connect(ctx, a)
	if err != nil {
		return nil, err
	}
	return &producer{client: c, addr: a, disconnect: disconnect}, nil
}

func (t transport) listen(ctx context.Context, a address, s harness.Sink) (harness.Listener, error) {
	c, disconnect, err := connect(ctx, a)
	if err != nil {
		return nil, err
	}
	release := func() error { disconnect(); return nil }
	var l harness.Listener
	if a.events {
		l, err = listenToEvents(ctx, c, a, t.sources, s, release)
	} else {
		l, err = listenToState(ctx, c, a, s, release)
	}
	if err != nil {
		disconnect()
		return nil, err
	}
	return l, nil
}

func connect(ctx context.Context, a address) (_ client, disconnect func(), err error) {
	opened, err := account.Open(ctx, a.settings,
		func(c aws.Config) *string { return s3.NewFromConfig(c).Options().BaseEndpoint })
	if err != nil {
		return nil, nil, err
	}
	c := s3.NewFromConfig(opened.Config, func(o *s3.Options) {
		o.UsePathStyle = opened.Local // a bucket is no name of a machine there
	})
	return c, opened.Close, nil
}

func (t transport) permissions(a address) []harness.Permission {
	bucket := "arn:" + account.AnyPartition + ":s3:::" + a.bucket
	objects := bucket + "/" + a.folder + "*"
	all := []harness.Permission{{Action: "s3:PutObject", Resource: objects}}
	if !a.events {
		return append(all, harness.Permission{Action: "s3:ListBucket", Resource: bucket},
			harness.Permission{Action: "s3:GetObject", Resource: objects})
	}
	all = append(all, harness.Permission{Action: "s3:GetBucketNotification", Resource: bucket})
	if a.body {
		all = append(all, harness.Permission{Action: "s3:GetObject", Resource: objects},
			harness.Permission{Action: "s3:GetObjectVersion", Resource: objects})
	}
	return append(all, t.sources.Permissions(a.source())...)
}
