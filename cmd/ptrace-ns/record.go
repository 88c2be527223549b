package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// recordOptions is what the flags of record say.
type recordOptions struct {
	watchOptions
	settle               time.Duration
	rotateSize, maxSize  bulk
	rotateEvery          time.Duration
	keep                 int
	rotating, syscallsOn bool // the flag was given
}

const recordLong = `Record writes what happens to a file for replay and for all commands with -r: the
event stream, compressed, readable by zstdcat too. It needs root, or CAP_BPF and
CAP_PERFMON; reading needs neither. Nobody else can read the file.

With -- CMD the command is started once tracing is attached, and recording goes on until it
has ended, for some time longer (--settle), and while containers are starting. Its exit code
is passed on. --scope says what is kept:
  command     the command and all that descends from it
  containers  also what container daemons and shims fork meanwhile, each PID namespace that
              is born, is entered or ends meanwhile, and those who made it: what a docker
              client starts does not descend from it. Of other containers that begin at
              the same time it is the same; choose when you replay, with -c
  all         everything
It is containers with -- CMD, and all without. In the first two, those who only give context (who was there
before and is an ancestor) are told without their arguments, and an event is written up to
two seconds late. With -- CMD a namespace that neither the command nor container software
made is not kept, and of one that only happens to end, just that.

-c, --pod, -n, --image, --runtime, --new-containers and -F choose among what the scope keeps.
What they leave out is not in the file; to see how a container is made, record without them and
choose when you replay.

What has the form of a secret in arguments and environments is taken out before anything is written
(--redact). That is a net with holes: treat a recording as what it is, the command
lines of a machine.

When the disk is full or --max-size is reached, the file ends with what was whole, a message says so,
CMD goes on untraced to its end, and the exit code is not 0.`

const recordExample = `  ptrace-ns record -o start.zst -- docker run --rm busybox true
  ptrace-ns record -o day.zst --rotate-size 64M --keep 10
  ptrace-ns record -o boot.zst --timeout 5m --max-size 1G`

func newRecord(a *app) *cobra.Command {
	o := &recordOptions{watchOptions: watchOptions{buffer: 8 << 20, maxArgs: 32 << 10, output: "text", color: "auto"}}
	cmd := &cobra.Command{
		Use:     "record -o FILE [flags] [-- CMD ARG...]",
		Short:   "Record what processes do, or how a command starts containers",
		Long:    recordLong,
		Example: recordExample,
		Args:    func(cmd *cobra.Command, args []string) error { return o.takeCommand(cmd, args) },
		RunE: func(cmd *cobra.Command, _ []string) error {
			flags := cmd.Flags()
			o.timed, o.argsLimited = flags.Changed("timeout"), flags.Changed("max-args")
			o.rotating = flags.Changed("rotate-size") || flags.Changed("rotate-every")
			o.syscallsOn = flags.Changed("syscalls")
			if err := refuseEmpty(flags); err != nil {
				return err
			}
			r, err := o.check(a)
			if err != nil {
				return err
			}
			r.asked = r.effective(asked(flags))
			return r.traced(cmd.Context(), r.route)
		},
	}
	o.flags(cmd.Flags())
	a.runtimeAPIFlag(cmd)
	a.userFlag(cmd)
	complete(cmd, "scope", scopes...)
	completeContainers(cmd)
	a.completeContainer(cmd, noPath)
	complete(cmd, "env", string(envNames), string(envValues))
	return cmd
}

func (o *recordOptions) flags(f *pflag.FlagSet) {
	f.StringVarP(&o.file, "output", "o", "", "write to the new `FILE`; JSON lines where its name ends in .ndjson, .jsonl or .json")
	f.BoolVar(&o.replace, "force", false, "replace the file, once the new one is whole")
	f.StringVar(&o.scope, "scope", "", "keep what belongs to `WHAT`: command, containers or all")
	f.DurationVar(&o.settle, "settle", 2*time.Second, "with -- CMD: record for `DURATION` after its end, and after the last container began to run")
	f.DurationVar(&o.timeout, "timeout", 0, "end after `DURATION`, e.g. 90s")
	f.Var(&o.rotateSize, "rotate-size", "begin a new file, FILE-2 and so on, before one is larger than `SIZE`")
	f.DurationVar(&o.rotateEvery, "rotate-every", 0, "begin a new file after `DURATION`")
	f.IntVar(&o.keep, "keep", 0, "with rotation: remove the oldest of the files of this run when there are more than `N`")
	f.Var(&o.maxSize, "max-size", "let all files together take at most `SIZE`: with --keep older files make room, else recording ends")
	f.StringSliceVarP(&o.containers, "container", "c", nil, "keep only events in the container with that `NAME`, or whose id begins so, and in those in it (repeatable); none of the runtime, shim and client that make it, nor of what comes before its cgroup says so")
	o.chosen.add(f)
	f.StringVarP(&o.filter, "filter", "F", "", "keep only events for which `EXPR` is true, as in watch")
	f.StringArrayVar(&o.redact, "redact", []string{"default"}, redactHelp+"; none takes nothing out")
	o.kernelFlags(f)
	f.Lookup("syscalls").Usage = "record unshare, setns, pivot_root, subreaper and failed clones; on with -- CMD, though any system-call tracepoint slows every system call of the whole machine"
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no summary at the end")
}

