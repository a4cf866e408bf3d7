// Package stepfunctions starts executions of a state machine, and listens to their ends:
// stepfunctions://MACHINE?bound=2s.
//
// # Producing
//
// An event's body, which is JSON, is the input of a new execution. Its name is the event's key where it has one, else a
// name that no other has. An execution that has the name already is not started again, and the send says so.
//
// # Listening
//
// The end of each execution is an event, whoever has started it. Its body is a JSON object with the fields name, status
// (SUCCEEDED, FAILED, TIMED_OUT or ABORTED), input and, as far as there are any, output, error, cause and failedState,
// the state in which an execution was that did not succeed. Its key is the execution's name, its header "status" the
// status, and its ID the execution's ARN. Whose it is is told by the ids in the input and the name.
//
// All of it is read: nothing is made in the account. The list of executions, which is complete only after a while, is
// read again and again; a Sync reads it once the bound has passed. That is an assumption about AWS, which promises no
// more than that the list is complete in the end. An end that was listed still later is captured all the same, if not
// by a look at the newest, then by the next Sync, which reads all that has begun since the opening. With bound=0s,
// which is right for an emulator, a Sync is exact. One that ended before the opening, and is redriven after it, is seen
// where it stands among the newest.
//
// An end bears the time of its stop. No event of the listener's own shows the clock that it is read from, so nothing is
// known of that clock but what the scenarios' executions show.
//
// AWS keeps no list of the executions of an EXPRESS machine. They can be started, and not be listened to.
package stepfunctions

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
)

// defaultBound is how long after its end an execution is taken to be listed at the latest.
const defaultBound = 2 * time.Second

// Transport returns the transport of the scheme stepfunctions, which finds its account by the SDK's own configuration.
func Transport() harness.Transport {
	return harness.Scheme[address]{
		Name:        "stepfunctions",
		Example:     "stepfunctions://fulfilment",
		Parse:       parse,
		Produce:     produce,
		Listen:      listen,
		Server:      account.Server("SFN"),
		Permissions: address.permissions,
	}.Transport()
}

// address is an address that makes sense.
type address struct {
	machine  string
	bound    time.Duration
	settings account.Settings
}

// machineName has what may stand in a name, apart from letters that are not ASCII, and from @, which ends a user in a
// URL.
var machineName = regexp.MustCompile(`^[A-Za-z0-9_.+!=()'-]{1,80}$`)

func parse(u *url.URL) (address, error) {
	from, err := account.ParseAddress(u, "state machine", "bound")
	if err != nil {
		return address{}, err
	}
	switch {
	case !machineName.MatchString(from.Name):
		return address{}, fmt.Errorf("%q is no name of a state machine", from.Name)
	case from.Path != "":
		return address{}, errors.New("nothing stands behind the name of a state machine")
	}
	bound, err := from.Span("bound", defaultBound)
	if err != nil {
		return address{}, err
	}
	return address{machine: from.Name, bound: bound, settings: from.Settings}, nil
}

// Traits say what can be expected of the address.
func (a address) Traits() harness.Traits {
	return harness.Traits{Stamped: true, Replay: true, Exact: a.bound == 0, Produce: true, Listen: true}
}

// String returns the address without its parameters, for errors.
func (a address) String() string { return "stepfunctions " + a.machine }

// permissions returns what is needed to produce and to listen.
func (a address) permissions() []harness.Permission {
	machine := account.ARN("states", "stateMachine:"+a.machine)
	execution := account.ARN("states", "execution:"+a.machine+":*")
	return []harness.Permission{
		{Action: "states:StartExecution", Resource: machine},
		{Action: "states:ListExecutions", Resource: machine},
		{Action: "states:DescribeExecution", Resource: execution},
		{Action: "states:GetExecutionHistory", Resource: execution},
	}
}
