package vocabulary

import (
	"slices"
	"testing"
)

func TestAPhraseStandsForEachOfItsChoices(t *testing.T) {
	p := Phrase{Text: `(some|no) "X" [else] come [on "C"]:`}
	want := []string{
		`some "X" come:`, `some "X" come on "C":`, `some "X" else come:`, `some "X" else come on "C":`,
		`no "X" come:`, `no "X" come on "C":`, `no "X" else come:`, `no "X" else come on "C":`,
	}
	if got := p.Forms(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAVocabularyOfNothingRegistersNothing(t *testing.T) {
	Vocabulary{}.Register(nil)
}
