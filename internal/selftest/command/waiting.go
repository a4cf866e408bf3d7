// Tests that wait.

package command

import (
	"flag"
	"runtime"
	"strconv"
	"testing"
)

// aProcessor is how many tests go on at once for each processor.
const aProcessor = 4

// Waiting runs the tests of a package, which start programs and wait for them: more at once than there are processors,
// unless -parallel says how many. It returns the exit code.
func Waiting(m *testing.M) int {
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "test.parallel" })
	if !said {
		// The flag is there, and takes a number.
		_ = flag.Set("test.parallel", strconv.Itoa(aProcessor*runtime.GOMAXPROCS(0)))
	}
	return m.Run()
}
