package servers

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func TestServersAreStartedOutsideTestsAndEndWithWhatNeedsThem(t *testing.T) {
	s := shell(t, "touch ready; while :; do sleep 1; done")
	var p *Process
	var folder string
	err := For(t.Context(), func(h Host) error {
		folder = Folder(h, "")
		p = Start(h, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.exited:
	default:
		t.Error("the server outlives what needs it")
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v of its folder, want that it is gone", err)
	}
}

func TestOutsideTestsAServerThatDoesNotStartIsAnError(t *testing.T) {
	s := shell(t, "echo no such port >&2; exit 3")
	err := For(t.Context(), func(h Host) error {
		Start(h, s)
		return errors.New("it went on")
	})
	for _, want := range []string{"start shell: it has ended", "the log of shell ends with:\nno such port"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	if strings.Contains(err.Error(), "it went on") {
		t.Errorf("got %v, want that nothing goes on behind it", err)
	}
}

func TestOutsideTestsWhatIsNotInstalledIsToldApart(t *testing.T) {
	t.Setenv("CI", "")
	err := For(t.Context(), func(h Host) error {
		Program(h, "apt-get install harken-none", "harken-has-no-such-program")
		return nil
	})
	if got, ok := errors.AsType[Skipped](err); !ok || !strings.HasPrefix(string(got), "not installed: ") {
		t.Errorf("got %v, want what is not installed", err)
	}
}
