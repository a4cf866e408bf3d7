// The tag @retry(2): two more attempts where the first does not pass.

package plan

import (
	"fmt"
	"regexp"
	"strconv"

	messages "github.com/cucumber/messages/go/v21"
)

// Unsaid is the number of retries of a scenario whose tags say nothing of it.
const Unsaid = -1

// MaxRetries is how many retries may be asked for.
const MaxRetries = 100

var (
	retryTag     = regexp.MustCompile(`^@retry\((\d{1,3})\)$`)
	likeRetryTag = regexp.MustCompile(`(?i)^@retr(?:y|ies)(?:$|[(=:])`)
)

// retries returns the number that a tag gives, and whether it is one that gives any.
func retries(tag string) (int, bool) {
	m := retryTag.FindStringSubmatch(tag)
	if m == nil {
		return 0, false
	}
	n, err := strconv.Atoi(m[1])
	return n, err == nil && n <= MaxRetries
}

// wrongRetries finds tags that are meant to give a number of retries, and do not.
func wrongRetries(path string, doc *messages.GherkinDocument) (problems []Problem) {
	eachTag(doc.Feature, func(tag *messages.Tag) {
		if _, ok := retries(tag.Name); !ok && likeRetryTag.MatchString(tag.Name) {
			problems = append(problems, Problem{File: path, Line: int(tag.Location.Line),
				Text: fmt.Sprintf("tag %s: write @retry(2) for two more attempts; the number is from 0 to %d", tag.Name,
					MaxRetries)})
		}
	})
	return problems
}

// eachTag calls found with every tag of a feature.
func eachTag(f *messages.Feature, found func(*messages.Tag)) {
	all := func(tags []*messages.Tag) {
		for _, t := range tags {
			found(t)
		}
	}
	one := func(s *messages.Scenario) {
		if s == nil {
			return
		}
		all(s.Tags)
		for _, e := range s.Examples {
			all(e.Tags)
		}
	}
	all(f.Tags)
	for _, child := range f.Children {
		one(child.Scenario)
		if child.Rule != nil {
			all(child.Rule.Tags)
			for _, inner := range child.Rule.Children {
				one(inner.Scenario)
			}
		}
	}
}
