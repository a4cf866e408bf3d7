// Trials, each in a process of its own.

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// trialArgument makes this program one trial.
const trialArgument = "trial"

// results are what a trial has measured, by name.
type results map[string]float64

// What the lab adds to a trial's results.
const (
	processSeconds = "process seconds"
	processMemory  = "process memory" // the most that was resident, in MB
)

// trials are what runs in a process of its own, by name; each is given the folder that its measurement has filled.
func trials() map[string]func(ctx context.Context, dir string) (results, error) {
	all := map[string]func(context.Context, string) (results, error){
		waitingHarken:  harkenWaits,
		waitingGodog:   godogWaits,
		waitingInARow:  godogWaitsInARow,
		idleHarken:     harkenIdles,
		idleGodog:      godogIdles,
		idleByScenario: godogIdlesByScenario,
		reportsAll:     harkenReports,
		reportsNone:    harkenReportsNothing,
		lagPushed:      func(ctx context.Context, _ string) (results, error) { return pushedLag(ctx, delays()) },
		lagPolled:      func(ctx context.Context, _ string) (results, error) { return polledLag(ctx, delays()) },
		lagLoops:       func(ctx context.Context, _ string) (results, error) { return loopsLag(ctx, delays()) },
		stateRows:      func(ctx context.Context, dir string) (results, error) { return rowsRequests(ctx, dir, delays()) },
		stateResources: func(ctx context.Context, _ string) (results, error) { return resourcesRequests(ctx, delays()) },
	}
	for _, p := range append(pushedTransports(), core()) {
		maps.Copy(all, p.trials())
	}
	for _, size := range []string{smallest, quarter, whole} {
		all[captureTrial(size)] = func(ctx context.Context, dir string) (results, error) {
			return manyCaptures(ctx, filepath.Join(dir, size))
		}
		all[scenarioTrial(size)] = func(ctx context.Context, dir string) (results, error) {
			return manyScenarios(ctx, filepath.Join(dir, size))
		}
	}
	return all
}

// lab runs trials.
type lab struct {
	program  string
	dir      string // its own, removed by close
	progress io.Writer
}

func newLab(progress io.Writer) (*lab, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "harken-bench-")
	if err != nil {
		return nil, err
	}
	return &lab{program: program, dir: dir, progress: progress}, nil
}

// close leaves nothing behind. What cannot be removed lies in the system's folder for temporary files.
func (l *lab) close() { _ = os.RemoveAll(l.dir) }

// folder returns a folder of that name with these files in it.
func (l *lab) folder(name string, files map[string]string) (string, error) {
	dir := filepath.Join(l.dir, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	for path, content := range files {
		file := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// rounds runs each of the trials so many times, in turns, and returns the results of each in the order of its runs.
func (l *lab) rounds(ctx context.Context, n int, dir string, names ...string) (map[string][]results, error) {
	all := make(map[string][]results)
	for round := range n {
		for _, name := range names {
			r, err := l.trial(ctx, name, dir)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			fmt.Fprintf(l.progress, "%s, %d of %d: %.1f s, %.0f MB\n", name, round+1, n, r[processSeconds], r[processMemory])
			all[name] = append(all[name], r)
		}
	}
	return all, nil
}

// trial runs one trial to its end.
//
// A child's peak of resident memory is never below its parent's, in whose memory it is born; this process stays small.
func (l *lab) trial(ctx context.Context, name, dir string) (results, error) {
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, l.program, trialArgument, name, dir)
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	began := time.Now()
	err := cmd.Run()
	took := time.Since(began)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, errs.Bytes())
	}
	var r results
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		return nil, fmt.Errorf("results: %w", err)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return nil, errors.New("this system does not tell how much memory a process had")
	}
	r[processSeconds], r[processMemory] = took.Seconds(), megabytes(usage)
	return r, nil
}

func megabytes(usage *syscall.Rusage) float64 {
	bytes := float64(usage.Maxrss)
	if runtime.GOOS != "darwin" { // which counts bytes
		bytes *= 1024
	}
	return bytes / (1 << 20)
}

// median returns the middle one of what several trials have measured.
func median(all []results, name string) float64 {
	var values []float64
	for _, r := range all {
		values = append(values, r[name])
	}
	return quantile(values, 50)
}

// quantile returns the smallest value that at least percent of the values are no larger than (nearest rank).
func quantile(values []float64, percent int) float64 {
	sorted := slices.Sorted(slices.Values(values))
	rank := (len(sorted)*percent + 99) / 100
	return sorted[max(rank, 1)-1]
}
