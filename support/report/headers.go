// Headers in JSON: a header of one value is a text, as it was before a name could have several, and else a list.

package report

import "encoding/json"

// Headers are an event's, written in this way.
type Headers map[string]values

type values []string

// MarshalJSON writes one value as a text.
func (v values) MarshalJSON() ([]byte, error) {
	if len(v) == 1 {
		return json.Marshal(v[0])
	}
	return json.Marshal([]string(v))
}

// UnmarshalJSON reads a text or a list of texts.
func (v *values) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*v = values{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(v))
}

// HeadersOf returns the headers of an event, nil for none.
func HeadersOf(all map[string][]string) Headers {
	if all == nil {
		return nil
	}
	h := make(Headers, len(all))
	for name, v := range all {
		h[name] = v
	}
	return h
}

func (h Headers) lists() map[string][]string {
	if h == nil {
		return nil
	}
	all := make(map[string][]string, len(h))
	for name, v := range h {
		all[name] = v
	}
	return all
}
