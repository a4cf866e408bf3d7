// What is asked of a stream's leader. Others may answer a direct get (AllowDirect, MirrorDirect), and lag or hold less.

package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

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

// askLeader returns a message of a stream, as its leader has it, or jetstream.ErrMsgNotFound. The client's own method asks
// whoever answers first where the stream allows direct gets, and a mirror may answer that is filtered or behind.
func askLeader(ctx context.Context, conn *nats.Conn, stream string, which lookup) (storedMessage, error) {
	request, err := json.Marshal(which)
	if err != nil {
		return storedMessage{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	reply, err := conn.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+stream, request)
	if err != nil {
		return storedMessage{}, fmt.Errorf("stream %s: %w", stream, err)
	}
	var answer struct {
		Error   *jetstream.APIError `json:"error"`
		Message *storedMessage      `json:"message"`
	}
	switch err := json.Unmarshal(reply.Data, &answer); {
	case err != nil:
		return storedMessage{}, fmt.Errorf("stream %s: %w", stream, err)
	case answer.Error != nil && answer.Error.ErrorCode == jetstream.JSErrCodeMessageNotFound:
		return storedMessage{}, jetstream.ErrMsgNotFound
	case answer.Error != nil:
		return storedMessage{}, fmt.Errorf("stream %s: %w", stream, answer.Error)
	case answer.Message == nil:
		return storedMessage{}, errors.New("stream " + stream + ": an answer without a message")
	}
	return *answer.Message, nil
}
