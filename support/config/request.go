// What is said of a channel of HTTP beside its address.

package config

import (
	"maps"
	"slices"

	"go.yaml.in/yaml/v4"
)

// requestKeys are those of a mapping that says what requests have. unlessSaid makes of a default what holds there.
func requestKeys(mapping string, unlessSaid func(string) string) []Key {
	in := func(key string) string { return mapping + "." + key }
	return []Key{
		{in("method"), OfText, unlessSaid("`POST`"),
			"HTTP only: the method of what is sent. An event has another one by a row `header :method`.", "method: PUT"},
		{in("query"), OfTextsBy, unlessSaid(noDefault),
			"HTTP only: what every request asks for. `{key}` in it is the key of the event.", "query: {expand: lines}"},
		{in("headers"), OfTextsBy, unlessSaid(noDefault),
			"HTTP only: headers of every request. What variables put there is in no output.",
			`headers: {Authorization: "Bearer ${TOKEN}"}`},
		{in("oauth2"), OfKeys, unlessSaid(noDefault),
			"HTTP only: every request has a token, which is got by client credentials. It is in no output.",
			`oauth2: {url: "https://${IDP}/token", client: "${CLIENT_ID}", secret: "${CLIENT_SECRET}"}`},
		{in("oauth2.url"), OfText, needed, "The token endpoint.", `url: "https://${IDP}/token"`},
		{in("oauth2.client"), OfText, needed, "The id of the client.", `client: "${CLIENT_ID}"`},
		{in("oauth2.secret"), OfText, needed, "The secret of the client. It is in no output.",
			`secret: "${CLIENT_SECRET}"`},
		{in("oauth2.scopes"), OfTexts, noDefault, "What the token is to allow.", "scopes: [orders.write]"},
		{in("oauth2.params"), OfTextsBy, noDefault, "What else the endpoint is told.", "params: {audience: orders}"},
	}
}

// request returns the reads of what a mapping says of requests. What it says takes the place of what is there already.
func (r *reader) request(mapping string, into *Request) map[string]read {
	return map[string]read{
		"method":  r.text(&into.Method),
		"query":   r.textsBy(&into.Query),
		"headers": r.textsBy(&into.Headers),
		"oauth2": func(at place, n *yaml.Node) {
			o := &OAuth2{}
			r.fields(mapping+".oauth2", map[string]read{
				"url": r.text(&o.URL), "client": r.text(&o.Client), "secret": r.text(&o.Secret),
				"scopes": r.texts(&o.Scopes), "params": r.textsBy(&o.Params),
			})(at, n)
			into.OAuth2 = o
		},
	}
}

// textsBy reads a mapping of names to texts.
func (r *reader) textsBy(into *map[string]string) read {
	return func(at place, n *yaml.Node) {
		all := make(map[string]string)
		r.settings(func(key *yaml.Node, text string) { all[key.Value] = text })(at, n)
		*into = all
	}
}

// Expand returns r with each ${NAME} filled in as Config.Expand does. Its errors show what was written, never what a
// variable holds.
func (r Request) Expand(fill func(raw string) (string, error)) (Request, error) {
	var err error
	text := func(raw string) string {
		filled, failed := fill(raw)
		if err == nil {
			err = failed
		}
		return filled
	}
	texts := func(raw map[string]string) map[string]string {
		filled := maps.Clone(raw)
		for _, name := range slices.Sorted(maps.Keys(raw)) {
			filled[name] = text(raw[name])
		}
		return filled
	}
	r.Method, r.Query, r.Headers = text(r.Method), texts(r.Query), texts(r.Headers)
	if r.OAuth2 != nil {
		o := *r.OAuth2
		o.URL, o.Client, o.Secret, o.Params = text(o.URL), text(o.Client), text(o.Secret), texts(o.Params)
		o.Scopes = slices.Clone(o.Scopes)
		for i, scope := range o.Scopes {
			o.Scopes[i] = text(scope)
		}
		r.OAuth2 = &o
	}
	return r, err
}

// requests takes in what variables put into requests: all of it that stands in headers, since any of them may say who
// asks, the secret of a client, and parameters with a secret's name.
func (f *finder) requests(r Request) {
	for _, value := range r.Headers {
		f.variablesIn(value)
	}
	for name, value := range r.Query {
		if secretParameter(name) {
			f.variablesIn(value)
		}
	}
	if r.OAuth2 == nil {
		return
	}
	f.variablesIn(r.OAuth2.Secret)
	f.address(r.OAuth2.URL)
	for name, value := range r.OAuth2.Params {
		if secretParameter(name) {
			f.variablesIn(value)
		}
	}
}

// variablesIn takes in the values of the variables in a text, all of which are secret.
func (f *finder) variablesIn(raw string) {
	parts, _ := split(raw) // one that cannot be split is told of where it is used
	for _, p := range parts {
		if p.variable {
			f.add(p.text, f.valueOf(p.text), shortestDeclared)
		}
	}
}
