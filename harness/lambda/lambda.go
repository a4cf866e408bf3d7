// Package lambda invokes functions: lambda://FUNCTION?type=request&qualifier=live.
//
// As an event (which is what holds without type=), a function is invoked asynchronously: what is sent is accepted once
// it is in the function's queue, and nothing is known of what becomes of it. As a request, it is accepted once the
// function has answered, and the answer is an event of the channel that godog.yml names by answers: with the payload as
// its body, and the headers "status", the code, and "function-error", where the function failed. That a function fails
// is an answer, and fails no send of a channel with answers; without them nobody would hear of it, and so the send
// fails.
//
// Nothing can be listened to: AWS tells nobody what a function is invoked with. Listen to what it does, or deploy a
// recorder behind it.
//
// A function has no headers and no keys, so an event that has some is refused before it is sent, and so is a body that
// is no JSON. Opening a producer asks by a dry run whether the function is there and may be invoked.
package lambda

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
)

// Transport returns the transport of the scheme lambda, which finds its account by the SDK's own configuration.
func Transport() harness.Transport {
	return harness.Scheme[address]{
		Name:        "lambda",
		Example:     "lambda://ship-order?type=request",
		Parse:       parse,
		Produce:     produce,
		Server:      account.Server("LAMBDA"),
		Permissions: address.permissions,
	}.Transport()
}

// address is an address that makes sense.
type address struct {
	function  string
	qualifier string // a version or an alias, "" for none
	request   bool   // else an event
	settings  account.Settings
}

var (
	functionName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	qualified    = regexp.MustCompile(`^(\$LATEST|[A-Za-z0-9_-]{1,128})$`)
)

func parse(u *url.URL) (address, error) {
	from, err := account.ParseAddress(u, "function", "type", "qualifier")
	if err != nil {
		return address{}, err
	}
	a := address{function: from.Name, qualifier: from.Values.Get("qualifier"), settings: from.Settings}
	switch {
	case !functionName.MatchString(a.function):
		return address{}, fmt.Errorf("%q is no name of a function (write qualifier= for a version or an alias)", a.function)
	case from.Path != "":
		return address{}, errors.New("nothing stands behind the name of a function (write qualifier= for a version or an " +
			"alias)")
	case a.qualifier != "" && !qualified.MatchString(a.qualifier):
		return address{}, errors.New("qualifier: want a version or an alias")
	}
	switch from.Values.Get("type") {
	case "", "event":
	case "request":
		a.request = true
	default:
		return address{}, errors.New("type: want event or request")
	}
	return a, nil
}

// Traits say what can be expected of the address.
func (a address) Traits() harness.Traits { return harness.Traits{Produce: true, Answers: a.request} }

func (a address) permissions() []harness.Permission {
	return []harness.Permission{{Action: "lambda:InvokeFunction",
		Resource: account.ARN("lambda", "function:"+a.qualifiedName())}}
}

// invocation is how the function is invoked.
func (a address) invocation() types.InvocationType {
	if a.request {
		return types.InvocationTypeRequestResponse
	}
	return types.InvocationTypeEvent
}

// largest is how many bytes an event may have.
func (a address) largest() int {
	if a.request {
		return largestRequest
	}
	return largestEvent
}

// String returns the address without its parameters, for errors.
func (a address) String() string { return "lambda " + a.qualifiedName() }

// qualifiedName returns the function with its qualifier, as in an ARN.
func (a address) qualifiedName() string {
	if a.qualifier == "" {
		return a.function
	}
	return a.function + ":" + a.qualifier
}
