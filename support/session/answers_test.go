package session

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/harken-bdd/harken/harness/event"
)

// signUpsYML is the godog.yml of a system that answers. Windows on answers begin with the send, so that this one has
// room for a machine that is busy.
const signUpsYML = `suite: Sign-ups
sla: 2s
audit: 1ms
channels:
  sign-ups:        {url: "memory://users?answered", answers: sign-up answers}
  sign-up answers: {description: What the API answers.}
subsystems:
  api: {inputs: [sign-ups], outputs: [sign-up answers]}
events:
  sign-up:          {channel: sign-ups, template: sign-up.json}
  sign-up accepted: {channel: sign-up answers, is: {header status: 201}}
  sign-up refused:  {channel: sign-up answers, is: {header status: 409}}
`

// signUps lays a suite whose system numbers its users, and refuses those who are called Bob. A template is the same for
// all scenarios, and no answer carries an id of theirs.
func signUps(t *testing.T, feature string) *bench {
	t.Helper()
	b := lay(t, signUpsYML, map[string]string{"features/a.feature": feature, "sign-up.json": `{"name": "Ann"}`})
	var users atomic.Int64
	b.answers["users"] = func(e event.Event) (event.Event, error) {
		status := "201"
		if strings.Contains(string(e.Body), "Bob") {
			status = "409"
		}
		return event.Event{
			Headers: event.Headers(map[string]string{"status": status}), Body: fmt.Appendf(nil, `{"user": %d}`, users.Add(1)),
		}, nil
	}
	return b
}

const signUpFeature = `Feature: Signing up
  Scenario Outline: <who> signs up
    When a "sign-up" event is produced as "request" with:
      | name | <who> |
    Then exactly 1 "sign-up <outcome>" event appears
    And a "sign-up <outcome>" event appears for "request" as "answer" with:
      | user | (number) |
    And nothing else appears
    When a "sign-up" event is produced with:
      | name | ${answer.user} |
    Then every "sign-up" event leads to exactly one "sign-up accepted" event

    Examples:
      | who  | outcome  |
      | Ann  | accepted |
      | Anne | accepted |
      | Anna | accepted |
`

func TestAnswersAreAskedForLikeAnyEvent(t *testing.T) {
	t.Parallel()
	b := signUps(t, signUpFeature)
	b.run(t, ExitPassed)
	b.says(t, "3 scenarios, 3 passed", `captured`, `sign-up answers #1`)
}

func TestAnAnswerThatIsNotTheWantedOneFails(t *testing.T) {
	t.Parallel()
	b := signUps(t, strings.ReplaceAll(signUpFeature, "| Anna | accepted |", "| Bob | accepted |"))
	b.run(t, ExitFailed)
	b.says(t, "3 scenarios, 2 passed, 1 failed", `header status  got "409", want 201`)
}

func TestAScenarioWithoutAnAnswerIsInconclusive(t *testing.T) {
	b := signUps(t, signUpFeature)
	b.answers["users"] = func(event.Event) (event.Event, error) { return event.Event{}, errors.New("access denied") }
	b.run(t, ExitInconclusive)
	b.says(t, "produce on sign-ups: access denied")
}

func TestWhatIsWrongWithAnswersIsSaidBeforeAnythingIsStarted(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"an address without answers", "memory://users?answered", "memory://users",
			`godog.yml:5: channel "sign-ups": answers: nothing that is sent or comes there is answered, by its transport or by what its address says`},
		{"answers of nobody", ", answers: sign-up answers", "", `godog.yml:6: channel "sign-up answers" has no url`},
		{"a production of answers", `is produced as`, `is produced on "sign-up answers" as`,
			`features/a.feature:3: nothing can be produced on "sign-up answers", where what is sent on "sign-ups" is answered`},
		{"an expectation of requests", `event appears for`, `event appears on "sign-ups" for`,
			`features/a.feature:6: "sign-ups" cannot be listened to (memory://users?answered)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := lay(t, strings.Replace(signUpsYML, c.old, c.new, 1), map[string]string{
				"features/a.feature": strings.Replace(signUpFeature, c.old, c.new, 1), "sign-up.json": `{"name": "Ann"}`,
			})
			if got, _, _ := strings.Cut(b.found(t), "\n"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestSendShowsTheAnswer(t *testing.T) {
	b := signUps(t, signUpFeature)
	if code := b.SendOne(context.Background(), Sending{Event: "sign-up", Fields: []string{"name=Zoe"}}); code != ExitPassed {
		t.Fatalf("exit code %d: %s", code, b.err)
	}
	lines := b.lines(t)
	if len(lines) != 2 || lines[0].Channel != "sign-ups" || lines[1].Channel != "sign-up answers" || lines[1].Headers["status"] != "201" {
		t.Errorf("got %+v", lines)
	}
}

func TestAnswersCannotBeListenedToByThemselves(t *testing.T) {
	b := signUps(t, signUpFeature)
	if code := b.Peek(context.Background(), Peek{Channels: []string{"sign-up answers"}}); code != ExitUsage {
		t.Errorf("exit code %d", code)
	}
	want := `"sign-up answers" has only what Harken's own sends on "sign-ups" are answered with: harken send shows that`
	if got := b.err.String(); !strings.Contains(got, want) {
		t.Errorf("got %s", got)
	}
}
