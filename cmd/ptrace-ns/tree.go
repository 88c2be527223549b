package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/picture"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/forest"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// treeOptions is what the flags of tree say.
type treeOptions struct {
	output, color                          string
	byNS, ancestors, threads, args, exited bool
	long, kthreads, nsChanges, jobs        bool
	containers                             []string
	root                                   *subject
	past                                   past
}

const treeLong = `Tree shows the processes of the whole machine as they are now, or PID and all
below it. Each line has the host's PID and, for a process in a PID namespace, its
PID at every level down to its own (7609→1). A mark tells where a line's PID
namespace is not its parent's, and -S names the other namespaces that are not. The
user and the container are named where they are not the parent's; on a terminal
namespaces have colours, and this program's own ancestors are bold.

It is one look through the kernel's own iterator, with nothing attached. It needs
root, or CAP_BPF and CAP_PERFMON. With -r it is a look into a recording.`

const treeExample = `  ptrace-ns tree -a
  ptrace-ns tree -s 7609
  ptrace-ns tree --ns
  ptrace-ns tree -aj
  ptrace-ns tree -r start.zst --at 1.2s --exited
  ptrace-ns tree -c 9f1c2ab34cd5 -o dot | dot -Tsvg >web.svg`

func newTree(a *app) *cobra.Command {
	o := &treeOptions{}
	cmd := &cobra.Command{
		Use:     "tree [flags] [PID|ID]",
		Short:   "Show the processes as a tree, across PID namespaces",
		Long:    treeLong,
		Example: treeExample,
		Args:    func(cmd *cobra.Command, args []string) error { return o.takeArgs(cmd, args) },
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.past.check(cmd); err != nil {
				return err
			}
			if err := o.check(cmd.Flags().Changed("color")); err != nil {
				return err
			}
			return o.run(cmd.Context(), a)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.output, "output", "o", "text", "print `FORMAT`: text, json, dot (Graphviz) or mermaid")
	f.StringVar(&o.color, "color", "auto", "colour text `WHEN`: auto, always or never; NO_COLOR is heeded by auto")
	f.BoolVar(&o.byNS, "ns", false, "group by PID namespace")
	f.BoolVarP(&o.ancestors, "ancestors", "s", false, "with PID or -c: also all above, up to the host's init")
	f.BoolVarP(&o.nsChanges, "ns-changes", "S", false, "name the other namespaces that are not the parent's: mnt, net, user ...")
	f.BoolVarP(&o.threads, "threads", "t", false, "show threads, too")
	f.BoolVarP(&o.args, "arguments", "a", false, "show command lines in place of names")
	f.BoolVarP(&o.jobs, "jobs", "j", false, "also show, as columns, what ps axjf does: PGID, SID, TTY, TPGID, STAT, UID and TIME, by the host's numbers; -o json always has it")
	f.BoolVar(&o.exited, "exited", false, "tell how those ended that are not reaped yet; with -r all that have ended")
	f.BoolVar(&o.kthreads, "kthreads", false, "show each kernel thread, not only how many there are")
	f.BoolVarP(&o.long, "long", "l", false, "do not cut lines at the terminal's width")
	f.StringSliceVarP(&o.containers, "container", "c", nil, "only the container with that `NAME`, or whose id begins so, and those in it (repeatable)")
	a.runtimeAPIFlag(cmd)
	o.past.add(cmd)
	complete(cmd, "output", "text", "json", "dot", "mermaid")
	a.completeContainer(cmd, noPath)
	cmd.ValidArgsFunction = a.completePID
	complete(cmd, "color", "auto", "always", "never")
	return cmd
}

func (o *treeOptions) takeArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if len(args) > 1 {
		return noArgs(cmd, args[1:])
	}
	s, err := parseSubject(args[0])
	o.root = &s
	return err
}

