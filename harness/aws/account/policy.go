// The IAM policy that allows what a suite needs.

package account

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/internal/name"
)

// Place is where the resources of a policy are. What is empty is any.
type Place struct {
	Partition string // aws, aws-cn, aws-us-gov
	Region    string
	Account   string // its twelve digits
}

// In returns the ARN of a permission's resource in a place.
func (p Place) In(arn string) string {
	return strings.NewReplacer(
		AnyPartition, cmp.Or(p.Partition, "aws"), AnyRegion, cmp.Or(p.Region, "*"), AnyAccount, cmp.Or(p.Account, "*"),
	).Replace(arn)
}

type policy struct {
	Version   string
	Statement []statement
}

type statement struct {
	Effect   string
	Action   []string
	Resource []string
}

// check returns an error for a place of which a policy would allow nothing.
func (p Place) check() error {
	switch {
	case p.Partition != "" && !slices.Contains([]string{"aws", "aws-cn", "aws-us-gov"}, p.Partition):
		return name.Unknown("partition", p.Partition, []string{"aws", "aws-cn", "aws-us-gov"})
	case p.Account != "" && (len(p.Account) != 12 || strings.Trim(p.Account, "0123456789") != ""):
		return fmt.Errorf("account %q: want its twelve digits", p.Account)
	}
	return nil
}

// Policy returns the IAM policy, as JSON, that allows just these permissions in a place: a statement for each set of
// resources on which the same actions are allowed. The same permissions give the same text, in whatever order they are.
func Policy(permissions []harness.Permission, in Place) ([]byte, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	actions := make(map[string]map[string]bool) // by resource
	for _, p := range permissions {
		resource := in.In(p.Resource)
		if actions[resource] == nil {
			actions[resource] = make(map[string]bool)
		}
		actions[resource][p.Action] = true
	}
	resources := make(map[string][]string) // by actions
	for _, resource := range slices.Sorted(maps.Keys(actions)) {
		key := strings.Join(slices.Sorted(maps.Keys(actions[resource])), " ")
		resources[key] = append(resources[key], resource)
	}
	all := policy{Version: "2012-10-17", Statement: []statement{}} // the current version of the policy language
	for _, key := range slices.Sorted(maps.Keys(resources)) {
		all.Statement = append(all.Statement, statement{Effect: "Allow", Action: strings.Fields(key),
			Resource: resources[key]})
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	err := e.Encode(all)
	return text.Bytes(), err
}
