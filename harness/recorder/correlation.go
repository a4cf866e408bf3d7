// Whose an event is, for whoever looks rows up by it: the value of a field or header that says so.

package recorder

import (
	"encoding/json"
	"fmt"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/jsonpath"
)

// Correlation says where the events of a channel carry what tells whose they are: a path from the whole body, such as
// orderId or detail.orderId, or `header NAME`. Rows of a channel that is not in it have no correlation.
type Correlation map[string]jsonpath.Path

// ParseCorrelation reads a JSON object from channels to paths, as a variable of a function holds it.
func ParseCorrelation(text string) (Correlation, error) {
	var paths map[string]string
	if err := json.Unmarshal([]byte(text), &paths); err != nil {
		return nil, fmt.Errorf(`correlation: want a JSON object such as {"shipments": "orderId"}: %w`, err)
	}
	c := make(Correlation, len(paths))
	for channel, path := range paths {
		p, err := jsonpath.Parse(path, "")
		if err != nil {
			return nil, fmt.Errorf("correlation: %s: %w", channel, err)
		}
		c[channel] = p
	}
	return c, nil
}

// of returns the correlation value of an event, or "" where it has none.
func (c Correlation) of(channel string, e event.Event) string {
	path, ok := c[channel]
	if !ok {
		return ""
	}
	doc := jsonpath.Doc{Key: e.Key, Headers: e.Headers, Body: e.Body}
	if values := doc.Values(path); len(values) > 0 {
		return values[0]
	}
	return ""
}
