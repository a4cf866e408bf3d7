package redact

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/harken-bdd/harken/support/config"
	"github.com/harken-bdd/harken/support/pattern"
)

// shortest is how many bytes a value has at least that is hidden wherever it stands: a shorter one protects nothing,
// and without it a text would be unreadable.
const shortest = 4

// Texts returns what takes these out of a text, but for those that are too short.
func Texts(secrets []string) func(string) string {
	secrets = hidden(secrets)
	return func(text string) string {
		// No Replacer: a secret may be all of a body of many megabytes.
		for _, secret := range secrets {
			text = strings.ReplaceAll(text, secret, pattern.Redacted)
		}
		if strings.Contains(text, ellipsis) {
			for _, secret := range secrets {
				text = withoutRest(text, secret, pattern.Redacted)
			}
		}
		return text
	}
}

// hidden returns secrets in all their forms, the longest first, but for those that are too short.
func hidden(secrets []string) []string {
	for _, secret := range secrets {
		secrets = append(secrets, Forms(secret)...)
	}
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return slices.DeleteFunc(slices.Compact(secrets), func(secret string) bool { return len(secret) < shortest })
}

// Forms returns what else a secret may be written as: in JSON, with or without what HTML minds, in the cell of a table,
// and in a URL.
func Forms(secret string) []string {
	if strings.IndexFunc(secret, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) < 0 {
		return nil
	}
	return append(config.Spellings(secret), cell.Replace(secret))
}

// cell writes a text as the cell of a table has it.
var cell = strings.NewReplacer(`\`, `\\`, "|", `\|`, "\n", `\n`)

// Replacer returns what takes these out of a text wherever they stand whole, but for those that are too short.
func Replacer(secrets []string) *strings.Replacer {
	var pairs []string
	for _, text := range hidden(secrets) {
		pairs = append(pairs, text, pattern.Redacted)
	}
	return strings.NewReplacer(pairs...)
}

// Error returns an error that is err and reads otherwise.
func Error(err error, text string) error { return redacted{text, err} }

// redacted is an error whose text is another.
type redacted struct {
	text  string
	cause error
}

func (r redacted) Error() string { return r.text }

func (r redacted) Unwrap() error { return r.cause }
