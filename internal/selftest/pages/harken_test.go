package pages_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/harken-bdd/harken/internal/selftest/command"
	"github.com/harken-bdd/harken/internal/selftest/pages"
)

// Whatever pages show of the command is as it takes it.
func TestThePagesShowCommandsAndFlagsThatThereAre(t *testing.T) {
	shown := 0
	for _, c := range commands(t) {
		if args, ok := c.OfHarken(); ok {
			shown++
			if err := tryCommand(args, c.Spoken); err != nil {
				t.Errorf("%s:%d: harken %s: %v", c.Page, c.Line, strings.Join(args, " "), err)
			}
		}
	}
	if shown < 20 {
		t.Errorf("got %d command lines, want at least 20: are they found?", shown)
	}
}

func TestEveryCommandHasHelpWithAnExampleThatWorks(t *testing.T) {
	all := command.Tree().Commands()
	for i := 0; i < len(all); i++ {
		cmd := all[i]
		all = append(all, cmd.Commands()...)
		if cmd.Name() == "help" || cmd.Name() == "completion" {
			continue
		}
		if cmd.Short == "" || cmd.Example == "" {
			t.Errorf("%s: has no description or no example", cmd.CommandPath())
		}
		for _, line := range strings.Split(cmd.Example, "\n") {
			args, ok := pages.Command{Text: strings.TrimSpace(line)}.OfHarken()
			if !ok {
				t.Errorf("%s: %q is no example of it", cmd.CommandPath(), line)
			}
			if err := tryCommand(args, false); err != nil {
				t.Errorf("%s: %q: %v", cmd.CommandPath(), line, err)
			}
		}
	}
}

// tryCommand parses a command line without running it. In a sentence its arguments may be left out.
func tryCommand(args []string, spoken bool) error {
	cmd, rest, err := command.Tree().Find(args)
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	if errors.Is(err, pflag.ErrHelp) {
		return nil
	}
	if err == nil && !spoken {
		err = cmd.ValidateArgs(cmd.Flags().Args())
	}
	return err
}
