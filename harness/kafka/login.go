// How a client logs in: SASL.

package kafka

import (
	"fmt"
	"net/url"
	"os"

	"github.com/twmb/franz-go/pkg/sasl"
	saslplain "github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/internal/name"
)

// The mechanisms, as an address names them.
const (
	plain       = "plain"
	scramSHA256 = "scram-sha-256"
	scramSHA512 = "scram-sha-512"
)

// The variables of the environment that say who logs in where an address does not.
const (
	userVariable     = "KAFKA_USERNAME"
	passwordVariable = "KAFKA_PASSWORD"
)

// login is what an address says of it. The zero login is none.
type login struct {
	mechanism string
	user      *url.Userinfo // nil: of the environment
}

func (l *login) set(mechanism string) error {
	switch mechanism {
	case plain, scramSHA256, scramSHA512:
		l.mechanism = mechanism
		return nil
	default:
		return name.Unknown("sasl mechanism", mechanism, []string{plain, scramSHA256, scramSHA512})
	}
}

// valid takes in who is named in the address.
func (l *login) valid(user *url.Userinfo) error {
	if user == nil {
		return nil
	}
	if l.mechanism == "" {
		return fmt.Errorf("the address has a user: say how it logs in (sasl=%s, sasl=%s or sasl=%s)", plain, scramSHA256,
			scramSHA512)
	}
	if password, _ := user.Password(); user.Username() == "" || password == "" {
		return fmt.Errorf("to log in takes a user and a password (write kafka://user:password@host/topic?sasl=%s)",
			l.mechanism)
	}
	l.user = user
	return nil
}

// mechanisms returns how to log in, with the user and the password: one mechanism, or none where nobody logs in.
func (l login) mechanisms() ([]sasl.Mechanism, error) {
	if l.mechanism == "" {
		return nil, nil
	}
	user, password := os.Getenv(userVariable), os.Getenv(passwordVariable)
	if l.user != nil {
		user = l.user.Username()
		password, _ = l.user.Password()
	}
	if user == "" || password == "" {
		return nil, harness.Misconfigured(fmt.Errorf("sasl=%s takes a user and a password: set %s and %s, or name them in "+
			"the address (kafka://user:password@host/topic)", l.mechanism, userVariable, passwordVariable))
	}
	auth := scram.Auth{User: user, Pass: password}
	switch l.mechanism {
	case scramSHA256:
		return []sasl.Mechanism{auth.AsSha256Mechanism()}, nil
	case scramSHA512:
		return []sasl.Mechanism{auth.AsSha512Mechanism()}, nil
	default:
		return []sasl.Mechanism{saslplain.Auth{User: user, Pass: password}.AsMechanism()}, nil
	}
}
