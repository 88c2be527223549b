package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/picture"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/story"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// lineageOptions is what the flags of lineage say.
type lineageOptions struct {
	output  string
	live    bool
	timeout time.Duration
	subject subject
	past    past
}

const lineageLong = `Lineage tells one process's life in sentences: who forked it and how, where it
lives, what it ran, whose child it is and was and why, how it ended and by whom.
The process is named by the host's PID, or by PID and start as in the event stream
(<pid>-<start_ns>).

One look, with nothing attached, knows what is there now, and says what it cannot
know. With --live it attaches, and goes on to tell what happens to the process, its
children and its namespace, until the process has ended; signals that end it are told
with its death. With -r it is told from a
recording, which knows what was seen: a PID means who had it last.`

const lineageExample = `  ptrace-ns lineage 7609
  ptrace-ns lineage --live --timeout 10m 7609
  ptrace-ns lineage -r start.zst 7609
  ptrace-ns lineage -o json $$ | jq .ancestors`

func newLineage(a *app) *cobra.Command {
	o := &lineageOptions{}
	cmd := &cobra.Command{
		Use:     "lineage [flags] PID|ID",
		Short:   "Tell one process's life as a story",
		Long:    lineageLong,
		Example: lineageExample,
		Args: func(cmd *cobra.Command, args []string) (err error) {
			if len(args) == 0 {
				return usageError("process missing: a PID or an id; see %s --help", cmd.CommandPath())
			}
			if len(args) > 1 {
				return noArgs(cmd, args[1:])
			}
			o.subject, err = parseSubject(args[0])
			return err
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := first(o.past.check(cmd), o.check(cmd.Flags().Changed("timeout"))); err != nil {
				return err
			}
			if o.live {
				return o.follow(cmd.Context(), a)
			}
			return o.run(cmd.Context(), a)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.output, "output", "o", "text", "print `FORMAT`: text or json")
	f.BoolVar(&o.live, "live", false, "attach, and tell what happens until the process has ended")
	f.DurationVar(&o.timeout, "timeout", 0, "with --live: end after `DURATION`, e.g. 90s")
	a.runtimeAPIFlag(cmd)
	o.past.add(cmd)
	complete(cmd, "output", "text", "json")
	cmd.ValidArgsFunction = a.completePID
	return cmd
}

func (o *lineageOptions) check(timed bool) error {
	switch {
	case o.output != "text" && o.output != "json":
		return usageError("output %q is unknown; there are text and json", o.output)
	case o.live && o.past.path != "":
		return usageError("--live does not go with -r")
	case timed && !o.live:
		return usageError("--timeout needs --live")
	case timed && o.timeout <= 0:
		return usageError("--timeout %s is not in the future", o.timeout)
	}
	return nil
}

// run tells what one look knows.
func (o *lineageOptions) run(ctx context.Context, a *app) error {
	c, err := o.past.census(ctx, a)
	if err != nil {
		return err
	}
	p, err := o.subject.find(c.model, c.leader)
	if err != nil {
		return err
	}
	l := picture.Life(c.model, p, c.nowNS)
	if c.covered != nil {
		c.covered.Explain(c.model, l)
	}
	l.Process.Job = c.jobs[p.Key]
	return c.shown(o.print(a, l, c.nowNS, c.bootTime))
}

func (o *lineageOptions) print(a *app, l *report.Life, nowNS uint64, bootTime int64) error {
	if o.output == "json" {
		_, err := a.out.Write(ndjson.AppendLife(nil, l))
		return err
	}
	return story.Tell(a.out, l, story.Options{Unicode: a.unicode(), BootTime: bootTime, NowNS: nowNS, Zone: time.Local})
}

// follow attaches and tells on until the process has ended.
func (o *lineageOptions) follow(ctx context.Context, a *app) error {
	return a.attached(ctx, liveOptions{}, o.timeout, func(ctx context.Context, cancel context.CancelFunc, live tracing) error {
		f := &follower{lineageOptions: o, app: a, live: live}
		last := &untilError{next: f, end: cancel}
		if err := ended(live.Run(ctx, last)); err != nil {
			return err
		}
		if err := ended(first(last.err, f.narrator.finish())); err != nil {
			return err
		}
		if last.err == nil && f.life != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			a.log.Warn().Msg("--timeout " + o.timeout.String() + " is over and the story is not: what becomes of process " + words.Ref(f.life.Process.Ref()) + " is not told")
		}
		if o.output == "json" && f.life != nil {
			f.life.Events = f.events
			if err := ended(o.print(a, f.life, f.nowNS, live.Header().BootTimeNS)); err != nil {
				return err
			}
		}
		if f.life == nil {
			return fmt.Errorf("process %s: %w", o.subject.text, selection.ErrNoProcess)
		}
		counted, err := live.Summary()
		return first(err, counted.check())
	})
}
