// The bucket with the code, and the emptying of buckets.

package stack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/harken-bdd/harken/harness/aws/account"
)

// codeBucket is where code is.
type codeBucket struct {
	name  string
	owner *string // the account that it must belong to: names of buckets are the world's. Nil where the user has named it
}

// bucket returns the one that is named, or else the harness's own, which all of its stacks in an account and region
// share.
func (s *Stacks) bucket(ctx context.Context, named string) (codeBucket, error) {
	me, err := sts.NewFromConfig(s.account.Config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return codeBucket{}, account.Explain(err)
	}
	mine := account.NamePrefix + "code-" + aws.ToString(me.Account) + "-" + s.account.Config.Region
	if named != "" && named != mine {
		return codeBucket{name: named}, nil
	}
	return codeBucket{name: mine, owner: me.Account}, nil
}

// prefix is what the keys of a stack's code begin with.
func prefix(stack string) string { return account.NamePrefix + "code/" + stack + "/" }

// upload returns where the code of a stack is, and puts it there unless it is there already.
func (s *Stacks) upload(ctx context.Context, stack, named string, code []byte) (bucket, key string, err error) {
	b, err := s.bucket(ctx, named)
	if err != nil {
		return "", "", err
	}
	key = fmt.Sprintf("%s%x.zip", prefix(stack), sha256.Sum256(code))
	_, err = s.objects.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(b.name), Key: aws.String(key),
		ExpectedBucketOwner: b.owner})
	if err == nil {
		return b.name, key, nil
	}
	// Whatever else is the matter shows when it is put there: who may not list a bucket is not told that a key is missing.
	if b.owner != nil {
		if err := s.makeBucket(ctx, b); err != nil {
			return "", "", fmt.Errorf("bucket %s: %w", b.name, account.Explain(err))
		}
	}
	s.say("uploading %d KiB of code to s3://%s/%s", (len(code)+1023)>>10, b.name, key)
	_, err = s.objects.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(b.name), Key: aws.String(key), ExpectedBucketOwner: b.owner, Body: bytes.NewReader(code),
		ContentType: aws.String("application/zip"),
	})
	if err != nil {
		return "", "", fmt.Errorf("bucket %s: %w", b.name, account.Explain(err))
	}
	return b.name, key, nil
}

// makeBucket makes the harness's own bucket, private and tagged, unless it is there already.
func (s *Stacks) makeBucket(ctx context.Context, b codeBucket) error {
	create := &s3.CreateBucketInput{Bucket: aws.String(b.name)}
	if region := s.account.Config.Region; region != "us-east-1" { // which knows no name of its own there
		create.CreateBucketConfiguration = &types.CreateBucketConfiguration{
			LocationConstraint: types.BucketLocationConstraint(region),
		}
	}
	_, err := s.objects.CreateBucket(ctx, create)
	if err != nil && account.Code(err) != "BucketAlreadyOwnedByYou" {
		return err
	}
	_, err = s.objects.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
		Bucket: create.Bucket, ExpectedBucketOwner: b.owner,
		PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
			BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true), IgnorePublicAcls: aws.Bool(true),
			RestrictPublicBuckets: aws.Bool(true),
		},
	})
	if err != nil {
		return err
	}
	_, err = s.objects.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{
		Bucket: create.Bucket, ExpectedBucketOwner: b.owner,
		Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String(Tag), Value: aws.String("code")}}},
	})
	return err
}

// removeCode removes the code of a stack, and the harness's own bucket once no other stack has code there.
func (s *Stacks) removeCode(ctx context.Context, stack, named string) error {
	b, err := s.bucket(ctx, named)
	if err != nil {
		return fmt.Errorf("code: %w", err)
	}
	if err := s.empty(ctx, b, prefix(stack)); err != nil {
		return fmt.Errorf("code: %w", err)
	}
	if b.owner == nil {
		return nil
	}
	_, err = s.objects.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: aws.String(b.name), ExpectedBucketOwner: b.owner})
	switch {
	case err == nil:
		s.say("removed bucket %s", b.name)
		return nil
	case slices.Contains([]string{"NoSuchBucket", "BucketNotEmpty"}, account.Code(err)):
		return nil
	default:
		return fmt.Errorf("code: bucket %s: %w", b.name, account.Explain(err))
	}
}

// empty removes all objects of a bucket whose keys begin so, in all versions. A bucket that does not exist is empty.
func (s *Stacks) empty(ctx context.Context, b codeBucket, prefix string) error {
	pages := s3.NewListObjectVersionsPaginator(s.objects,
		&s3.ListObjectVersionsInput{Bucket: aws.String(b.name), Prefix: aws.String(prefix), ExpectedBucketOwner: b.owner})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if account.Code(err) == "NoSuchBucket" {
			return nil
		}
		if err != nil {
			return fmt.Errorf("bucket %s: %w", b.name, account.Explain(err))
		}
		var objects []types.ObjectIdentifier // a page has 1,000 at most, as many as can be removed at once
		for _, v := range page.Versions {
			objects = append(objects, types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
		}
		for _, m := range page.DeleteMarkers {
			objects = append(objects, types.ObjectIdentifier{Key: m.Key, VersionId: m.VersionId})
		}
		if len(objects) == 0 {
			continue
		}
		out, err := s.objects.DeleteObjects(ctx, &s3.DeleteObjectsInput{
			Bucket: aws.String(b.name), ExpectedBucketOwner: b.owner,
			Delete: &types.Delete{Objects: objects, Quiet: aws.Bool(true)},
		})
		switch {
		case err != nil:
			return fmt.Errorf("bucket %s: %w", b.name, account.Explain(err))
		case len(out.Errors) > 0:
			return fmt.Errorf("bucket %s: %s: %s", b.name, aws.ToString(out.Errors[0].Key), aws.ToString(out.Errors[0].Message))
		}
		s.say("removed %s of bucket %s", counted(len(objects), "object"), b.name)
	}
	return nil
}
