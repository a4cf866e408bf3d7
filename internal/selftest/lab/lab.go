// Package lab tries to fool Harken, thousands of times, and counts how often it succeeds. `make lab` runs it.
//
// A trial plays one scenario, made of the phrases that authors write, against a small system under test, while one
// thing goes wrong: with the system, which is to be noticed, or with the harness, which is not to be blamed on the
// system. What the right verdict is says a table (table.go) that was written from the promises before the first trial,
// and that a reader can check. An oracle (oracle.go) that knows what truly appeared holds each verdict against the
// truth as well.
//
// The same trials are judged by a bare polling loop with a fixed time-out (bare.go), as most suites have one today.
//
// A trial is drawn from its seed alone: how long the system takes, which of its outputs is hit, when a connection
// breaks. The same seed repeats it. Most trials are in virtual time, which only virtual_test.go knows. The files named
// real*.go play the same scenarios, with the same system and faults, in real time through a NATS server and the
// DynamoDB endpoint: the seed repeats what is drawn there, and not how busy the machine was. What the machine was too
// busy for is counted, and held against the truth alone; of no cell may that be all, or more than a tenth. That an
// event was lost, or a fault not made, it does not excuse.
//
// The files, in the order in which to read them: phrases.go (the rows), faults.go (the columns), table.go, then what
// has its columns and its part of the table in one file: sends.go, whose.go, bodies.go, gaps.go, particular.go (with
// rows of its own), states.go (rows of what is there), collaborators.go (rows in which the test answers); trial.go,
// player.go, system.go, oracle.go, windows.go, bare.go, result.go.
package lab

import (
	"strings"

	"github.com/harken-bdd/harken/support/expect"
)

// verdicts is a set of verdicts that are right.
type verdicts uint8

const (
	passed verdicts = 1 << iota
	failed
	inconclusive
	// blind says that what is right contradicts what is true, since no evidence could show it.
	blind

	// notApplicable is a cell that is not tried.
	notApplicable verdicts = 0
	// asTrue allows all, as far as the truth does.
	asTrue = passed | failed | inconclusive
)

// allows says whether v is a right verdict.
func (s verdicts) allows(v expect.Verdict) bool {
	switch v {
	case expect.Passed:
		return s&passed != 0
	case expect.Failed:
		return s&failed != 0
	case expect.Inconclusive:
		return s&inconclusive != 0
	default:
		return false
	}
}

func (s verdicts) String() string {
	switch {
	case s == notApplicable:
		return "not applicable"
	case s&^blind == asTrue:
		return "as true"
	}
	var all []string
	for _, one := range []struct {
		verdicts
		name string
	}{{passed, "passed"}, {failed, "failed"}, {inconclusive, "inconclusive"}} {
		if s&one.verdicts != 0 {
			all = append(all, one.name)
		}
	}
	said := strings.Join(all, " or ")
	if s&blind != 0 {
		said += ", though it is not so"
	}
	return said
}
