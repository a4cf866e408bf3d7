package sns

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bad are addresses that make no sense.
var bad = []string{
	"sns://",
	"sns:arn:aws:sns:eu-west-1:1:orders",
	"sns://orders/placed",
	"sns://or.ders",
	"sns://orders?canary=yes",
	"sns://orders?canray=true",
	"sns://orders?bound=2",
	"sns://orders?endpoint=127.0.0.1",
}
