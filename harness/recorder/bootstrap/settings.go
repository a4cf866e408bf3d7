// What the environment says.

package main

import (
	"cmp"
	"fmt"
	"time"

	"github.com/harken-bdd/harken/harness/recorder"
)

const (
	tableVariable        = "HARKEN_TABLE"
	channelsVariable     = "HARKEN_CHANNELS"
	correlationVariable  = "HARKEN_CORRELATION"
	ttlVariable          = "HARKEN_TTL"
	deadLettersVariable  = "HARKEN_DEAD_LETTERS"
	canarySourceVariable = "HARKEN_CANARY_SOURCE"
)

type settings struct {
	table       string
	deadLetters string // the URL of a queue, "" for none
	options     recorder.Options
}

func read(getenv func(string) string) (settings, error) {
	s := settings{table: getenv(tableVariable), deadLetters: getenv(deadLettersVariable)}
	if s.table == "" {
		return settings{}, fmt.Errorf("%s is not set: it names the captures table", tableVariable)
	}
	s.options.CanarySource = getenv(canarySourceVariable)
	var err error
	if s.options.Channels, err = recorder.ParseChannels(getenv(channelsVariable)); err != nil {
		return settings{}, fmt.Errorf("%s: %w", channelsVariable, err)
	}
	if s.options.Correlation, err = recorder.ParseCorrelation(cmp.Or(getenv(correlationVariable), "{}")); err != nil {
		return settings{}, fmt.Errorf("%s: %w", correlationVariable, err)
	}
	if ttl := getenv(ttlVariable); ttl != "" {
		if s.options.TTL, err = time.ParseDuration(ttl); err != nil || s.options.TTL <= 0 {
			return settings{}, fmt.Errorf("%s: %q is no length of time such as 24h", ttlVariable, ttl)
		}
	}
	return s, nil
}
