package config

import (
	"os"
	"testing"
)

// FuzzLoad asks for no more than that every input comes to an end, with a Config or an error, and that every address of
// a Config can be asked for.
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
		if err != nil {
			return
		}
		for name := range c.Channels {
			if u, err := c.ChannelURL(name, nil); (u == nil) == (err == nil) {
				t.Errorf("channel %q: got %v and the error %v, want one of them", name, u, err)
			}
		}
		c.Secrets(nil)
	})
}
