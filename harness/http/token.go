// Tokens by client credentials.

package http

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/poll"
)

// tokens gets tokens, and keeps one for as long as it is good.
type tokens struct {
	config clientcredentials.Config
	http   *http.Client
	hide   func(secret string)
	fetch  *poll.Shared // of all who need one at the same time

	mu   sync.Mutex
	last *oauth2.Token
}

func newTokens(o harness.OAuth2, pool *http.Transport, hide func(string)) *tokens {
	t := &tokens{hide: hide, http: &http.Client{
		Transport:     pool,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	t.config = clientcredentials.Config{
		ClientID: o.Client, ClientSecret: o.Secret, TokenURL: o.URL, Scopes: o.Scopes, EndpointParams: make(url.Values),
	}
	for name, value := range o.Params {
		t.config.EndpointParams.Set(name, value)
	}
	t.fetch = poll.NewShared(t.renew)
	return t
}

// get returns a token that is good for some seconds yet.
func (t *tokens) get(ctx context.Context) (*oauth2.Token, error) {
	if kept := t.kept(); kept.Valid() {
		return kept, nil
	}
	switch err := t.fetch.Do(ctx); {
	case errors.Is(err, poll.ErrClosed):
		return nil, harness.ErrClosed
	case err != nil:
		return nil, err
	}
	return t.kept(), nil
}

func (t *tokens) kept() *oauth2.Token {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}

func (t *tokens) renew(ctx context.Context) error {
	if t.kept().Valid() { // whoever came late found it gone, and it is here by now
		return nil
	}
	got, err := t.config.Token(context.WithValue(ctx, oauth2.HTTPClient, t.http))
	if err != nil {
		return t.explain(ctx, err)
	}
	t.hide(got.AccessToken)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = got
	return nil
}

func (t *tokens) close() { t.fetch.Close() }

// explain says why there is no token. What the endpoint answered is told by its own code for it only: more of it may
// repeat what it was asked with.
func (t *tokens) explain(ctx context.Context, err error) error {
	endpoint := t.config.TokenURL
	if u, parsing := url.Parse(endpoint); parsing == nil {
		endpoint = u.Scheme + "://" + u.Host + u.Path
	}
	var refused *oauth2.RetrieveError
	var inner *url.Error
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &inner):
		return fmt.Errorf("no token from %s: %w", endpoint, inner.Err)
	case !errors.As(err, &refused) || refused.Response == nil:
		return fmt.Errorf("no token from %s: it answered with none", endpoint)
	}
	said := fmt.Errorf("no token from %s: it answered %s", endpoint, refused.Response.Status)
	if refused.ErrorCode != "" {
		said = fmt.Errorf("%w (%s)", said, refused.ErrorCode)
	}
	switch code := refused.Response.StatusCode; {
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code >= http.StatusInternalServerError:
		return said
	default:
		return harness.Misconfigured(fmt.Errorf("%w: look at the client, its secret and the scopes", said))
	}
}