// The scopes of a recording.
const (
	scopeCommand    = "command"
	scopeContainers = "containers"
	scopeAll        = "all"
)

var scopes = []string{scopeCommand, scopeContainers, scopeAll}

// check turns flags into a run. All that can be wrong with them is found here.
func (o *recordOptions) check(a *app) (*recorder, error) {
	// Cgroups are made and removed seldom, and a container's start is told by them.
	o.events = append(o.events, "+"+events.CgroupMkdir.String(), "+"+events.CgroupRmdir.String())
	w := &watch{watchOptions: &o.watchOptions, app: a}
	r := &recorder{watch: w, more: o}
	if !o.syscallsOn {
		o.syscalls = len(o.command) > 0
	}
	for _, step := range []func() error{r.checkScope, r.checkLimits, r.checkChoice, w.checkOutput, w.checkKinds, w.checkKernel, w.checkFile, w.checkCommand} {
		if err := step(); err != nil {
			if exitCode(err) == exitFailed {
				err = &exitError{Code: exitUsage, Err: err}
			}
			return nil, err
		}
	}
	if w.child != nil {
		w.child.linger = r.linger
	}
	return r, nil
}

func (r *recorder) checkScope() error {
	switch {
	case r.file == "":
		return fmt.Errorf("-o FILE is missing: where to record to")
	case r.more.scope == "" && len(r.command) > 0:
		r.more.scope = scopeContainers
	case r.more.scope == "":
		r.more.scope = scopeAll
	case !slices.Contains(scopes, r.more.scope):
		return fmt.Errorf("scope %q is unknown; there are command, containers and all", r.more.scope)
	case r.more.scope == scopeCommand && len(r.command) == 0:
		return fmt.Errorf("--scope command needs -- CMD")
	}
	if r.more.settle < 0 {
		return fmt.Errorf("--settle %s is below 0", r.more.settle)
	}
	return nil
}

// checkChoice understands what is to be chosen of the scope.
func (r *recorder) checkChoice() error {
	if err := r.app.checkRuntimeAPI(); err != nil {
		return err
	}
	in, err := r.chosen.check(r.containers)
	if err != nil {
		return err
	}
	r.wanted = in
	return r.checkFilter()
}

// effective adds to the options that were given what was effective without: a reader
// of the file must know what it holds.
func (r *recorder) effective(asked map[string]any) map[string]any {
	asked["scope"] = r.more.scope
	if asked["redact"] = patternNames(r.redact); len(r.redact) == 0 {
		asked["redact"] = []string{"none"}
	}
	if len(r.command) > 0 {
		asked["settle"] = r.more.settle.String()
		asked["syscalls"] = r.syscalls
		command := events.ArgsOf(r.command...)
		if r.redaction != nil {
			command = r.redaction.Args(command)
		}
		asked["command"] = command.Strings()
	}
	return asked
}

// checkLimits comes before the file is checked, and turns off redaction where that is
// wanted.
func (r *recorder) checkLimits() error {
	switch {
	case r.more.keep < 0:
		return fmt.Errorf("--keep %d is below 0", r.more.keep)
	case r.more.keep > 0 && !r.more.rotating:
		return fmt.Errorf("--keep needs --rotate-size or --rotate-every")
	case r.more.rotateEvery < 0:
		return fmt.Errorf("--rotate-every %s is below 0", r.more.rotateEvery)
	case r.more.rotateSize > 0 && r.more.rotateSize < leastFile:
		return fmt.Errorf("--rotate-size %s is too small: the smallest is %s", r.more.rotateSize, bulk(leastFile))
	case r.more.maxSize > 0 && r.more.maxSize < leastFile:
		return fmt.Errorf("--max-size %s is too small: the smallest is %s", r.more.maxSize, bulk(leastFile))
	}
	if slices.Contains(r.redact, "none") {
		if len(r.redact) > 1 {
			return fmt.Errorf("--redact none goes with no other pattern")
		}
		r.redact = nil
	}
	r.limits = recording.Options{
		RotateSize: int64(r.more.rotateSize), RotateEvery: r.more.rotateEvery, Keep: r.more.keep, MaxSize: int64(r.more.maxSize),
	}
	return nil
}

// leastFile holds a header, an event or two and what ends a file.
const leastFile = 64 << 10
