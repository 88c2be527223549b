package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/picture"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/nstree"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// namespacesOptions is what the flags of namespaces say.
type namespacesOptions struct {
	output, color string
	exited        bool
	past          past
}

const namespacesLong = `Namespaces shows the hierarchy of PID namespaces as it is now: the inode number
that /proc/PID/ns/pid shows, the depth, how many processes live in it (and, behind
a +, in namespaces below it), its PID 1 by all its PIDs, that one's user, since when it
runs, and the containers of the members. USERNS is the user namespace that owns it,
where not all have the same.

A namespace whose PID 1 has ended is dying. When that takes long, the members are
named that it waits for: only their parent, who lives outside, can reap them.

A namespace in which no process lives is shown while the children of one are to be
born into it: unshare --pid makes it, and the first fork gives it its PID 1. What is
held only by an open file or a mount is not seen.

With -r and --exited also those are shown that are over by then, with when each was
born and over, where that was seen.

It is one look with nothing attached. Who created a namespace cannot be seen then: a
watch that was there told it (pidns_create), and watch --tree shows it.`

func newNamespaces(a *app) *cobra.Command {
	o := &namespacesOptions{}
	cmd := &cobra.Command{
		Use:     "namespaces [flags]",
		Aliases: []string{"ns"},
		Short:   "Show the hierarchy of PID namespaces",
		Long:    namespacesLong,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := first(o.past.check(cmd), o.check(cmd.Flags().Changed("color"))); err != nil {
				return err
			}
			return o.run(cmd.Context(), a)
		},
	}
	cmd.Flags().StringVarP(&o.output, "output", "o", "text", "print `FORMAT`: text or json")
	cmd.Flags().StringVar(&o.color, "color", "auto", "colour text `WHEN`: auto, always or never; NO_COLOR is heeded by auto")
	cmd.Flags().BoolVar(&o.exited, "exited", false, "with -r: also those that are over, in which nothing lives any more")
	a.runtimeAPIFlag(cmd)
	o.past.add(cmd)
	complete(cmd, "output", "text", "json")
	complete(cmd, "color", "auto", "always", "never")
	return cmd
}

func (o *namespacesOptions) check(recoloured bool) error {
	if o.output != "text" && o.output != "json" {
		return usageError("output %q is unknown; there are text and json", o.output)
	}
	if o.exited && o.past.path == "" {
		return usageError("--exited needs -r FILE: one look knows none that are over")
	}
	return checkColor(o.color, recoloured, o.output)
}

func (o *namespacesOptions) run(ctx context.Context, a *app) error {
	c, err := o.past.census(ctx, a)
	if err != nil {
		return err
	}
	all := picture.Namespaces(c.model, c.nowNS)
	view := nstree.Options{Color: a.coloured(o.color), Unicode: a.unicode(), NowNS: c.nowNS, User: c.names(a.user)}
	if o.exited {
		all = picture.NamespacesEver(c.model, c.nowNS)
		view.Moment = func(bootNS uint64) string {
			return time.Unix(0, c.bootTime+int64(bootNS)).In(time.Local).Format("2006-01-02 15:04:05.000")
		}
	}
	if o.output == "json" {
		_, err = a.out.Write(ndjson.AppendNamespaces(nil, all))
		return c.shown(err)
	}
	return c.shown(nstree.Write(a.out, all, view))
}
