package main

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/account"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// explainOptions is what the flags of explain say.
type explainOptions struct {
	startSource
	output string
}

const explainLong = `Explain answers in a few sentences: how the container started, who asked and who made
it; whose child its init is, and why; how long it took; who ended it; what the kernel
reaped with it. What the recording does not show is said to be unknown.

FILE is what record or watch -w wrote, or a stream of watch -o json; - is standard
input. CONTAINER is a name, the beginning of an id, the inum of a PID namespace, or the
host's PID of the init; without it, it is the one that the recorded command asked for, or
the only one that started.

` + liveStarts

const explainExample = `  ptrace-ns explain start.zst web
  ptrace-ns explain --live --timeout 10m 9f1c2ab34cd5
  ptrace-ns explain -o json start.zst | jq -r '.sentences[].text'`

func newExplain(a *app) *cobra.Command {
	o := &explainOptions{}
	cmd := &cobra.Command{
		Use:     "explain [flags] FILE|--live [CONTAINER]",
		Short:   "Tell in sentences how a container started and ended",
		Long:    explainLong,
		Example: explainExample,
		Args:    func(cmd *cobra.Command, args []string) error { return o.take(cmd, args) },
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := refuseEmpty(cmd.Flags()); err != nil {
				return err
			}
			if !slices.Contains([]string{"text", "json"}, o.output) {
				return usageError("output %q is unknown; there are text and json", o.output)
			}
			if err := o.check(cmd.Flags().Changed("timeout")); err != nil {
				return err
			}
			return o.run(cmd.Context(), a)
		},
	}
	o.flags(cmd.Flags())
	cmd.Flags().StringVarP(&o.output, "output", "o", "text", "print `FORMAT`: text or json")
	complete(cmd, "output", "text", "json")
	cmd.ValidArgsFunction = o.completeStart(a)
	return cmd
}

func (o *explainOptions) run(ctx context.Context, a *app) error {
	all, err := o.read(ctx, a)
	if err != nil {
		return err
	}
	one, several, err := all.choose(o.container)
	if errors.Is(err, errSeveral) {
		err = usageError("which container is not said: %s", all.known(several))
	}
	if err != nil {
		return first(all.damage, err)
	}
	all.tellOthers(a, "explain", &o.startSource, one)
	told := account.Of(one)
	if o.output == "json" {
		_, err = a.out.Write(ndjson.AppendAccount(nil, told, all.bootTime))
	} else {
		err = account.Write(a.out, told)
	}
	return first(ended(err), all.damage)
}
