// What an address says.

package kafka

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/harken-bdd/harken/harness"
)

const (
	defaultPort = "9092"
	// allPartitions stands for a partition that is not named.
	allPartitions = -1
	longestTopic  = 249
)

// address is a URL of the scheme kafka, taken apart.
type address struct {
	text      string   // as it was written, without a password
	brokers   []string // HOST:PORT, to begin with
	topic     string
	partition int32 // the one that is used, or allPartitions
	key       string
	later     bool // the topic, or its partition, may be made later
	login     login
	tls       security
}

// security is what an address says of TLS.
type security struct {
	on      bool
	ca      string // files
	cert    string
	certKey string
}

func parse(u *url.URL) (address, error) {
	a := address{text: u.Redacted(), topic: strings.TrimPrefix(u.Path, "/"), partition: allPartitions}
	for host := range strings.SplitSeq(u.Host, ",") {
		at, err := broker(host)
		if err != nil {
			return address{}, err
		}
		a.brokers = append(a.brokers, at)
	}
	if err := validTopic(a.topic); err != nil {
		return address{}, err
	}
	err := harness.SetParameters(u, a.set, "key", "partition", "missing", "sasl", "tls", "ca", "cert", "cert-key")
	if err != nil {
		return address{}, err
	}
	if err := a.tls.valid(); err != nil {
		return address{}, err
	}
	return a, a.login.valid(u.User)
}

// broker returns HOST:PORT of what is one or has no port.
func broker(host string) (string, error) {
	name, port := host, defaultPort
	if i := strings.LastIndex(host, ":"); i > strings.LastIndex(host, "]") {
		name, port = host[:i], host[i+1:]
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	if name == "" {
		return "", errors.New("the address has no host (write kafka://host:port/topic, or kafka://a:9092,b:9092/topic)")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", fmt.Errorf("port %q of a broker is not a number from 1 to 65535", port)
	}
	return net.JoinHostPort(name, port), nil
}

func validTopic(topic string) error {
	switch {
	case topic == "":
		return errors.New("the address has no topic (write kafka://host:port/topic)")
	case len(topic) > longestTopic:
		return fmt.Errorf("a topic has at most %d letters, and this one %d", longestTopic, len(topic))
	case topic == "." || topic == "..":
		return fmt.Errorf("topic %q: no topic can be called so", topic)
	case strings.ContainsFunc(topic, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("._-", c)
	}):
		return fmt.Errorf("topic %q: a topic has letters, digits, dots, underscores and hyphens only", topic)
	}
	return nil
}

func (a *address) set(parameter, value string) error {
	switch parameter {
	case "key":
		a.key = value
	case "partition":
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil {
			return fmt.Errorf("partition is a number, from 0 on, not %q", value)
		}
		a.partition = int32(n)
	case "missing":
		if value != "later" {
			return fmt.Errorf("missing is later (the topic may be made during the run) or left out, not %q", value)
		}
		a.later = true
	case "sasl":
		return a.login.set(value)
	case "tls":
		if value != "true" && value != "false" {
			return fmt.Errorf("tls is true or false, not %q", value)
		}
		a.tls.on = value == "true"
	case "ca":
		a.tls.ca = value
	case "cert":
		a.tls.cert = value
	case "cert-key":
		a.tls.certKey = value
	}
	return nil
}

func (s security) valid() error {
	switch {
	case !s.on && s.ca+s.cert+s.certKey != "":
		return errors.New("ca, cert and cert-key are of TLS: add tls=true")
	case (s.cert == "") != (s.certKey == ""):
		return errors.New("cert and cert-key go together: a certificate of one's own, and its private key")
	}
	return nil
}

// Traits say what can be expected of the address. Only within a partition is there an order.
func (a address) Traits() harness.Traits {
	return harness.Traits{
		Ordered: a.partition != allPartitions,
		Replay:  true,
		Resume:  true,
		Headers: true,
		Exact:   true,
		Produce: true,
		Listen:  true,
	}
}

// String returns the address as it was written, without a password.
func (a address) String() string { return a.text }

// covers says whether a partition is one of the address's.
func (a address) covers(partition int32) bool {
	return a.partition == allPartitions || a.partition == partition
}
