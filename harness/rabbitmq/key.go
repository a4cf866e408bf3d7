// Routing keys, and whether a listener hears what is sent to another address.

package rabbitmq

import (
	"net/url"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/harness"
)

// isPattern says whether a key stands for others on a topic exchange: * for a word, # for any number of words.
func isPattern(key string) bool {
	return slices.ContainsFunc(strings.Split(key, "."), func(word string) bool { return word == "*" || word == "#" })
}

// matches says whether a topic exchange passes a message with key on to a queue that is bound by pattern.
func matches(pattern, key string) bool {
	return wordsMatch(strings.Split(pattern, "."), strings.Split(key, "."))
}

func wordsMatch(pattern, words []string) bool {
	for len(pattern) > 0 && pattern[0] != "#" {
		if len(words) == 0 || pattern[0] != "*" && pattern[0] != words[0] {
			return false
		}
		pattern, words = pattern[1:], words[1:]
	}
	if len(pattern) == 0 {
		return len(words) == 0
	}
	for skip := 0; skip <= len(words); skip++ {
		if wordsMatch(pattern[1:], words[skip:]) {
			return true
		}
	}
	return false
}

// hears says whether a listener at one address hears what is sent to another one, of either scheme.
func hears(listen, produce *url.URL) harness.Hearing {
	if produce.Scheme != plain && produce.Scheme != tlsScheme {
		return harness.Hearing{}
	}
	l, errListen := parse(listen)
	p, errProduce := parse(produce)
	if errListen != nil || errProduce != nil || l.vhost != p.vhost {
		return harness.Hearing{}
	}
	h := l.hears(p)
	if h.Hears && l.host != p.host { // servers of one cluster, or one server by another name or port
		h.Perhaps = true
	}
	return h
}

func (a address) hears(p address) harness.Hearing {
	if a.stream != "" {
		direct := p.stream == a.stream || p.stream == "" && p.exchange == "" && p.key == a.stream
		switch {
		case direct:
			return harness.Hearing{Hears: true, Key: a.stream}
		case p.exchange == "":
			return harness.Hearing{}
		default: // the stream may be bound to that exchange
			return harness.Hearing{Hears: true, Perhaps: true, Key: p.sent()}
		}
	}
	if a.exchange == "" || a.exchange != p.exchange {
		return harness.Hearing{}
	}
	switch {
	case a.bindsHeaders():
		return harness.Hearing{Hears: true, Perhaps: true, Key: p.sent()}
	case a.key == "" || a.key == "#":
		return harness.Hearing{Hears: true, Key: p.sent()}
	case p.sent() == "": // each event brings a key of its own
		return harness.Hearing{Hears: true, Perhaps: true}
	case matches(a.key, p.key):
		return harness.Hearing{Hears: true, Key: p.key}
	default:
		return harness.Hearing{}
	}
}

// sent returns the key of all that is sent to the address, or "" where each event brings its own.
func (a address) sent() string {
	if a.pattern() {
		return ""
	}
	return a.key
}
