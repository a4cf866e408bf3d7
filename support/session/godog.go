// The run under `godog run`, which reads no godog.yml, is not strict, turns every exit code into 0 or 1 and a child
// that is killed into 0.

package session

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/cucumber/godog"
	"github.com/spf13/pflag"

	"github.com/harken-bdd/harken/support/interrupt"
	"github.com/harken-bdd/harken/support/plan"
	"github.com/harken-bdd/harken/support/system"
)

// supervised is set in the environment of the process that runs the scenarios under `godog run`. That process writes
// its exit code to the file descriptor that follows the standard ones: one that is killed has written none.
const supervised = "HARKEN_SUPERVISED"

const verdictFile = 3

// Godog is a suite under `godog run`.
type Godog struct{ session *session }

// Godog makes `godog run` run the suite by its godog.yml; it returns nil where this process was not started by `godog
// run`. It must be called before main, from a package variable of the test file, because it rewrites os.Args: paths,
// tags and concurrency come from godog.yml unless they are given by hand, and the run is always strict. The first such
// process only supervises a second one, so that one that is killed is a run that failed.
func (s Suite) Godog() *Godog {
	if strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe") != "godog.test" {
		return nil
	}
	if os.Getenv(supervised) == "" {
		os.Exit(supervise())
	}
	session, err := s.underGodog()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		reportCode(ExitUsage)
		os.Exit(ExitUsage)
	}
	return &Godog{session}
}

// supervise runs this program again and returns its exit code, or ExitFailed where it did not come to its end.
func supervise() int {
	told, write, err := os.Pipe()
	if err != nil {
		fmt.Fprintln(os.Stderr, "harken:", err)
		return ExitFailed
	}
	cmd := exec.Command(os.Args[0], os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), supervised+"=1")
	cmd.ExtraFiles = []*os.File{write}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, interrupt.Signals()...)
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "harken:", err)
		return ExitFailed
	}
	go func() {
		for sig := range signals {
			// It may have heard of it from the terminal already, or be gone.
			_ = cmd.Process.Signal(sig)
		}
	}()
	_ = write.Close()
	line, readErr := bufio.NewReader(told).ReadString('\n')
	err = cmd.Wait()
	code, numberErr := strconv.Atoi(strings.TrimSpace(line))
	if readErr != nil || numberErr != nil {
		fmt.Fprintf(os.Stderr, "harken: the run was cut short (%v), so it has failed\n", cmd.ProcessState)
		return ExitFailed
	}
	var exit *exec.ExitError
	if code == ExitPassed && errors.As(err, &exit) {
		return ExitFailed
	}
	return code
}

// reportCode tells the supervisor how the run ended.
func reportCode(code int) {
	f := os.NewFile(verdictFile, "verdict")
	if f == nil {
		return
	}
	// Where nobody reads it, the supervisor is gone, and its own end has been noticed.
	_, _ = fmt.Fprintln(f, code)
	_ = f.Close()
}

// underGodog prepares the suite and writes the command line that godog is about to read.
func (s Suite) underGodog() (*session, error) {
	var given godog.Options
	godog.BindCommandLineFlags("", &given)
	if err := pflag.CommandLine.Parse(os.Args[1:]); err != nil {
		return nil, err
	}
	s.Paths, s.Tags = pflag.Args(), tagsOfGodog(given.Tags)
	s.Children = &system.Children{}
	p, err := s.ready()
	if err != nil {
		return nil, err
	}
	p.quiet = true
	ctx, stop := interrupt.Context(p.Children, p.Err)
	session := newSession(ctx, p)
	session.ctx, session.cancel = ctx, stop
	args := []string{os.Args[0], "--concurrency=" + strconv.Itoa(session.concurrency())}
	pflag.CommandLine.Visit(func(f *pflag.Flag) {
		if f.Name != "tags" {
			args = append(args, "--"+f.Name+"="+f.Value.String())
		}
	})
	paths, _ := plan.ForGodog(p.plan.Chosen())
	os.Args = append(append(args, "--strict=true"), paths...)
	session.remarkOnRetries()
	return session, nil
}

// remarkOnRetries says that there are none. A retry would be one more scenario in godog's count, and its first attempt
// would fail godog's run whatever came of the second.
func (s *session) remarkOnRetries() {
	if slices.ContainsFunc(s.plan.Chosen(), func(planned *plan.Scenario) bool { return planned.Retries > 0 }) {
		fmt.Fprintln(s.Err,
			"under `godog run` each scenario has one attempt: @retry is heeded by `harken run` and `go test` only")
	}
}

// tagsOfGodog translates godog's older form of a tag expression: ~@a && @b,@c. Others are left as they are.
func tagsOfGodog(text string) string {
	if !strings.ContainsAny(text, "~,") && !strings.Contains(text, "&&") {
		return text
	}
	var all []string
	for _, part := range strings.Split(text, "&&") {
		var some []string
		for _, tag := range strings.Split(part, ",") {
			tag, not := strings.CutPrefix(strings.TrimSpace(tag), "~")
			if !strings.HasPrefix(tag, "@") {
				tag = "@" + tag
			}
			if not {
				tag = "not " + tag
			}
			some = append(some, tag)
		}
		all = append(all, "("+strings.Join(some, " or ")+")")
	}
	return strings.Join(all, " and ")
}

// turns keeps scenarios apart that must be alone. They are not last here, since godog decides the order: those that
// come later wait for their end.
type turns struct{ sync.RWMutex }

func (t *turns) enter(planned *plan.Scenario) {
	if planned.Alone == "" {
		t.RLock()
	} else {
		t.Lock()
	}
}

func (t *turns) leave(planned *plan.Scenario) {
	if planned.Alone == "" {
		t.RUnlock()
	} else {
		t.Unlock()
	}
}

// Register adds phrases and hooks, and has the run opened before and finished after the scenarios. On nil, which is
// what Godog returns outside of `godog run`, it does nothing.
func (g *Godog) Register(suite *godog.TestSuiteContext) {
	if g == nil {
		return
	}
	s := g.session
	_, byNode := plan.ForGodog(s.plan.Chosen())
	var turns turns
	enter := func(planned *plan.Scenario) {
		turns.enter(planned)
		if planned.Alone != "" {
			s.settled(s.ctx)
		}
	}
	s.register(suite, byNode, enter, func(planned *plan.Scenario) {
		if planned.Alone != "" {
			s.settled(s.ctx) // it is listened for without others, too
		}
		turns.leave(planned)
	})
	suite.BeforeSuite(func() {
		if err := s.open(s.ctx); err != nil {
			fmt.Fprintln(s.Err, errors.Join(s.shown(err), s.leaveAll()))
			_ = s.close() // what it could not stop is no worse than what it could not start
			reportCode(ExitUsage)
			os.Exit(ExitUsage)
		}
	})
	suite.AfterSuite(func() {
		code, err := s.finish(s.ctx)
		if err = errors.Join(err, s.shown(s.close())); err != nil {
			fmt.Fprintln(s.Err, err)
		}
		s.cancel()
		reportCode(code)
	})
}
