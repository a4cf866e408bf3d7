// What is said of a channel beside its address, and what nobody may be shown of it.

package harness

import (
	"context"
	"reflect"
)

// Settings are what godog.yml says of a channel beside its address, for a transport that takes such
// (Transport.Configure): what an address cannot say, or nobody may see there. The zero Settings say nothing.
type Settings struct {
	Method  string            // of a request
	Query   map[string]string // what every request asks for, by the system's own names
	Headers map[string]string // that every request has
	OAuth2  *OAuth2           // where every request gets its token; nil: it has none
}

// OAuth2 says how a token is got by client credentials, as RFC 6749 has them in section 4.4.
type OAuth2 struct {
	URL    string // of the token endpoint
	Client string // its id
	Secret string
	Scopes []string
	Params map[string]string // what else the endpoint is told: an audience, say
}

// IsZero says whether nothing is said.
func (s Settings) IsZero() bool { return reflect.ValueOf(s).IsZero() }

type (
	settingsKey struct{}
	hidingKey   struct{}
)

// WithSettings returns a context in which producers and listeners are opened for a channel that has such settings.
func WithSettings(ctx context.Context, s Settings) context.Context {
	return context.WithValue(ctx, settingsKey{}, s)
}

// SettingsOf returns the settings of the channel that something is opened for.
func SettingsOf(ctx context.Context) Settings {
	s, _ := ctx.Value(settingsKey{}).(Settings)
	return s
}

// WithHiding returns a context in which hide is told of secrets that a transport learns, such as a token. hide may be
// called concurrently, and for as long as what was opened is open.
func WithHiding(ctx context.Context, hide func(secret string)) context.Context {
	return context.WithValue(ctx, hidingKey{}, hide)
}

// HidingOf returns what a transport tells the secrets that it learns, before it uses them.
func HidingOf(ctx context.Context) (hide func(secret string)) {
	if hide, ok := ctx.Value(hidingKey{}).(func(string)); ok {
		return hide
	}
	return func(string) {}
}
