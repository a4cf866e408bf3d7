package nats

import "testing"

func TestServersOfWhichALeaderTellsThatItLeads(t *testing.T) {
	for version, want := range map[string]bool{"2.11.9": false, "2.12.0": true, "2.15.2": true, "3.0.0-beta.1": true,
		"1.4.1": false, "": false} {
		if got := tellsLeader(version); got != want {
			t.Errorf("%q: got %t, want %t", version, got, want)
		}
	}
}
