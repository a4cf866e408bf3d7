// Command bench measures how fast Harken is, beside bare godog, and writes reports/bench.json. `make bench` runs it.
//
// It compares within one run: every trial is a process of its own (this program, called again), trials of what is
// compared take turns, and a figure is the median of its trials. So what else the machine does hits both sides. A goal
// that is missed is said plainly and is no error: a figure is something to look at, not a test.
//
// "Beside" is the value of the comparator, which is bare godog, or a bare client of a server, as its documentation has
// it, with what favours it where there was a choice:
//   - waiting: each step asks for the record of its own order by key, every 100 ms, over connections that are kept
//     open, and there is no recorder to share the processors with. Harken listens to what the recorder captures.
//   - idle: the steps are registered once a suite, which its documentation does not do (that is shown too), and it
//     writes one dot a step. Harken writes its lines and its JSON report.
//   - lag: each of the loops asks for a partition that holds nothing but its own answer.
//   - requests: each scenario looks for its own item every 2 s, as AWS's own sample does. They are counted on an
//     emulator of AWS, where HARKEN_MINISTACK names one.
//   - reports: the same run without any report. The living documentation is opened where there is a Chromium.
//   - kafka, rabbitmq, postgres, events (server-sent ones), webhook: a client of the server's that reads the same
//     messages, of lag in the same process, of captures a second in one of its own. It only counts them. Servers that
//     are not installed are said, and left out.
//   - state: for PostgreSQL nothing; for HTTP how often the schedule of all waits looks for each resource.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

func main() {
	if err := execute(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// measurement is a group of figures.
type measurement struct {
	name    string
	measure func(ctx context.Context, l *lab) ([]figure, error)
}

func measurements() []measurement {
	all := []measurement{{"waiting", waiting}, {"idle", idle}, {"lag", lag}, {"growth", growth}, {"requests", requests},
		{"reports", reports}, {"state", state}}
	for _, p := range pushedTransports() {
		all = append(all, measurement{p.word, p.measure})
	}
	return all
}

// execute measures what args name (all, where they name nothing), or is one trial of a measurement that runs elsewhere.
func execute(args []string, out, progress io.Writer) error {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if len(args) > 0 && args[0] == trialArgument {
		return conduct(ctx, args[1:], out)
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(progress)
	file := flags.String("o", "reports/bench.json", "write the figures to this `FILE`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(flags.Args())
	if err != nil {
		return err
	}
	l, err := newLab(progress)
	if err != nil {
		return err
	}
	defer l.close()
	var all []figure
	for _, m := range chosen {
		figures, err := m.measure(ctx, l)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		all = append(all, figures...)
	}
	if err := write(*file, all); err != nil {
		return err
	}
	return show(out, all)
}

func choose(names []string) ([]measurement, error) {
	all := measurements()
	if len(names) == 0 {
		return all, nil
	}
	var chosen []measurement
	for _, name := range names {
		i := slices.IndexFunc(all, func(m measurement) bool { return m.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no measurement %q (have %s)", name, strings.Join(known(all), ", "))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

func known(all []measurement) (names []string) {
	for _, m := range all {
		names = append(names, m.name)
	}
	return names
}

// conduct runs one trial and writes its results to out, as one JSON object.
func conduct(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 2 {
		return fmt.Errorf("%s: want the name of a trial and its folder", trialArgument)
	}
	trial, ok := trials()[args[0]]
	if !ok {
		return fmt.Errorf("%s: no trial %q", trialArgument, args[0])
	}
	results, err := trial(ctx, args[1])
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(results)
}
