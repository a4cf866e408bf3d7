package account

import (
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness"
)

func TestAPolicyAllowsJustWhatIsNeeded(t *testing.T) {
	orders, mine := ARN("sqs", "orders"), ARN("sqs", NamePrefix+"*")
	got, err := Policy([]harness.Permission{
		{Action: "sqs:SendMessage", Resource: orders},
		{Action: "sqs:DeleteQueue", Resource: mine},
		{Action: "sqs:CreateQueue", Resource: mine},
		{Action: "sqs:SendMessage", Resource: orders},
		{Action: "sqs:ListQueues", Resource: "*"},
		{Action: "sqs:SendMessage", Resource: "arn:aws:sqs:us-east-1:1:bills"},
	}, Place{Region: "eu-central-1", Account: "123456789012"})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": [
        "sqs:CreateQueue",
        "sqs:DeleteQueue"
      ],
      "Resource": [
        "arn:aws:sqs:eu-central-1:123456789012:harken-*"
      ]
    },
    {
      "Effect": "Allow",
      "Action": [
        "sqs:ListQueues"
      ],
      "Resource": [
        "*"
      ]
    },
    {
      "Effect": "Allow",
      "Action": [
        "sqs:SendMessage"
      ],
      "Resource": [
        "arn:aws:sqs:eu-central-1:123456789012:orders",
        "arn:aws:sqs:us-east-1:1:bills"
      ]
    }
  ]
}
`
	if string(got) != want {
		t.Errorf("got\n%s", got)
	}
	anywhere, err := Policy([]harness.Permission{{Action: "sqs:SendMessage", Resource: orders}}, Place{})
	if err != nil || Place.In(Place{}, orders) != "arn:aws:sqs:*:*:orders" {
		t.Errorf("got %s, %v", anywhere, err)
	}
}

func TestAPlaceThatCannotBeHasNoPolicy(t *testing.T) {
	for _, c := range []struct {
		in   Place
		want string
	}{
		{Place{Partition: "china"}, `no partition "china"`},
		{Place{Account: "12"}, `account "12": want its twelve digits`},
		{Place{Account: "12345678901x"}, `account "12345678901x": want its twelve digits`},
	} {
		if text, err := Policy(nil, c.in); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%+v: got %s, %v, want %s", c.in, text, err, c.want)
		}
	}
}
