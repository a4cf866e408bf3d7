// harken listen and send: looking at channels by hand.

package cli

import (
	"github.com/spf13/cobra"

	"github.com/harken-bdd/harken/support/run"
	"github.com/harken-bdd/harken/support/session"
)

func listenCommand(s *run.Suite) *cobra.Command {
	var peek session.Peek
	cmd := &cobra.Command{
		Use:   "listen CHANNEL...",
		Short: "Show what comes by on channels, live, one JSON object a line",
		Long: `Listen shows the real events, so that a pattern can be written by looking at one. It takes nothing
from the system's own consumers, and ends with Ctrl-C, after --for, or after --count events.`,
		Example: `  harken listen shipments rejections
  harken listen --profile staging --for 1m shipments`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			settle(cmd, s)
			peek.Channels = args
			return exit(codeOf(s, session.Suite(*s).Peek(cmd.Context(), peek)))
		},
	}
	cmd.Flags().DurationVar(&peek.For, "for", 0, "end after so long (0: when interrupted)")
	cmd.Flags().IntVar(&peek.Count, "count", 0, "end after so many events (0: when interrupted)")
	cmd.Flags().StringVar(&peek.Key, "key", "", "which item, for a channel of items that are looked up by key")
	return cmd
}

func sendCommand(s *run.Suite) *cobra.Command {
	var send session.Sending
	cmd := &cobra.Command{
		Use:   "send EVENT [FIELD=VALUE...]",
		Short: "Produce one event of godog.yml, and show what comes of it",
		Long: `Send makes the event as a step would, from its template and the fields given here, sends it, and
shows it as one JSON object. With --for it also shows what then appears on the outputs of the
subsystems (or on the --listen channels).`,
		Example: `  harken send "order placed" items[0].sku=SKU-2 --for 2s
  harken send "order placed" --profile staging`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			settle(cmd, s)
			send.Event, send.Fields = args[0], args[1:]
			return exit(codeOf(s, session.Suite(*s).SendOne(cmd.Context(), send)))
		},
	}
	cmd.Flags().StringVar(&send.On, "on", "", "another `CHANNEL` than the event's own")
	cmd.Flags().DurationVar(&send.For, "for", 0, "how long to show what appears")
	cmd.Flags().StringSliceVar(&send.Listen, "listen", nil,
		"the channels to show (default: the outputs of the subsystems)")
	return cmd
}
