package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/picture"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// topOptions is what the flags of top say.
type topOptions struct {
	watchOptions
	group string
	args  bool
	past  past
}

const topLong = `Top shows the processes of the whole machine as they come and go: as a tree, by PID
namespace or by container (t). New ones light up, those that have ended fade with their
status, and those that got a new parent show where they came from. ? lists the keys.

Which processes are shown is chosen as with watch; what is above them in the tree is shown
dim. With -- CMD the command is started once tracing is attached and --scope says what is
shown, as with watch; its input and output are /dev/null. The view stays when CMD ends, and
CMD gets SIGTERM when the view ends before it. Its exit code is passed on.

With -r it plays a recording: space plays and pauses, < and > change the pace, n, d and r
step to the next event, death and reparenting. With --at it begins there, and pauses.

A filter (\) is an expression as of watch -F. A process is shown when it is true of all
that is known of the process now, told as a snapshot event, or of its exit event once it
has ended; what is above it in the tree is shown dim.`

const topExample = `  ptrace-ns top
  ptrace-ns top --group container -F 'process.container.runtime == "docker"'
  ptrace-ns top -c web -w web.zst
  ptrace-ns top --scope containers -- docker run --rm busybox sleep 60
  ptrace-ns top -r start.zst --at 1.5s`

func newTop(a *app) *cobra.Command {
	o := &topOptions{watchOptions: watchOptions{output: "text", buffer: 8 << 20, maxArgs: 32 << 10, signals: []string{"SIGKILL", "SIGTERM", "SIGSTOP"}}}
	cmd := &cobra.Command{
		Use:     "top [flags] [-- CMD ARG...]",
		Short:   "Show the processes as they come and go",
		Long:    topLong,
		Example: topExample,
		Args:    func(cmd *cobra.Command, args []string) error { return o.takeCommand(cmd, args) },
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.past.check(cmd); err != nil {
				return err
			}
			if o.past.path != "" {
				if err := o.notRecorded(cmd.Flags()); err != nil {
					return err
				}
			}
			return o.run(cmd.Context(), a, cmd.Flags())
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.filter, "filter", "F", "", "only processes for which `EXPR` is true")
	f.StringVar(&o.group, "group", tui.GroupNames[0], "begin arranged by `WHAT`: tree, pidns or container")
	f.BoolVarP(&o.args, "args", "a", false, "show command lines and not names")
	f.StringVar(&o.color, "color", "auto", "colour `WHEN`: auto, always or never; NO_COLOR is heeded by auto")
	o.processFlags(f)
	f.StringVar(&o.scope, "scope", "", "with -- CMD: show `WHAT`: command, containers or all")
	o.fileFlags(f)
	f.Var(&o.buffer, "buffer", "`SIZE` of the ring buffer, a power of two from 32KiB on")
	a.runtimeAPIFlag(cmd)
	a.userFlag(cmd)
	f.VarP(&onceFlag{text: &o.past.path}, "recording", "r", "play the recording `FILE`; needs neither root nor Linux")
	f.StringVar(&o.past.at, "at", "", "with -r: begin at that `MOMENT`, and pause: "+momentHelp)
	complete(cmd, "group", tui.GroupNames[:]...)
	complete(cmd, "color", "auto", "always", "never")
	complete(cmd, "scope", scopes...)
	completeContainers(cmd)
	a.completeContainer(cmd, noPath)
	return cmd
}

func (o *topOptions) run(ctx context.Context, a *app, flags *pflag.FlagSet) error {
	view, err := o.view(a)
	if err != nil {
		return err
	}
	if o.past.path != "" {
		return o.replay(ctx, a, view)
	}
	c, err := o.choose(a, flags)
	if err != nil {
		return err
	}
	return c.live(ctx, view)
}

// view checks the flags, and the terminal, which is the only output there is.
func (o *topOptions) view(a *app) (tui.Options, error) {
	group := slices.Index(tui.GroupNames[:], o.group)
	v := tui.Options{
		Unicode: a.unicode(), Color: a.coloured(o.color), Args: o.args, Group: tui.Group(max(0, group)), Zone: time.Local,
		Filter: o.filter, Compile: compileFilter, In: a.in, Out: a.out, Env: os.Environ(),
	}
	switch {
	case group < 0:
		return v, usageError("group %q is unknown; there are tree, pidns and container", o.group)
	case !slices.Contains([]string{"auto", "always", "never"}, o.color):
		return v, usageError("color %q is unknown; there are auto, always and never", o.color)
	case !o.buffer.powerOfTwo():
		return v, usageError("buffer of %s is not a power of two", o.buffer)
	case o.past.path == "-":
		return v, usageError("recording - is standard input, which is where the keys come from; name a file")
	}
	if least := size(smallestBuffer(liveOptions{})); o.buffer < least {
		return v, usageError("buffer of %s is too small: the smallest is %s", o.buffer, least)
	}
	if o.filter != "" {
		if _, err := compileFilter(o.filter); err != nil {
			return v, &exitError{Code: exitUsage, Err: err}
		}
	}
	if term := a.getenv("TERM"); !a.outTTY || term == "dumb" {
		return v, usageError("top draws on a terminal, and standard output is none that can be drawn on; for pipes there are watch and tree")
	}
	return v, nil
}

func compileFilter(text string) (func(*events.Event) bool, error) {
	f, err := selection.NewFilter(text)
	if err != nil {
		return nil, err
	}
	return f.Wants, nil
}

// fade is for how long a process is shown after its end.
const fade = 5 * time.Second

// newStage returns a stage for what is told from that CLOCK_BOOTTIME on.
func newStage(v tui.Options, fromNS uint64, covered picture.Coverage) *scene.Stage {
	return scene.NewStage(scene.Options{
		Unicode: v.Unicode, BootTime: v.BootTime, Zone: v.Zone, FromNS: fromNS, Covered: &covered, FadeNS: uint64(fade),
	})
}

// replay plays a recording. What is wrong with the file is told at the end, too: the
// screen is gone then.
func (o *topOptions) replay(ctx context.Context, a *app, v tui.Options) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	p, err := newPlayer(ctx, func() (*playback, error) { return a.openRecording(ctx, o.past.path, false) })
	if err != nil {
		return err
	}
	v.BootTime = p.header.BootTimeNS
	if p.damage != nil {
		v.Notice = p.damage.Error()
	}
	if v.Notice == "" {
		v.Notice = p.past(o.past.moment)
	}
	p.begin(func() *scene.Stage { return newStage(v, p.fromNS(), p.covered) }, o.past.moment)
	err = tui.Run(ctx, p, v, nil)
	return first(ended(errors.Join(err, p.close())), p.damage)
}
