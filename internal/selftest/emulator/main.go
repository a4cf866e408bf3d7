// One emulator for all tests of a package.

package emulator

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// Main is the TestMain of a package whose tests share an emulator: it returns the exit code. begin is told of the
// emulator before the first test, and environ is as that of Start. A goroutine that the tests leave behind fails them.
func Main(m *testing.M, begin func(s *Server), environ ...string) (code int) {
	code, err := serve(m, begin, environ)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

func serve(m *testing.M, begin func(s *Server), environ []string) (code int, err error) {
	s, err := Start(context.Background(), environ...)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	begin(s)
	before := goleak.IgnoreCurrent()
	if code = m.Run(); code != 0 {
		return code, nil
	}
	return 0, goleak.Find(before)
}
