package pages_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/harken-bdd/harken/harness/embedded/kafka"
	"github.com/harken-bdd/harken/harness/transports"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/run"
)

// The system of the page stands in this process: it is no program that could be started.
func TestTheSuiteOfACompactedTopicPasses(t *testing.T) {
	server, err := kafka.Start(t.Context(), kafka.Topic{Name: "orders"},
		kafka.Topic{Name: "stock", Config: map[string]string{"cleanup.policy": "compact"}})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	defer keepStock(t, server.Addr())()
	t.Setenv("KAFKA", server.Addr())

	page := open(t, "docs/transports/kafka.md")
	page.Lines = strings.Split(page.Section("## A compacted topic"), "\n")
	fenced, _ := page.Blocks()
	files := map[string]string{"yaml": "godog.yml", "json": "order.json", "gherkin": "features/stock.feature"}
	dir := t.TempDir()
	for _, b := range fenced {
		file := filepath.Join(dir, files[b.Language])
		text, _, _ := strings.Cut(b.Text(), "profiles:\n")
		if b.Language == "yaml" {
			text += "audit: 0s\n" // nobody waits for a third change here
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		delete(files, b.Language)
	}
	if len(files) > 0 {
		t.Fatalf("the page does not show all files of the suite: %v are missing", files)
	}
	var out bytes.Buffer
	suite := run.Suite{
		Config: filepath.Join(dir, "godog.yml"), Transports: transports.All(), Vocabulary: steps.All(), Out: &out, Err: &out,
	}
	if result, err := suite.Run(t.Context()); result.ExitCode != run.ExitPassed {
		t.Errorf("got exit code %d, want %d: %v\n%s", result.ExitCode, run.ExitPassed, err, out.String())
	}
}

// keepStock is the stock keeper. It begins with three of each article.
func keepStock(t *testing.T, server string) (stop func()) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(server), kgo.ConsumerGroup("stock-keeper"), kgo.ConsumeTopics("orders"),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()), kgo.ProducerLinger(0))
	if err != nil {
		t.Fatal(err)
	}
	left := make(map[string]int)
	take := func(r *kgo.Record) {
		var order struct {
			SKU      string `json:"sku"`
			Quantity int    `json:"quantity"`
		}
		if err := json.Unmarshal(r.Value, &order); err != nil {
			t.Error(err)
			return
		}
		if _, known := left[order.SKU]; !known {
			left[order.SKU] = 3
		}
		left[order.SKU] -= order.Quantity
		change := &kgo.Record{Topic: "stock", Key: []byte(order.SKU)}
		if n := left[order.SKU]; n > 0 {
			change.Value, _ = json.Marshal(map[string]int{"left": n})
		}
		client.Produce(context.Background(), change, nil)
	}
	var keeping sync.WaitGroup
	keeping.Go(func() {
		for {
			orders := client.PollFetches(context.Background())
			if orders.IsClientClosed() {
				return
			}
			orders.EachRecord(take)
		}
	})
	return func() {
		client.Close()
		keeping.Wait()
	}
}
