// What resources are called, in a policy and in an account.

package account

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// What stands in an ARN for what only whoever prints a policy knows.
const (
	AnyPartition = "${Partition}"
	AnyRegion    = "${Region}"
	AnyAccount   = "${Account}"
)

// ARN returns the name of a resource of a service in some account ("sqs", "orders"), or name itself where it is one
// already.
func ARN(service, name string) string {
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	return strings.Join([]string{"arn", AnyPartition, service, AnyRegion, AnyAccount, name}, ":")
}

// ARNOf returns the ARN of a resource of a service in this account ("sns", "orders"). It asks STS who the credentials
// are of, which nobody needs a permission for.
func (a *Account) ARNOf(ctx context.Context, service, resource string) (string, error) {
	who, err := sts.NewFromConfig(a.Config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", fmt.Errorf("whose the credentials are: %w", Explain(err))
	}
	me, err := arn.Parse(aws.ToString(who.Arn))
	if err != nil {
		return "", fmt.Errorf("whose the credentials are: %w", err)
	}
	return arn.ARN{
		Partition: me.Partition, Service: service, Region: a.Config.Region, AccountID: aws.ToString(who.Account),
		Resource: resource,
	}.String(), nil
}
