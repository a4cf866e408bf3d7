// What DynamoDB takes: the size of a row, and the length of a key.

package recorder

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const (
	// maxRow is the most bytes that DynamoDB stores as one item.
	maxRow = 400 << 10
	// maxIdentity keeps the sort key, which holds a time as well, under DynamoDB's 1,024 bytes.
	maxIdentity = 512
)

// short returns id, or a digest of it where it is too long for a sort key: the name of an object may be.
func short(id string) string {
	if len(id) <= maxIdentity {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// fits returns an error for a row that DynamoDB would refuse. A retry cannot help it, so the error says what is wrong.
func fits(row map[string]types.AttributeValue) error {
	size := 0
	for name, value := range row {
		size += len(name) + sizeOf(value)
	}
	if size > maxRow {
		return fmt.Errorf("row of %d bytes, and DynamoDB takes %d (400 KB) at most: this event cannot be recorded", size,
			maxRow)
	}
	return nil
}

// sizeOf counts as DynamoDB documents it, for the kinds of attributes that a row has.
func sizeOf(value types.AttributeValue) int {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberB:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return (len(v.Value)+1)/2 + 1
	case *types.AttributeValueMemberBOOL:
		return 1
	case *types.AttributeValueMemberM:
		size := 3
		for name, member := range v.Value {
			size += 1 + len(name) + sizeOf(member)
		}
		return size
	default:
		return 0
	}
}
