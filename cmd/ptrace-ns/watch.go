package main

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// watchOptions is what the flags of watch say.
type watchOptions struct {
	output, color, file, scope string
	replace                    bool // the file, when there is one
	redact                     []string
	events, fields, signals    []string
	pids                       []int32
	follow, host, newPidns     bool
	pidns                      []uint
	containers                 []string
	chosen                     containerFlags
	filter                     string
	threads, syscalls, quiet   bool
	latency                    bool
	tree, tui                  bool
	interval                   time.Duration
	intervalled                bool
	timeout                    time.Duration
	maxEvents                  uint64
	buffer, maxArgs            size
	env                        string
	command                    []string
	limited, timed, recoloured bool // the flag was given
	argsLimited                bool
}

const watchLong = `Watch tells each process event of the whole machine as it happens, host and
containers alike, from attaching on; what was there before comes first, as
snapshot events. It needs root, or CAP_BPF and CAP_PERFMON.

With -- CMD the command is started once tracing is attached, it is followed, and
its exit code is passed on. Watching ends when CMD ends; descendants that still run
are not awaited. With -o json its standard output goes to standard error: the stream
has standard output to itself. --scope says what is followed:
  command     the command and all that descends from it, as without --scope
  containers  also what container daemons and shims fork meanwhile, and the PID
              namespaces that they make or enter: what a docker client starts does not
              descend from it. Who turns out later to matter is told from then on, and
              his birth and program right before
  all         everything

A filter is an expression over the JSON names of an event, for example
  -F 'event == "exit" and exit.code != 0'
  -F 'process.container.runtime == "docker" and "-c" in process.args'
A field that an event lacks equals nothing: != is true of it, and an expression that
cannot be answered for an event does not select it.`

const watchExample = `  ptrace-ns watch
  ptrace-ns watch -o json -e fork,exec,exit | jq .process.comm
  ptrace-ns watch --scope containers -- docker run --rm busybox true
  ptrace-ns watch -p 1234 --follow -w events.zst`

func newWatch(a *app) *cobra.Command {
	o := &watchOptions{buffer: 8 << 20, maxArgs: 32 << 10}
	cmd := &cobra.Command{
		Use:     "watch [flags] [-- CMD ARG...]",
		Short:   "Show what processes do, live",
		Long:    watchLong,
		Example: watchExample,
		Args:    func(cmd *cobra.Command, args []string) error { return o.takeCommand(cmd, args) },
		RunE: func(cmd *cobra.Command, _ []string) error {
			flags := cmd.Flags()
			o.limited, o.timed, o.recoloured = flags.Changed("max-events"), flags.Changed("timeout"), flags.Changed("color")
			o.intervalled, o.argsLimited = flags.Changed("interval"), flags.Changed("max-args")
			if err := refuseEmpty(flags); err != nil {
				return err
			}
			if o.tui {
				t, err := o.top(flags)
				if err != nil {
					return err
				}
				return t.run(cmd.Context(), a, flags)
			}
			w, err := o.check(a)
			if err != nil {
				return err
			}
			w.asked = asked(flags)
			return w.run(cmd.Context())
		},
	}
	o.selectionFlags(cmd.Flags())
	cmd.Flags().StringVar(&o.scope, "scope", "", "with -- CMD: follow `WHAT`: command, containers or all")
	complete(cmd, "scope", scopes...)
	o.kernelFlags(cmd.Flags())
	o.outputFlags(cmd.Flags())
	a.runtimeAPIFlag(cmd)
	a.userFlag(cmd)
	completeWatch(cmd)
	a.completeContainer(cmd, noPath)
	return cmd
}

func (o *watchOptions) selectionFlags(f *pflag.FlagSet) {
	f.StringSliceVarP(&o.events, "events", "e", nil, "show only these `EVENTS`, by their names in the stream; +name and -name change the default (text hides snapshot, and the signals that pidns_reap tells again)")
	o.processFlags(f)
	f.StringVarP(&o.filter, "filter", "F", "", "only events for which `EXPR` is true")
	f.DurationVar(&o.timeout, "timeout", 0, "end after `DURATION`, e.g. 90s")
	f.Uint64Var(&o.maxEvents, "max-events", 0, "end after `N` events")
}

// processFlags choose processes.
func (o *watchOptions) processFlags(f *pflag.FlagSet) {
	f.Int32SliceVarP(&o.pids, "pid", "p", nil, "only the process `PID`, as the host numbers it (repeatable)")
	f.BoolVar(&o.follow, "follow", false, "with -p: also all that descends from it, reparented or not")
	f.UintSliceVar(&o.pidns, "pidns", nil, "only the PID namespace `INUM` and those nested in it, as ls -l /proc/PID/ns/pid shows it (repeatable)")
	f.BoolVar(&o.newPidns, "new-pidns", false, "only PID namespaces that are born from now on")
	f.BoolVar(&o.host, "host", false, "only processes outside any child PID namespace and any container")
	f.StringSliceVarP(&o.containers, "container", "c", nil, "only the container with that `NAME`, or whose id begins so, and those in it (repeatable); what docker exec runs is in it from the moment that its cgroup says so")
	o.chosen.add(f)
}

