package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/timeline"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// timelineOptions is what the flags of timeline say.
type timelineOptions struct {
	startSource
	output, color string
	width         int
}

const timelineLong = `Timeline shows how a container started and ended, as phases with their durations and
the process that did each: who asked, the shim and its starter, the runtime and its
stages, cgroup and namespaces, entrypoint, first child; then signals, exit, reaping.
Plain PID namespaces, as unshare makes them, have one, too. What the recording does not
show is said to be unknown.

FILE is what record or watch -w wrote, or a stream of watch -o json; - is standard
input. CONTAINER is a name, the beginning of an id, the inum of a PID namespace, or the
host's PID of the init. Without it the one that the recorded command asked for is shown,
or the only one that started; where there are several, they are listed. All of it is told
of what record wrote; a watch needs --syscalls for unshare and pivot_root, and
-e +cgroup_mkdir,+cgroup_rmdir for cgroups.

` + liveStarts

const timelineExample = `  ptrace-ns record -o start.zst -- docker run --rm busybox true
  ptrace-ns timeline start.zst
  ptrace-ns timeline --live --timeout 1m web
  ptrace-ns timeline -o json start.zst | jq '.phases[] | [.phase, .duration_ns]'`

func newTimeline(a *app) *cobra.Command {
	o := &timelineOptions{}
	cmd := &cobra.Command{
		Use:     "timeline [flags] FILE|--live [CONTAINER]",
		Short:   "Show a container's start and end as phases",
		Long:    timelineLong,
		Example: timelineExample,
		Args:    func(cmd *cobra.Command, args []string) error { return o.take(cmd, args) },
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			return o.run(cmd.Context(), a)
		},
	}
	f := cmd.Flags()
	o.flags(f)
	f.StringVarP(&o.output, "output", "o", "text", "print `FORMAT`: text or json")
	f.StringVar(&o.color, "color", "auto", "colour text `WHEN`: auto, always or never; NO_COLOR is heeded by auto")
	f.IntVar(&o.width, "width", 0, "draw for a terminal of `COLUMNS`; by default this one")
	complete(cmd, "output", "text", "json")
	complete(cmd, "color", "auto", "always", "never")
	cmd.ValidArgsFunction = o.completeStart(a)
	return cmd
}

// leastWidth is what the columns and the smallest bar need.
const leastWidth = 60

func (o *timelineOptions) check(cmd *cobra.Command) error {
	f := cmd.Flags()
	if err := refuseEmpty(f); err != nil {
		return err
	}
	if !slices.Contains([]string{"text", "json"}, o.output) {
		return usageError("output %q is unknown; there are text and json", o.output)
	}
	if f.Changed("width") && o.width < leastWidth {
		return usageError("--width %d is less than %d", o.width, leastWidth)
	}
	if err := o.startSource.check(f.Changed("timeout")); err != nil {
		return err
	}
	return checkColor(o.color, f.Changed("color"), o.output)
}

func (o *timelineOptions) run(ctx context.Context, a *app) error {
	all, err := o.read(ctx, a)
	if err != nil {
		return err
	}
	return first(ended(o.print(a, all)), all.damage)
}

func (o *timelineOptions) print(a *app, all *starts) error {
	one, several, err := all.choose(o.container)
	if err != nil && !errors.Is(err, errSeveral) {
		return first(all.damage, err)
	}
	if one == nil {
		a.log.Info().Msg("which container is not said: CONTAINER chooses one of these")
	}
	if o.output == "json" {
		if one == nil {
			_, err = a.out.Write(ndjson.AppendTimelines(nil, several, all.bootTime))
			return err
		}
		_, err = a.out.Write(ndjson.AppendTimeline(nil, one, all.bootTime))
		return err
	}
	v := timeline.Options{Color: a.coloured(o.color), Unicode: a.unicode(), Width: o.width, BootTime: all.bootTime, Zone: time.Local}
	if v.Width == 0 {
		if v.Width = a.width(); v.Width > 0 {
			v.Width = max(v.Width, leastWidth)
		}
	}
	if one == nil {
		return timeline.Names(a.out, several, v)
	}
	all.tellOthers(a, "timeline", &o.startSource, one)
	return timeline.Write(a.out, one, v)
}
