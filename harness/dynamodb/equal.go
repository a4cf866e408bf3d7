// Whether two items are the same to DynamoDB, which says nothing of a write that changes nothing.

package dynamodb

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// equalItems says whether an item, as an event's body becomes one, is what another one is.
func equalItems(sent, other map[string]types.AttributeValue) bool {
	return maps.EqualFunc(sent, other, equalValues)
}

// equalValues compares a value as JSON has it: there are neither bytes nor sets.
func equalValues(sent, other types.AttributeValue) bool {
	switch a := sent.(type) {
	case *types.AttributeValueMemberS:
		b, same := other.(*types.AttributeValueMemberS)
		return same && a.Value == b.Value
	case *types.AttributeValueMemberN:
		b, same := other.(*types.AttributeValueMemberN)
		return same && equalNumbers(a.Value, b.Value)
	case *types.AttributeValueMemberBOOL:
		b, same := other.(*types.AttributeValueMemberBOOL)
		return same && a.Value == b.Value
	case *types.AttributeValueMemberNULL:
		_, same := other.(*types.AttributeValueMemberNULL)
		return same
	case *types.AttributeValueMemberL:
		b, same := other.(*types.AttributeValueMemberL)
		return same && slices.EqualFunc(a.Value, b.Value, equalValues)
	case *types.AttributeValueMemberM:
		b, same := other.(*types.AttributeValueMemberM)
		return same && equalItems(a.Value, b.Value)
	default:
		return false
	}
}

func equalNumbers(a, b string) bool {
	first, ok := canonical(a)
	second, alsoOK := canonical(b)
	return ok && alsoOK && first == second
}
