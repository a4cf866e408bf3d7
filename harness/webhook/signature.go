// Signatures: whether a request was signed by whoever has the secret.

package webhook

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // partners sign so, and an HMAC by it is not what is broken about it
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/internal/name"
)

// signature says how requests are signed: a header has the HMAC of the body.
type signature struct {
	header    string
	algorithm string
	encoding  string
	prefix    string // what stands before the HMAC
	secret    []byte
}

func algorithms() map[string]func() hash.Hash {
	return map[string]func() hash.Hash{"sha256": sha256.New, "sha1": sha1.New, "sha512": sha512.New}
}

func encodings() map[string]func(string) ([]byte, error) {
	return map[string]func(string) ([]byte, error){"hex": hex.DecodeString, "base64": base64.StdEncoding.DecodeString}
}

func newSignature(values url.Values) (*signature, error) {
	s := &signature{
		header: values.Get("signature"), algorithm: "sha256", encoding: "hex", prefix: values.Get("prefix"),
		secret: []byte(values.Get("secret")),
	}
	if values.Has("hmac") {
		s.algorithm = values.Get("hmac")
	}
	if values.Has("encoding") {
		s.encoding = values.Get("encoding")
	}
	switch {
	case !isHeader(s.header):
		return nil, errors.New("signature: want the name of the header that has it: signature=X-Hub-Signature-256")
	case algorithms()[s.algorithm] == nil:
		return nil, fmt.Errorf("hmac: %w", name.Unknown("algorithm", s.algorithm, slices.Collect(maps.Keys(algorithms()))))
	case encodings()[s.encoding] == nil:
		return nil, fmt.Errorf("encoding: %w", name.Unknown("encoding", s.encoding, slices.Collect(maps.Keys(encodings()))))
	case len(s.secret) == 0:
		return nil, errors.New("signature: with which secret? (write secret=${WEBHOOK_SECRET}, and set that variable)")
	}
	return s, nil
}

// wrong says what is wrong with how a request is signed, "" where nothing is. Of several signatures, as a sender has
// that changes its secret, one is enough.
func (s *signature) wrong(headers map[string][]string, body []byte) string {
	if s == nil {
		return ""
	}
	values := http.Header(headers).Values(s.header)
	if len(values) == 0 {
		return fmt.Sprintf("it is not signed: it has no header %s", s.header)
	}
	why := ""
	for _, value := range values {
		if why = s.mismatch(value, body); why == "" {
			return ""
		}
	}
	return fmt.Sprintf("its signature is wrong: the header %s %s", s.header, why)
}

// mismatch says why a value is not what the header must have, "" where it is.
func (s *signature) mismatch(value string, body []byte) string {
	text, ok := strings.CutPrefix(value, s.prefix)
	if !ok {
		return fmt.Sprintf("does not begin with %q", s.prefix)
	}
	got, err := encodings()[s.encoding](text)
	if err != nil {
		return "is not written in " + s.encoding
	}
	mac := hmac.New(algorithms()[s.algorithm], s.secret)
	mac.Write(body) // never fails
	if !hmac.Equal(got, mac.Sum(nil)) {
		return fmt.Sprintf("is not the HMAC (%s) of the body with the secret that the address names", s.algorithm)
	}
	return ""
}
