package rerun

import "testing"

func TestWhatIsKeptIsSeenFromTheFolderOfTheSuite(t *testing.T) {
	for _, c := range []struct{ folder, path, want string }{
		{".", "features/a.feature", "features/a.feature"},
		{"suite", "suite/features/a.feature", "features/a.feature"},
		{"suite", "features/a.feature", "../features/a.feature"},
		{"/suite", "/suite/features/a.feature", "features/a.feature"},
		{"/suite", "/features/a.feature", "../features/a.feature"},
	} {
		if got := relative(c.folder, c.path); got != c.want {
			t.Errorf("%s from %s: got %s, want %s", c.path, c.folder, got, c.want)
		}
	}
}
