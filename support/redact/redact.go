// Package redact takes out of texts what must not be shown. It promises nothing to other modules.
//
// Secrets are known by the values of variables. Other texts are what events and features say at the paths of `redact:`.
package redact

import (
	"cmp"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/harken-bdd/harken/support/config"
)

// hiddenSecret stands where a secret must not be shown.
const hiddenSecret = "[secret]"

// Secrets knows what is secret, and which of it has been hidden.
type Secrets struct {
	known atomic.Pointer[known]

	mu  sync.Mutex
	hid map[string]bool // by the names of variables
}

// known is what is to be hidden.
type known struct {
	all     []config.Secret // longest first
	replace *strings.Replacer
}

func knownOf(all []config.Secret) *known {
	var pairs []string
	for _, secret := range all {
		pairs = append(pairs, secret.Text, hiddenSecret)
	}
	return &known{all: all, replace: strings.NewReplacer(pairs...)}
}

// Environment takes what the environment holds as a secret out of a text that is about no suite.
func Environment(text string) string {
	return New((&config.Config{}).Secrets(nil, os.Environ(), nil), nil).Hide(text)
}

// New returns what hides these secrets, behind what has hidden some already, which may be nil.
func New(all []config.Secret, before *Secrets) *Secrets {
	x := &Secrets{hid: make(map[string]bool)}
	if before != nil {
		maps.Copy(x.hid, before.hid)
	}
	x.known.Store(knownOf(all))
	return x
}

// Learn has a text hidden from now on, which became known as a secret while a suite runs. name says what it is.
func (x *Secrets) Learn(name, text string) {
	if text == "" {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	all := slices.Clone(x.known.Load().all)
	for _, form := range append(config.Spellings(text), text) {
		all = append(all, config.Secret{Name: name, Text: form})
	}
	slices.SortStableFunc(all, func(a, b config.Secret) int { return cmp.Compare(len(b.Text), len(a.Text)) })
	x.known.Store(knownOf(slices.Compact(all)))
}

// Hide takes secrets out of a text, also what is left of one that was cut off.
func (x *Secrets) Hide(text string) string {
	known := x.known.Load()
	shown := known.replace.Replace(text)
	if shown != text {
		x.note(text)
	}
	if !strings.Contains(shown, ellipsis) {
		return shown
	}
	for _, secret := range known.all {
		whole := shown
		if shown = withoutRest(shown, secret.Text, hiddenSecret); shown != whole {
			x.note(secret.Text)
		}
	}
	return shown
}

// note notes which secrets a text has.
func (x *Secrets) note(text string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, secret := range x.known.Load().all {
		if !x.hid[secret.Name] && strings.Contains(text, secret.Text) {
			x.hid[secret.Name] = true
		}
	}
}

// Names returns those of the variables whose values were hidden so far.
func (x *Secrets) Names() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Sorted(maps.Keys(x.hid))
}

const (
	ellipsis     = "..." // behind what is cut off
	shortestRest = 8     // bytes of a secret that are left of it and still tell something
	longestRest  = 1024  // bytes that any message leaves of a value
)

// withoutRest takes out of a text what is left of a secret that was cut off: its beginning, where an ellipsis follows.
func withoutRest(text, secret, instead string) string {
	if len(secret) < shortestRest {
		return text
	}
	for from := 0; ; {
		at := strings.Index(text[from:], ellipsis)
		if at < 0 {
			return text
		}
		end := from + at
		from = end + len(ellipsis)
		kept := strings.TrimRight(text[:end], `" `)
		if begin := beginning(kept, secret); begin >= 0 {
			text = text[:begin] + instead + text[len(kept):]
			from += len(instead) - (len(kept) - begin)
		}
	}
}

// beginning returns where the longest beginning of a secret begins that a text ends in, -1 where there is none.
func beginning(text, secret string) int {
	for from := max(0, len(text)-min(len(secret), longestRest)); ; from++ {
		at := strings.Index(text[from:], secret[:shortestRest])
		if at < 0 {
			return -1
		}
		if from += at; strings.HasPrefix(secret, text[from:]) {
			return from
		}
	}
}
