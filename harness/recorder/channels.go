// Which channel a record belongs to.

package recorder

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/harken-bdd/harken/internal/name"
)

// anySource is the source that stands for all that are not named.
const anySource = "*"

// Channels maps a source to the name of its channel. A source is an ARN or the name at its end (of a topic, queue,
// stream, table or bucket), the source field of an EventBridge event, "json" for plain JSON, or "*" for all others.
//
// What came through a queue is looked up by where it was published first, and by the queue then.
type Channels map[string]string

// ParseChannels reads Channels from a JSON object: {"orders-topic": "orders", "*": "shipments"}. It is what an
// environment variable of the deployed function holds.
func ParseChannels(text string) (Channels, error) {
	var channels Channels
	if err := json.Unmarshal([]byte(text), &channels); err != nil {
		return nil, fmt.Errorf("channels: want a JSON object like {\"source\": \"channel\"}: %w", err)
	}
	if len(channels) == 0 {
		return nil, fmt.Errorf("channels: no source is mapped to a channel")
	}
	for source, channel := range channels {
		if source == "" || channel == "" {
			return nil, fmt.Errorf("channels: %q: %q: neither may be empty", source, channel)
		}
	}
	return channels, nil
}

// of returns the channel of the first source that has one. The error names the first source, which is the most exact.
func (c Channels) of(sources []string) (string, error) {
	for _, source := range append(slices.Clip(sources), anySource) {
		if channel, ok := c[source]; ok {
			return channel, nil
		}
	}
	return "", name.Unknown("channel for source", sources[0], slices.Collect(maps.Keys(c)))
}

// has returns nil if some source is of that channel.
func (c Channels) has(channel string) error {
	recorded := slices.Compact(slices.Sorted(maps.Values(c)))
	if !slices.Contains(recorded, channel) {
		return name.Unknown("recorded channel", channel, recorded)
	}
	return nil
}
