// Whose a resource is that is made for a run.

package account

import (
	"context"
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/harken-bdd/harken/harness"
)

// The tags of a resource that is made for a run. The names are lower case, as AWS advises; none begins with aws:, which
// is reserved.
const (
	RunTag     = "harken:run"
	CreatedTag = "harken:created" // in RFC 3339
	ExpiresTag = "harken:expires" // likewise
)

// NamePrefix is what the name of each resource begins with that is made for a run.
const NamePrefix = "harken-"

// lifetime is how long after its making a resource counts as left behind, if its run has not removed it. It is longer
// than the longest run that anybody has: a working day and its night.
const lifetime = 24 * time.Hour

// removeWithin is how long the removal of a resource may take at the end of a run, which must come to an end, and its
// making where the run is interrupted.
const removeWithin = 15 * time.Second

// Owner is the run that a resource is made for.
type Owner struct {
	Run     string
	Created time.Time
	Expires time.Time // removed from then on by whoever sweeps
}

// OwnerOf returns the owner of what is made in a context, now.
func OwnerOf(ctx context.Context) Owner {
	now := time.Now().UTC().Truncate(time.Second)
	return Owner{Run: harness.RunOf(ctx), Created: now, Expires: now.Add(lifetime)}
}

// NewName returns a name that no other resource has: of letters, digits and hyphens, 64 characters at the most, as
// rules of EventBridge have them; queues may have 80.
func (o Owner) NewName() string {
	return fmt.Sprintf("%s%s-%s", NamePrefix, InNames(o.Run), strings.ToLower(rand.Text()))
}

// InNames returns what names of resources have of a run's id: its first 24 characters, with hyphens for what no name
// may have.
func InNames(run string) string {
	run = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, run)
	return run[:min(len(run), 24)]
}

// ownName is what NewName makes, and what FIFO queues have behind it.
var ownName = regexp.MustCompile(`^` + NamePrefix + `([a-zA-Z0-9-]{1,24})-[a-z2-7]{26}(\.fifo)?$`)

// RunIn returns the run of which a name tells that NewName has made, as InNames has it. Nobody else makes such names.
func RunIn(name string) (run string, ok bool) {
	parts := ownName.FindStringSubmatch(name)
	if parts == nil {
		return "", false
	}
	return parts[1], true
}

// Tags returns the tags of a resource of the owner's.
func (o Owner) Tags() map[string]string {
	return map[string]string{RunTag: o.Run, CreatedTag: o.Created.Format(time.RFC3339),
		ExpiresTag: o.Expires.Format(time.RFC3339)}
}

// OwnerFrom reads the tags of a resource. It is false for whatever is not made for a run of Harken's.
func OwnerFrom(tags map[string]string) (o Owner, ok bool) {
	var err1, err2 error
	o.Run = tags[RunTag]
	o.Created, err1 = time.Parse(time.RFC3339, tags[CreatedTag])
	o.Expires, err2 = time.Parse(time.RFC3339, tags[ExpiresTag])
	return o, o.Run != "" && err1 == nil && err2 == nil
}

// Left returns the error of a removal of what is the owner's, or nil: it says how what is left can be removed.
func (o Owner) Left(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w; harken harness sweep --run %s removes what is left", err, o.Run)
}

// Removing returns a context in which a resource can still be removed although its run is over or interrupted.
func Removing(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), removeWithin)
}

// Making returns a context in which a resource is made, unless ctx has ended. An interruption does not cut the request
// short: nobody would know then whether there is something to remove.
func Making(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Err() != nil {
		return context.WithCancel(ctx)
	}
	return Removing(ctx)
}
