// Command notifier is a sample of a system that calls a partner: it tells it what has been paid, signs what it says,
// and tries again where the partner is busy or does not answer. It knows nothing of Harken.
//
//	orders.paid --> POST PARTNER_URL/orders/ORDER --> notices.delivered
//	                    |  up to three times
//	                    `-> notices.dead (what was paid, byte for byte)
//
// It is configured by its environment: NATS_URL, PARTNER_URL, and WEBHOOK_SECRET, by which it signs the body as GitHub
// does (X-Hub-Signature-256). It ends on SIGTERM, on SIGINT and when its standard input ends.
package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	attempts     = 3
	answerWithin = 2 * time.Second        // of the partner
	pause        = 100 * time.Millisecond // before the second attempt, and twice as much before the third
)

func main() {
	ctx, end := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		end()
	}()
	if err := run(ctx, log.New(os.Stdout, "notifier: ", log.Lmsgprefix)); err != nil {
		fmt.Fprintln(os.Stderr, "notifier:", err)
		os.Exit(1)
	}
}

// run returns once ctx has ended.
func run(ctx context.Context, logger *log.Logger) error {
	n := notifier{
		partner: os.Getenv("PARTNER_URL"), secret: []byte(os.Getenv("WEBHOOK_SECRET")),
		client: &http.Client{Timeout: answerWithin},
	}
	if n.partner == "" || len(n.secret) == 0 {
		return errors.New("PARTNER_URL and WEBHOOK_SECRET must be set")
	}
	conn, err := nats.Connect(os.Getenv("NATS_URL"))
	if err != nil {
		return err
	}
	defer conn.Close()
	n.publish = conn.Publish
	_, err = conn.Subscribe("orders.paid", func(m *nats.Msg) {
		go func() {
			if err := n.tell(ctx, m.Data); err != nil {
				logger.Print(err)
			}
		}()
	})
	if err == nil {
		err = conn.Flush()
	}
	if err != nil {
		return err
	}
	logger.Print("ready")
	<-ctx.Done()
	return nil
}

// notifier tells a partner.
type notifier struct {
	partner string
	secret  []byte
	client  *http.Client
	publish func(subject string, body []byte) error
}

// tell tells the partner what was paid, or gives it up.
func (n notifier) tell(ctx context.Context, paid []byte) error {
	var order struct {
		ID string `json:"orderId"`
	}
	if err := json.Unmarshal(paid, &order); err != nil || order.ID == "" {
		return errors.Join(errors.New("what was paid is no order"), n.publish("notices.dead", paid))
	}
	for attempt := 1; ; attempt++ {
		err := n.post(ctx, order.ID, paid)
		switch {
		case err == nil:
			return n.publish("notices.delivered", fmt.Appendf(nil, `{"orderId":%q,"attempts":%d}`, order.ID, attempt))
		case attempt == attempts:
			return errors.Join(err, n.publish("notices.dead", paid))
		}
		timer := time.NewTimer(pause * time.Duration(attempt))
		select {
		case <-timer.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// post returns nil once the partner has accepted a notice.
func (n notifier) post(ctx context.Context, order string, notice []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, n.partner+"/orders/"+order, bytes.NewReader(notice))
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, n.secret)
	mac.Write(notice)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	answer, err := n.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("order %s: the partner says %s", order, answer.Status)
	}
	return nil
}
