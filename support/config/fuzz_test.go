package config

import (
	"errors"
	"os"
	"testing"
)

// FuzzLoad asks for no more than that every input comes to an end, with a Config or an error, and that everything in a
// Config can be asked for, also where only a part of it could be read.
func FuzzLoad(f *testing.F) {
	for _, file := range []string{"testdata/orders.yml", "testdata/problems.yml"} {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "staging")
	}
	f.Fuzz(func(t *testing.T, data []byte, profile string) {
		c, err := parse("godog.yml", data, profile, from(map[string]string{"NATS": "127.0.0.1:4222"}))
		if (c == nil) == (err == nil) {
			t.Fatalf("got %v and the error %v, want one of them", c, err)
		}
		if invalid := (*Invalid)(nil); errors.As(err, &invalid) {
			if len(invalid.Problems) == 0 {
				t.Errorf("got %v without a problem, want one at least", err)
			}
			c = invalid.Partial
		}
		if c == nil {
			return
		}
		for name := range c.Channels {
			if u, err := c.ChannelURL(name, nil); (u == nil) == (err == nil) {
				t.Errorf("channel %q: got %v and the error %v, want one of them", name, u, err)
			}
		}
		for name, cmd := range c.Commands {
			names, err := cmd.Names()
			if err != nil {
				continue
			}
			values := make(map[string]string)
			for _, n := range names {
				values[n] = "${" + n + "}"
			}
			if _, _, err := c.ExpandCommand(cmd, values, nil); err != nil {
				t.Errorf("command %q, all of whose values are given: got %v, want no error", name, err)
			}
		}
		c.Secrets(nil, nil, nil)
	})
}
