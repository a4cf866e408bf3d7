// What is asked of the leader of a stream, or of the whole cluster: there are moments when there is none.

package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/harken-bdd/harken/harness/poll"
)

// askEvery is how long one answer is waited for before the request is made again.
const askEvery = time.Second

// What a cluster answers while it has no leader. Most requests are not answered at all then.
const (
	codeClusterNotAvailable jetstream.ErrorCode = 10008
	codeClusterNotLeader    jetstream.ErrorCode = 10009
)

// insist makes a request, one that may be made twice, again and again while nobody leads who could answer it.
func insist(ctx context.Context, ask func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	return poll.Until(ctx, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, askEvery)
		defer cancel()
		err := ask(ctx)
		api, answered := errors.AsType[*jetstream.APIError](err)
		leaderless := errors.Is(err, errNotLeading) || answered &&
			(api.ErrorCode == codeClusterNotAvailable || api.ErrorCode == codeClusterNotLeader)
		if err != nil && ctx.Err() == nil && !leaderless {
			return poll.Permanent(err)
		}
		return err
	})
}

// errNotLeading is what a member of a replicated stream has said that does not lead it, or did not have all yet when it
// began to.
var errNotLeading = errors.New("a server has answered that does not lead the stream")

// infoOf returns what the leader of a stream says of it. While there is none every member answers, as far as it has
// got, and says so from server 2.12 on only: what an older one says is taken as it is.
func infoOf(
	ctx context.Context, conn *link, s jetstream.Stream, more ...jetstream.StreamInfoOpt,
) (info *jetstream.StreamInfo, err error) {
	err = insist(ctx, func(ctx context.Context) error {
		if info, err = s.Info(ctx, more...); err != nil {
			return err
		}
		if c := info.Cluster; c != nil && len(c.Replicas) > 0 && c.LeaderSince == nil &&
			tellsLeader(conn.ConnectedServerVersion()) {
			return errNotLeading
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", s.CachedInfo().Config.Name, err)
	}
	return info, nil
}

// tellsLeader holds for servers whose leaders say since when they lead.
func tellsLeader(version string) bool {
	var major, minor int
	_, err := fmt.Sscanf(version, "%d.%d", &major, &minor)
	return err == nil && (major > 2 || major == 2 && minor >= 12)
}

// storedMessage is where and when a stream stored something.
type storedMessage struct {
	Sequence uint64    `json:"seq"`
	Time     time.Time `json:"time"`
}

// lookup is which message of a stream is meant: one of the two.
type lookup struct {
	Sequence uint64 `json:"seq,omitempty"`
	LastOf   string `json:"last_by_subj,omitempty"` // a subject, wildcards included
}

// askLeader returns a message of a stream, as its leader has it, or jetstream.ErrMsgNotFound. The client's own method
// asks whoever answers first where the stream allows direct gets (AllowDirect, MirrorDirect), and a mirror may be
// filtered or behind.
func askLeader(ctx context.Context, conn *nats.Conn, stream string, which lookup) (storedMessage, error) {
	request, err := json.Marshal(which)
	if err != nil {
		return storedMessage{}, err
	}
	var found *storedMessage
	err = insist(ctx, func(ctx context.Context) error {
		reply, err := conn.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+stream, request)
		if err != nil {
			return err
		}
		var answer struct {
			Error   *jetstream.APIError `json:"error"`
			Message *storedMessage      `json:"message"`
		}
		switch err := json.Unmarshal(reply.Data, &answer); {
		case err != nil:
			return err
		case answer.Error != nil && answer.Error.ErrorCode == jetstream.JSErrCodeMessageNotFound:
			return jetstream.ErrMsgNotFound
		case answer.Error != nil:
			return answer.Error
		case answer.Message == nil:
			return errors.New("an answer without a message")
		}
		found = answer.Message
		return nil
	})
	if err != nil {
		return storedMessage{}, fmt.Errorf("stream %s: %w", stream, err)
	}
	return *found, nil
}
