package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/difference"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/phases"
)

// diffOptions is what the flags of diff say.
type diffOptions struct {
	output, color string
	ratio         float64
	least         time.Duration
	timing        bool
	sides         [2]string
}

const diffLong = `Diff compares how two containers started, phase by phase: what only one has, other
arguments, other parents and creators, other namespaces; and of the ends, where both are
there, signals and exit status. PIDs, ids, inums, times, names of temporary files and the
containers' own names are not compared, so that two runs of the same thing have the same
sequence.

Phases that took another time are told: at least --ratio times as long, and longer by at
least --least. They make no difference by themselves, since a busy machine does that;
with --timing they do.

A and B are recordings, each with a :CONTAINER behind it where more than one started in
it. The exit code is 0 for the same sequence, 1 for different ones.`

const diffExample = `  ptrace-ns diff yesterday.zst today.zst
  ptrace-ns diff both.zst:web both.zst:db
  ptrace-ns diff --timing --ratio 1.5 a.zst b.zst
  ptrace-ns diff -o json a.zst b.zst | jq .changes`

func newDiff(a *app) *cobra.Command {
	o := &diffOptions{}
	cmd := &cobra.Command{
		Use:     "diff [flags] A[:CONTAINER] B[:CONTAINER]",
		Short:   "Compare two containers' starts phase by phase",
		Long:    diffLong,
		Example: diffExample,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usageError("two recordings are needed; see %s --help", cmd.CommandPath())
			}
			o.sides = [2]string{args[0], args[1]}
			return noArgs(cmd, args[2:])
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := refuseEmpty(cmd.Flags()); err != nil {
				return err
			}
			if err := o.check(cmd.Flags().Changed("color")); err != nil {
				return err
			}
			return o.run(cmd.Context(), a)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.output, "output", "o", "text", "print `FORMAT`: text or json")
	f.StringVar(&o.color, "color", "auto", "colour text `WHEN`: auto, always or never; NO_COLOR is heeded by auto")
	f.Float64Var(&o.ratio, "ratio", 2, "tell phases that took `N` times as long")
	f.DurationVar(&o.least, "least", 20*time.Millisecond, "and longer by at least `DURATION`")
	f.BoolVar(&o.timing, "timing", false, "phases that took another time make a difference, too")
	complete(cmd, "output", "text", "json")
	complete(cmd, "color", "auto", "always", "never")
	return cmd
}

func (o *diffOptions) check(recoloured bool) error {
	switch {
	case !slices.Contains([]string{"text", "json"}, o.output):
		return usageError("output %q is unknown; there are text and json", o.output)
	case !(o.ratio >= 1): // nor a NaN
		return usageError("--ratio %g is less than 1", o.ratio)
	case o.least < 0:
		return usageError("--least %s is below 0", o.least)
	case o.sides[0] == "-" && o.sides[1] == "-":
		return usageError("standard input can be one of the two, not both")
	}
	return checkColor(o.color, recoloured, o.output)
}

func (o *diffOptions) run(ctx context.Context, a *app) error {
	var sides [2]*report.Timeline
	var damage error
	for i, side := range o.sides {
		t, damaged, err := a.side(ctx, side)
		if err != nil {
			return err
		}
		sides[i], damage = t, first(damage, damaged)
	}
	d := phases.Compare(sides[0], sides[1], phases.Tolerance{Ratio: o.ratio, AtLeast: uint64(o.least)})
	var err error
	if o.output == "json" {
		_, err = a.out.Write(ndjson.AppendDifference(nil, d))
	} else {
		err = difference.Write(a.out, d, difference.Options{Color: a.coloured(o.color)})
	}
	if err := first(ended(err), damage); err != nil {
		return err
	}
	if !d.Same() || o.timing && len(d.Timings) > 0 {
		return &exitError{Code: exitFailed}
	}
	return nil
}

// side reads FILE or FILE:CONTAINER. A file of exactly that name comes first.
func (a *app) side(ctx context.Context, side string) (one *report.Timeline, damage, err error) {
	path, word := side, ""
	if at := strings.LastIndexByte(side, ':'); at > 0 && !isFile(side) {
		if path, word = side[:at], side[at+1:]; word == "" {
			return nil, nil, usageError("container behind %q is empty", side)
		}
	}
	all, err := a.readStarts(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	one, several, err := all.choose(word)
	if errors.Is(err, errSeveral) {
		err = usageError("which container of %s is not said, behind a colon: %s", path, all.known(several))
	} else if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	if err == nil && one.BeganNS == 0 {
		err = fmt.Errorf("container %s: its start is not in %s, there is nothing to compare", safe.String(nameOf(one)), path)
	}
	if err != nil {
		return nil, nil, first(all.damage, err)
	}
	return one, all.damage, nil
}
