package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// replayOptions is what the flags of replay say: those of watch that choose and show
// events, and which part of the file, how fast.
type replayOptions struct {
	watchOptions
	from, to string
	speed    float64
	growing  bool
	path     string
}

const replayLong = `Replay tells the events of a recording as watch told them: with the same flags its
output is byte for byte the same, on any machine and without any right. FILE is what
record or watch -w wrote, or a stream of watch -o json; - is standard input.

All that is in the file is shown, threads and system calls too, if they were asked for
when it was written. What was not selected then is not in it. -F, -e, -c and the rest choose
among what there is; --from and --to choose a part, and each takes
  ` + momentHelp + `.

With -f it goes on as the file grows, until the recorder has ended. With -w what is
selected becomes a recording of its own.

A file that is cut off or damaged gives all that is whole in it, then a message and exit
code 4. Exit codes of recorded commands are not passed on.`

const replayExample = `  ptrace-ns replay start.zst
  ptrace-ns replay -o json -e exec,exit start.zst | jq .process.args
  ptrace-ns replay --from 0.5s --to 2s --speed 0.1 start.zst
  ptrace-ns replay -F 'process.container.id startsWith "9f1c"' -w web.zst start.zst`

func newReplay(a *app) *cobra.Command {
	o := &replayOptions{}
	cmd := &cobra.Command{
		Use:     "replay [flags] FILE",
		Short:   "Show a recording as watch showed it",
		Long:    replayLong,
		Example: replayExample,
		Args:    onlyRecording(&o.path),
		RunE: func(cmd *cobra.Command, _ []string) error {
			flags := cmd.Flags()
			o.limited, o.timed, o.recoloured = flags.Changed("max-events"), flags.Changed("timeout"), flags.Changed("color")
			if err := refuseEmpty(flags); err != nil {
				return err
			}
			r, err := o.check(a)
			if err != nil {
				return err
			}
			return r.run(cmd.Context())
		},
	}
	o.flags(cmd.Flags())
	complete(cmd, "output", "text", "json")
	complete(cmd, "color", "auto", "always", "never")
	completeEvents(cmd)
	a.completeContainer(cmd, firstPath)
	return cmd
}

func (o *replayOptions) flags(f *pflag.FlagSet) {
	o.selectionFlags(f)
	f.BoolVar(&o.threads, "threads", true, "tell threads, where the recording has them")
	f.BoolVar(&o.syscalls, "syscalls", true, "tell system calls, where the recording has them")
	f.StringVarP(&o.output, "output", "o", "text", "print `FORMAT`: text, or json, one object a line")
	f.StringSliceVar(&o.fields, "fields", nil, "print only `FIELDS`, by their dotted JSON names: members with json, columns with text")
	f.StringVar(&o.color, "color", "auto", "colour text `WHEN`: auto, always or never; NO_COLOR is heeded by auto")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no summary at the end")
	f.StringVar(&o.from, "from", "", "tell nothing before `MOMENT`; what came before counts for the filters")
	f.StringVar(&o.to, "to", "", "tell nothing after `MOMENT`")
	f.Float64Var(&o.speed, "speed", 0, "take the time between events divided by `N`: 1 is as it was; without it as fast as it goes")
	f.BoolVarP(&o.growing, "follow-file", "f", false, "go on as the file grows, until its recorder has ended")
	o.fileFlags(f)
}

// replay is a run of the command, its options checked and understood.
type replay struct {
	*watch
	from, to moment
	speed    float64
	growing  bool
	path     string
}

func (o *replayOptions) check(a *app) (*replay, error) {
	w := &watch{watchOptions: &o.watchOptions, app: a, recorded: true}
	r := &replay{watch: w, speed: o.speed, growing: o.growing, path: o.path}
	for _, step := range []func() error{w.checkOutput, w.checkScope, w.checkFilter, w.checkFile, r.checkKinds, func() error { return r.checkSpan(o) }} {
		if err := step(); err != nil {
			if exitCode(err) == exitFailed {
				err = &exitError{Code: exitUsage, Err: err}
			}
			return nil, err
		}
	}
	return r, nil
}

// checkKinds starts from all kinds: what was not asked for is not in the file.
func (r *replay) checkKinds() error {
	base := selection.AllKinds
	if !r.threads {
		base &^= selection.ThreadKinds
	}
	if !r.syscalls {
		base &^= selection.SyscallKinds
	}
	var err error
	if r.stream, err = selection.ParseKinds(r.events, base); err != nil {
		return err
	}
	r.screen, r.repeats = r.stream, true
	if r.output == "text" {
		if r.screen, err = selection.ParseKinds(r.events, base&^selection.ContextKinds); err != nil {
			return err
		}
		r.repeats = slices.Contains(r.events, "signal") || slices.Contains(r.events, "+signal")
	}
	return nil
}

func (r *replay) checkSpan(o *replayOptions) (err error) {
	if o.from != "" {
		if r.from, err = parseMoment("from", o.from); err != nil {
			return err
		}
	}
	if o.to != "" {
		if r.to, err = parseMoment("to", o.to); err != nil {
			return err
		}
	}
	if r.from.beyond(r.to) {
		return fmt.Errorf("--from %s is after --to %s", o.from, o.to)
	}
	if r.from.given || r.to.given {
		r.within = func(h *events.Header, next events.Sink) events.Sink {
			return &within{next: next, span: newSpan(r.from, r.to, h)}
		}
	}
	if r.speed < 0 {
		return fmt.Errorf("--speed %g is below 0", r.speed)
	}
	if r.growing && r.path == "-" {
		return fmt.Errorf("--follow-file is for a file; standard input is read until it ends")
	}
	return nil
}
