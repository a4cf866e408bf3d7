package main

import "testing"

func TestThePartsTogetherAreAll(t *testing.T) {
	tried := make(map[string]int)
	for _, part := range []string{"0/4", "1/4", "2/4", "3/4"} {
		chosen, err := choice{part: part}.of(t.Context(), all())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range chosen {
			tried[m.why]++
		}
	}
	for _, m := range all() {
		if tried[m.why] != 1 {
			t.Errorf("%s: is in %d of the parts, want 1", m.why, tried[m.why])
		}
	}
}

func TestAPartThatIsNoneIsRefused(t *testing.T) {
	for _, part := range []string{"4/4", "-1/4", "1", "a/b", "0/0"} {
		if _, err := (choice{part: part}).of(t.Context(), nil); err == nil {
			t.Errorf("part %q: got no error, want one", part)
		}
	}
}

func TestAMutantIsTriedWhereWhatMayNoticeItHasChanged(t *testing.T) {
	changed := besides([]string{"support/expect/count_test.go", "README.md"})
	for file, want := range map[string]bool{
		"support/expect/expect.go": true,
		"support/journal/echo.go":  true, // what expect's tests may notice
		"support/engine/await.go":  false,
		"support/expect/x/y.go":    false,
	} {
		if got := changed(mutant{file: file}); got != want {
			t.Errorf("%s: got %v, want %v", file, got, want)
		}
	}
}

func TestACommitThatIsNotThereIsAnError(t *testing.T) {
	if _, err := (choice{base: "no-such-commit"}).of(t.Context(), nil); err == nil {
		t.Error("got no error, want one")
	}
}
