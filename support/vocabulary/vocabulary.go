// Package vocabulary is what a run knows of phrases. It promises nothing to other modules, but for what run.Suite
// shows. It promises nothing to other modules.
//
// Whoever makes a run hands it its phrases; Harken's own are steps.All.
package vocabulary

// Registrar takes step definitions; *godog.ScenarioContext is one. Given, When and Then take steps of that kind only.
type Registrar interface {
	Step(pattern, function any)
	Given(pattern, function any)
	When(pattern, function any)
	Then(pattern, function any)
}

// Vocabulary is a set of phrases that features are written in. The zero value has none.
type Vocabulary struct {
	// Phrases say what each means, in the order in which a scenario uses them.
	Phrases []Phrase
	// Functions registers what the phrases do. Each takes a context and texts, and returns an error. It is also called in
	// a dry run, in a world that sends and awaits nothing, so that it must do all that it does by the world of its
	// context.
	Functions func(Registrar)
}

// Register adds all phrases.
func (v Vocabulary) Register(sc Registrar) {
	if v.Functions != nil {
		v.Functions(sc)
	}
}
