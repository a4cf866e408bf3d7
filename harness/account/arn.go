// What a policy names.

package account

import "strings"

// What stands in an ARN for what only whoever prints a policy knows.
const (
	AnyPartition = "${Partition}"
	AnyRegion    = "${Region}"
	AnyAccount   = "${Account}"
)

// ARN returns the name of a resource of a service in some account ("sqs", "orders"), or name itself where it is one already.
func ARN(service, name string) string {
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	return strings.Join([]string{"arn", AnyPartition, service, AnyRegion, AnyAccount, name}, ":")
}
