// Which subjects a stream stores messages under: an address by which nothing can come is refused.

package nats

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/harken-bdd/harken/harness"
)

// everything is the pattern of all subjects.
const everything = ">"

// furthest is how many streams are followed, each filled from the next, to learn what the first one stores.
const furthest = 8

// stored returns the patterns of the subjects under which a stream stores messages: its own and those of the streams
// that it is filled from, as far as filters let them in and as transforms leave them. A pattern may be wider than what
// really comes, and never narrower: what cannot be looked up may be any subject.
func stored(ctx context.Context, js jetstream.JetStream, c jetstream.StreamConfig, depth int) ([]string, error) {
	coming := slices.Clone(c.Subjects)
	origins := slices.Clone(c.Sources)
	if c.Mirror != nil {
		origins = append(origins, c.Mirror)
	}
	for _, o := range origins {
		of, err := origin(ctx, js, o, depth)
		if err != nil {
			return nil, err
		}
		coming = append(coming, admitted(of, o)...)
	}
	if t := c.SubjectTransform; t != nil {
		coming = transformed(coming, *t)
	}
	return coming, nil
}

// origin returns what the stream stores that another one is filled from.
func origin(ctx context.Context, js jetstream.JetStream, o *jetstream.StreamSource, depth int) ([]string, error) {
	if o.External != nil || o.Domain != "" || depth == furthest {
		return []string{everything}, nil
	}
	var s jetstream.Stream
	err := insist(ctx, func(ctx context.Context) (err error) {
		s, err = js.Stream(ctx, o.Name)
		return err
	})
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return []string{everything}, nil
	case err != nil:
		return nil, fmt.Errorf("stream %s: %w", o.Name, err)
	}
	return stored(ctx, js, s.CachedInfo().Config, depth+1)
}

// admitted returns what of an origin comes in, and under which subjects. Transforms here let nothing else in.
func admitted(of []string, o *jetstream.StreamSource) (in []string) {
	filters := o.SubjectTransforms
	if len(filters) == 0 {
		filters = []jetstream.SubjectTransformConfig{{Source: o.FilterSubject}}
	}
	for _, f := range filters {
		for _, subject := range of {
			if !overlap(sourceOf(f), subject) {
				continue
			}
			switch {
			case f.Destination != "":
				in = append(in, destination(f.Destination))
			case covers(sourceOf(f), subject):
				in = append(in, subject)
			default:
				in = append(in, sourceOf(f))
			}
		}
	}
	return in
}

// transformed returns what becomes of subjects by a transform that leaves alone what it does not fit.
func transformed(subjects []string, t jetstream.SubjectTransformConfig) (all []string) {
	for _, subject := range subjects {
		if overlap(sourceOf(t), subject) {
			all = append(all, destination(t.Destination))
		}
		if !covers(sourceOf(t), subject) {
			all = append(all, subject)
		}
	}
	return all
}

func sourceOf(t jetstream.SubjectTransformConfig) string {
	if t.Source == "" {
		return everything
	}
	return t.Source
}

// destination returns the pattern of what a transform's destination makes: "{{wildcard(1)}}" or "$1" is one part of a
// subject, and what is split or cut into slices is any number of them.
func destination(d string) string {
	parts := strings.Split(d, ".")
	for i, part := range parts {
		function := strings.ToLower(part)
		switch {
		case strings.Contains(function, "{{") && (strings.Contains(function, "split") || strings.Contains(function, "slice")):
			return strings.Join(append(parts[:i], everything), ".")
		case strings.Contains(function, "{{"), strings.HasPrefix(function, "$") && len(function) > 1:
			parts[i] = "*"
		}
	}
	return strings.Join(parts, ".")
}

// covers holds if every subject of pattern is one of wide.
func covers(wide, pattern string) bool {
	w, p := strings.Split(wide, "."), strings.Split(pattern, ".")
	for i, part := range w {
		switch {
		case part == everything:
			return i < len(p)
		case i == len(p), p[i] == everything, part != "*" && part != p[i]:
			return false
		}
	}
	return len(w) == len(p)
}

// overlap holds if some subject is one of both patterns.
func overlap(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := 0; i < len(x) && i < len(y); i++ {
		switch {
		case x[i] == everything, y[i] == everything:
			return true
		case x[i] != "*" && y[i] != "*" && x[i] != y[i]:
			return false
		}
	}
	return len(x) == len(y)
}

// mayCome returns nil if a message of subject may come into a stream, and what the stream stores.
func mayCome(ctx context.Context, js jetstream.JetStream, c jetstream.StreamConfig, subject string) ([]string, error) {
	subjects, err := stored(ctx, js, c, 0)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(subjects, func(s string) bool { return overlap(s, subject) }) {
		slices.Sort(subjects)
		return nil, harness.Misconfigured(fmt.Errorf("stream %s stores nothing under %s (it stores %s): name the subject "+
			"as it is stored",
			c.Name, subject, strings.Join(slices.Compact(subjects), ", ")))
	}
	return subjects, nil
}

// unheard says why what a stream stores is not to be heard on its subjects, or "".
func unheard(c jetstream.StreamConfig) string {
	switch {
	case fed(c):
		return "takes messages over from another stream, which are not published again"
	case c.AllowMsgSchedules:
		return "stores scheduled messages when they are due (AllowMsgSchedules), and never publishes them"
	default:
		return ""
	}
}

// neither says why a stream can be listened to in no way.
func neither(c jetstream.StreamConfig) error {
	return harness.Misconfigured(fmt.Errorf("stream %s cannot be listened to: it %s, and it %s", c.Name, forgetful(c),
		unheard(c)))
}

// heardOnSubject returns nil if what a stream stores is heard on the subject of the address.
func heardOnSubject(ctx context.Context, conn *link, a address) error {
	js, err := jetstream.New(conn.Conn, jetstream.WithDefaultTimeout(answerWithin))
	if err != nil {
		return err
	}
	s, err := streamOf(ctx, js, a.stream)
	if err != nil {
		return err
	}
	c, subject := s.CachedInfo().Config, a.subject
	why := unheard(c)
	switch {
	case why != "" && forgetful(c) != "":
		return neither(c)
	case why != "":
		return harness.Misconfigured(fmt.Errorf("stream %s %s: leave tap=true out", c.Name, why))
	case !slices.ContainsFunc(c.Subjects, func(s string) bool { return overlap(s, subject) }):
		return harness.Misconfigured(fmt.Errorf("stream %s does not take %s (it takes %s)", c.Name, subject,
			strings.Join(c.Subjects, ", ")))
	}
	return nil
}
