// A large event over a slow connection.

package nats

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/harken-bdd/harken/harness/poll"
)

func TestWhatIsWatchedHadNotLeftBeforeItsLastPiece(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer near.Close()
		read := make(chan error, 1)
		go func() { // a second for each piece
			defer far.Close()
			for buffer := make([]byte, piece); ; {
				if err := poll.Pause(t.Context(), time.Second); err != nil {
					read <- err
					return
				}
				if _, err := io.ReadFull(far, buffer); err != nil {
					read <- nil
					return
				}
			}
		}()
		o := &outlet{Conn: near}
		l := &link{}
		l.out.Store(o)
		begun := time.Now()
		left, err := l.leave(3*piece, func() error {
			if _, err := o.Write(make([]byte, 3*piece)); err != nil {
				return err
			}
			_, err := o.Write(make([]byte, piece)) // of somebody else's
			return err
		})
		if err != nil || left.Sub(begun) != 2*time.Second {
			t.Errorf("got %v after %s, want the beginning of the third piece, after 2s", err, left.Sub(begun))
		}
		begun = time.Now()
		left, err = l.leave(10, func() error {
			_, err := o.Write(make([]byte, piece))
			return err
		})
		if err != nil || !left.Equal(begun) {
			t.Errorf("got %v after %s, want the beginning of what is small", err, left.Sub(begun))
		}
		near.Close()
		if err := <-read; err != nil {
			t.Error(err)
		}
	})
}
