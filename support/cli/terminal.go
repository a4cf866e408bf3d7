// Terminals: what may be shown to whoever sits at one.

package cli

import (
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/harken-bdd/harken/support/run"
)

// settle fills in what is known only when a command runs.
func settle(cmd *cobra.Command, s *run.Suite) {
	s.Out, s.Err = cmd.OutOrStdout(), cmd.ErrOrStderr()
	steered := os.Getenv("TERM") != "dumb"
	if size := sizeOf(s.Out); size != nil {
		// https://no-color.org: any value but the empty one
		s.Colour = steered && os.Getenv("NO_COLOR") == ""
		s.Columns = func() int {
			columns, _ := size()
			return columns
		}
	}
	// What a build server gives a terminal ends up in a log all the same.
	if steered && os.Getenv("CI") == "" {
		s.Live = sizeOf(s.Err)
	}
}

// sizeOf returns what tells the size of the terminal that a writer is, 0 where that is not known, or nil if it is none.
func sizeOf(w io.Writer) (size func() (columns, rows int)) {
	if o, ok := w.(interface{ To() io.Writer }); ok {
		w = o.To()
	}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return func() (columns, rows int) {
		columns, rows, err := term.GetSize(int(f.Fd()))
		if err != nil {
			return 0, 0
		}
		return columns, rows
	}
}
