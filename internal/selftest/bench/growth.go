// Growth: what one more capture or scenario costs where there are many already. It should cost what the others did.

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/nats-io/nats.go"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/transports"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/run"
)

const (
	growthRounds    = 3
	growthCaptures  = 100_000
	growthScenarios = 5_000
)

// Each measurement has three sizes. What the smallest one takes is taken off the others: servers and system are started
// for it, too, and would make any growth look like less.
const smallest, quarter, whole = "one", "a-quarter", "all"

func captureTrial(size string) string  { return "growth: captures, " + size }
func scenarioTrial(size string) string { return "growth: scenarios, " + size }

// sizes returns how many of all each of the sizes is.
func sizes(all int) map[string]int { return map[string]int{smallest: 1, quarter: all / 4, whole: all} }

const capturesSuite = `suite: Growth
features: [features]
channels:
  pings: {url: "nats://${NATS}/pings"}
  pongs: {url: "nats://${NATS}/pongs"}
events:
  ping: {channel: pings, template: ping.json}
  pong: {channel: pongs}
profiles:
  local: {embedded: [nats]}
`

func growth(ctx context.Context, l *lab) (all []figure, err error) {
	for _, g := range []struct {
		what   string
		count  int
		trial  func(size string) string
		files  func(n int) map[string]string
		system bool // it needs the reference subsystem
	}{
		{"captures in one scenario", growthCaptures, captureTrial, captureFeatures, false},
		{"scenarios in one run", growthScenarios, scenarioTrial, scenarioFeatures, true},
	} {
		files := make(map[string]string)
		for size, n := range sizes(g.count) {
			for path, text := range g.files(n) {
				files[filepath.Join(size, path)] = text
			}
		}
		dir, err := l.folder(g.what, files)
		if err != nil {
			return nil, err
		}
		for size := range sizes(g.count) {
			if !g.system {
				break
			}
			if err := build(ctx, filepath.Join(dir, size)); err != nil {
				return nil, err
			}
		}
		measured, err := l.rounds(ctx, growthRounds, dir, g.trial(smallest), g.trial(quarter), g.trial(whole))
		if err != nil {
			return nil, err
		}
		all = append(all, growthFigures(g.what, g.count, measured[g.trial(smallest)], measured[g.trial(quarter)],
			measured[g.trial(whole)])...)
	}
	return all, nil
}

// growthFigures compares what one more costs among all with what it costs among a quarter of them. Memory is that of
// the process, which Go lets grow to twice what is in use before it looks what is not: hence its wider goal.
func growthFigures(what string, count int, one, some, all []results) []figure {
	name := func(of string) string { return fmt.Sprintf("%s %s, %s", thousands(count), what, of) }
	grown := func(measure string) float64 {
		base := median(one, measure)
		return (median(all, measure) - base) / (median(some, measure) - base) / 4
	}
	return []figure{
		told(name("time of each: times that of each of a quarter as many"), grown(processSeconds),
			"x").atMost(1.25).beside(1),
		told(name("memory of each: times that of each of a quarter as many"), grown(processMemory),
			"x").atMost(1.5).beside(1),
		told(name("time, beside a quarter as many"), median(all, processSeconds), "s").beside(median(some, processSeconds)),
		told(name("peak memory, beside a quarter as many"), median(all, processMemory),
			"MB").beside(median(some, processMemory)),
	}
}

// thousands writes a number as a reader would.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

func captureFeatures(n int) map[string]string {
	return map[string]string{
		"godog.yml": capturesSuite, "ping.json": `{"id": "${id}", "note": "is there anybody?"}`,
		"features/many.feature": fmt.Sprintf(`Feature: Growth
  Scenario: Many
    When %d "ping" events are produced
    Then at least %d "pong" events appear within 10m
`, n, n),
	}
}

func scenarioFeatures(n int) map[string]string {
	files := map[string]string{"godog.yml": waitingSuite, "order-placed.json": orderPlaced}
	for f := 0; n > 0; f++ {
		files[fmt.Sprintf("features/%03d.feature", f)] = waitingFeature(min(n, 100), 1)
		n -= 100
	}
	return files
}

// manyCaptures has one scenario ask very often, and be answered as often.
func manyCaptures(ctx context.Context, dir string) (results, error) {
	services := transports.Services()
	for i, service := range services {
		if service.Name == "nats" {
			services[i] = answering(service)
		}
	}
	return results{}, growsIn(ctx, dir, services)
}

func manyScenarios(ctx context.Context, dir string) (results, error) {
	return results{}, growsIn(ctx, dir, transports.Services())
}

func growsIn(ctx context.Context, dir string, services []harness.Service) error {
	return toFile(filepath.Join(dir, "harken.txt"), func(out io.Writer) error {
		return hasPassed(run.Suite{
			Config: filepath.Join(dir, "godog.yml"), Formats: []string{"json:" + filepath.Join(dir, "harken.json")},
			Transports: transports.All(), Services: services, Vocabulary: steps.All(), Out: out, Err: os.Stderr,
		}.Run(ctx))
	})
}

// answering returns a NATS server that has somebody who answers each ping with a pong.
func answering(server harness.Service) harness.Service {
	start := server.Start
	server.Start = func(ctx context.Context, settings map[string]string) (harness.Running, error) {
		running, err := start(ctx, settings)
		if err != nil {
			return running, err
		}
		conn, err := nats.Connect(running.Env["NATS_URL"])
		if err != nil {
			return running, errors.Join(err, running.Stop())
		}
		stop := running.Stop
		running.Stop = func() error {
			conn.Close()
			return stop()
		}
		_, err = conn.Subscribe("pings", func(m *nats.Msg) {
			// One that is lost is missed by the scenario, which then does not pass.
			_ = conn.Publish("pongs", fmt.Appendf(nil, `{"to": %s}`, m.Data))
		})
		if err == nil {
			err = conn.Flush()
		}
		if err != nil {
			return running, errors.Join(err, running.Stop())
		}
		return running, nil
	}
	return server
}