func (o *watchOptions) kernelFlags(f *pflag.FlagSet) {
	f.StringSliceVar(&o.signals, "signals", []string{"SIGKILL", "SIGTERM", "SIGSTOP"}, "`SIGNALS` to tell, names or numbers, or all; the PID 1 of a child namespace gets all but SIGCHLD told")
	f.BoolVar(&o.threads, "threads", false, "tell threads too: thread_start and thread_exit")
	f.BoolVar(&o.syscalls, "syscalls", false, "tell unshare, setns, pivot_root, subreaper and failed clones; off by default because any system-call tracepoint slows every system call of the whole machine")
	f.Var(&o.buffer, "buffer", "`SIZE` of the ring buffer, a power of two from 32KiB on")
	f.Var(&o.maxArgs, "max-args", "read at most `SIZE` of an argument vector; a small buffer lowers the default")
	f.StringVar(&o.env, "env", "", "tell the environment at exec: `WHAT` is names, or values, which hold secrets")
	f.Lookup("env").NoOptDefVal = string(envNames)
}

func (o *watchOptions) outputFlags(f *pflag.FlagSet) {
	f.StringVarP(&o.output, "output", "o", "text", "print `FORMAT`: text, or json, one object a line")
	f.StringSliceVar(&o.fields, "fields", nil, "print only `FIELDS`, by their dotted JSON names: members with json, columns with text")
	f.StringVar(&o.color, "color", "auto", "colour text `WHEN`: auto, always or never; NO_COLOR is heeded by auto")
	f.BoolVar(&o.tree, "tree", false, "at the end, show what was followed as a tree, exited processes and changes of parent included, and its PID namespaces; with -o json on standard error")
	f.BoolVar(&o.tui, "tui", false, "show the processes themselves, as top does; goes with what chooses processes, -F, -w and -- CMD")
	f.BoolVar(&o.latency, "latency", false, "tell each event at once, not up to 100 ms later: who makes a process then waits some 10 µs for each of its events while ptrace-ns is woken")
	f.DurationVar(&o.interval, "interval", 0, "with --tree: show it every `DURATION`, too")
	o.fileFlags(f)
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no summary at the end")
}

// takeCommand takes what follows --, and refuses what does not.
func (o *watchOptions) takeCommand(cmd *cobra.Command, args []string) error {
	dash := cmd.ArgsLenAtDash()
	switch {
	case dash != 0 && len(args) > 0 && cmd.Flags().Changed("env"):
		return usageError("argument %q is unexpected; what --env is to tell is written behind =, as in --env=values", args[0])
	case dash < 0 && len(args) > 0:
		return usageError("argument %q is unexpected; a command to run comes after --", args[0])
	case dash > 0:
		return usageError("argument %q is unexpected before --", args[0])
	case dash == 0 && len(args) == 0:
		return usageError("command missing after --")
	}
	o.command = args
	return nil
}

// asked is what the header tells of the flags that were given.
func asked(flags *pflag.FlagSet) map[string]any {
	options := map[string]any{}
	flags.Visit(func(f *pflag.Flag) {
		switch v := f.Value.(type) {
		case pflag.SliceValue:
			options[f.Name] = v.GetSlice()
			if f.Name == "redact" {
				options[f.Name] = patternNames(v.GetSlice())
			}
		default:
			switch f.Value.Type() {
			case "func": // of the diagnostics, which do not change the stream
			case "bool":
				options[f.Name] = f.Value.String() == "true"
			default:
				options[f.Name] = f.Value.String()
			}
		}
	})
	return options
}

func completeWatch(cmd *cobra.Command) {
	complete(cmd, "output", "text", "json")
	complete(cmd, "color", "auto", "always", "never")
	completeContainers(cmd)
	complete(cmd, "env", string(envNames), string(envValues))
	completeEvents(cmd)
}

func completeEvents(cmd *cobra.Command) {
	list := func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		return completeKinds(begun), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	if err := cmd.RegisterFlagCompletionFunc("events", list); err != nil {
		panic(err)
	}
}

// completeKinds completes the last item of a list, with its sign.
func completeKinds(begun string) []string {
	cut := strings.LastIndexByte(begun, ',') + 1
	before, item := begun[:cut], begun[cut:]
	if strings.HasPrefix(item, "+") || strings.HasPrefix(item, "-") {
		before += item[:1]
	}
	var all []string
	for _, k := range events.Kinds() {
		name := k.String()
		if strings.HasPrefix(before+name, begun) && !slices.Contains(strings.Split(begun[:cut], ","), name) {
			all = append(all, before+name)
		}
	}
	return all
}