func (o *treeOptions) check(recoloured bool) error {
	if !slices.Contains([]string{"text", "json", "dot", "mermaid"}, o.output) {
		return usageError("output %q is unknown; there are text, json, dot and mermaid", o.output)
	}
	if err := checkColor(o.color, recoloured, o.output); err != nil {
		return err
	}
	if o.byNS && o.output != "text" {
		return usageError("--ns is for text and does not go with -o %s; see ptrace-ns namespaces", o.output)
	}
	if o.byNS && o.ancestors {
		return usageError("--ns does not go with -s: who is above may be in another namespace")
	}
	if o.nsChanges && o.output != "text" {
		return usageError("-S is for text and does not go with -o %s, where each process has its namespaces", o.output)
	}
	if o.jobs && o.output != "text" {
		return usageError("-j is for text and does not go with -o %s", o.output)
	}
	if o.ancestors && o.root == nil && len(o.containers) == 0 {
		return usageError("-s needs a PID or -c NAME whose ancestors to show")
	}
	if o.threads && o.past.path != "" {
		return usageError("-t does not go with -r: a recording tells threads as events, see ptrace-ns replay")
	}
	if o.root != nil && len(o.containers) > 0 {
		return usageError("-c does not go with a PID")
	}
	if slices.Contains(o.containers, "") {
		return usageError("container's name or id is empty")
	}
	return nil
}

// checkColor checks --color, which is for text alone.
func checkColor(color string, given bool, output string) error {
	if !slices.Contains([]string{"auto", "always", "never"}, color) {
		return usageError("color %q is unknown; there are auto, always and never", color)
	}
	if given && output != "text" {
		return usageError("--color is for text and does not go with -o %s", output)
	}
	return nil
}

func (o *treeOptions) run(ctx context.Context, a *app) error {
	c, err := o.past.census(ctx, a)
	if err != nil {
		return err
	}
	s, err := o.selection(c)
	if err != nil {
		return err
	}
	roots := picture.Forest(c.model, c.selected(s, o.exited))
	if len(roots) == 0 && len(o.containers) > 0 {
		return fmt.Errorf("container %s: no process is in it", strings.Join(o.containers, ", "))
	}
	if len(roots) == 0 && o.root != nil {
		return o.hidden(c)
	}
	if o.byNS {
		return c.shown(forest.Grouped(a.out, picture.Namespaces(c.model, c.nowNS), roots, o.view(a, c)))
	}
	return c.shown(o.print(a.out, roots, o.view(a, c)))
}

func (o *treeOptions) selection(c *census) (picture.Selection, error) {
	s := picture.Selection{Above: o.ancestors, Jobs: c.jobs}
	if o.threads {
		s.Threads = c.threads
	}
	if len(o.containers) > 0 {
		s.Wanted = inContainers(o.containers)
	}
	if o.root != nil {
		root, err := o.root.find(c.model, c.leader)
		if err != nil {
			return s, err
		}
		s.Wanted, s.Below = func(p *tree.Process) bool { return p == root }, true
	}
	return s, nil
}

// hidden says why the process that was asked for is not in the tree.
func (o *treeOptions) hidden(c *census) error {
	p, err := o.root.find(c.model, c.leader)
	if err != nil {
		return err
	}
	name, when := words.Ref(p.Ref()), "at that moment"
	if c.recorded && (!o.past.moment.given || c.short != "") {
		when = "when the recording ended"
	}
	end, seen := p.End()
	switch {
	case p.State == tree.Placeholder:
		return fmt.Errorf("process %s is known by its name alone: others' events name it", name)
	case !seen:
		return fmt.Errorf("process %s had ended %s, and nobody saw how; --exited shows it", name, when)
	}
	how := words.Status(end.Status)
	if end.AtNS != 0 && end.AtNS <= c.nowNS {
		how += ", " + words.Duration(c.nowNS-end.AtNS) + " before"
	}
	return fmt.Errorf("process %s had ended %s: %s; --exited shows it", name, when, how)
}

func (o *treeOptions) view(a *app, c *census) forest.Options {
	v := forest.Options{
		Color: a.coloured(o.color), Unicode: a.unicode(), Args: o.args, Jobs: o.jobs, Kthreads: o.kthreads, Ended: o.exited,
		Namespaces: o.nsChanges, Gap: c.model.Missed(), User: c.names(a.user),
	}
	if !o.long && o.output == "text" {
		v.Width = a.width()
	}
	if a.outTTY {
		v.Marked = ancestry(c.model, c.self)
	}
	return v
}

func (o *treeOptions) print(w io.Writer, roots []*report.Node, v forest.Options) error {
	switch o.output {
	case "json":
		_, err := w.Write(ndjson.AppendTree(nil, roots))
		return err
	case "dot":
		return forest.Dot(w, roots, v)
	case "mermaid":
		return forest.Mermaid(w, roots, v)
	}
	return forest.Text(w, roots, v)
}
