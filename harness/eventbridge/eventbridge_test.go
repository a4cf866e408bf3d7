package eventbridge

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bad are addresses that make no sense.
var bad = []string{
	"eventbridge://",
	"eventbridge:arn:aws:events:eu-west-1:1:event-bus/orders",
	"eventbridge://orders/placed",
	"eventbridge://or,ders",
	"eventbridge://orders?source=",
	"eventbridge://orders?detailtype=x",
	"eventbridge://orders?pattern=x",
	"eventbridge://orders?pattern=%7B%7D",
	"eventbridge://orders?source=a&pattern=%7B%22source%22%3A%5B%22b%22%5D%7D",
	"eventbridge://orders?bound=2",
	"eventbridge://orders?region=a&region=b",
}
