package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// exportOptions is what the flags of export say.
type exportOptions struct {
	path, container       string
	format, graph, output string
	replace               bool
}

const exportLong = `Export writes a recording in the format of another program:

  perfetto   a trace for ui.perfetto.dev and trace_processor
  chrome     trace events in JSON, for chrome://tracing, Perfetto, speedscope
  dot        a graph for Graphviz: the processes, or with --graph the PID namespaces
  mermaid    the same graph for Mermaid
  svg        a picture of each container's start and end, or of CONTAINER's; of a
             recording without one, the lives of its processes
  csv        one event a row
  ecs        one event a line in the shape of the Elastic Common Schema
  otel-json  a span for each process, as OTLP's JSON

FILE is what record or watch -w wrote, or a stream of watch -o json; - is standard
input. To export a part, let replay -w write that part first. What each format has, and
what it has no place for, is in docs/export.md.

Whatever a process chose (names, arguments, paths) is escaped by the rules of the
format. A file that is made can be read by its owner alone: command lines are in it.`

const exportExample = `  ptrace-ns export start.zst --format perfetto -o start.pftrace
  ptrace-ns export start.zst --format svg web >start.svg
  ptrace-ns export start.zst --format dot --graph namespaces | dot -Tsvg >namespaces.svg
  ptrace-ns replay -q -e exec,exit -w some.zst start.zst && ptrace-ns export some.zst --format csv`

func newExport(a *app) *cobra.Command {
	o := &exportOptions{}
	cmd := &cobra.Command{
		Use:     "export FILE [CONTAINER] --format FORMAT",
		Short:   "Write a recording in another program's format",
		Long:    exportLong,
		Example: exportExample,
		Args: func(cmd *cobra.Command, args []string) error {
			rest, err := takeRecording(cmd, args, &o.path)
			if err != nil {
				return err
			}
			return takeContainer(cmd, rest, &o.container)
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := refuseEmpty(cmd.Flags()); err != nil {
				return err
			}
			if err := o.check(a, cmd.Flags().Changed("graph")); err != nil {
				return err
			}
			return o.run(cmd.Context(), a)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.format, "format", "", "write `FORMAT`: "+list(formatNames()))
	f.StringVar(&o.graph, "graph", "tree", "with dot and mermaid: draw the `GRAPH` tree or namespaces")
	f.StringVarP(&o.output, "output", "o", "-", "write to the new `FILE`, - for standard output")
	f.BoolVar(&o.replace, "force", false, "replace the file, once the new one is whole")
	complete(cmd, "format", formatNames()...)
	complete(cmd, "graph", "tree", "namespaces")
	return cmd
}

// list names several: "a, b or c".
func list(all []string) string {
	last := len(all) - 1
	return strings.Join(all[:last], ", ") + " or " + all[last]
}

func (o *exportOptions) check(a *app, graphed bool) error {
	f, known := formats[o.format]
	switch {
	case o.format == "":
		return usageError("--format is missing: there are %s", list(formatNames()))
	case !known:
		return usageError("format %q is unknown; there are %s", o.format, list(formatNames()))
	case graphed && !f.graph:
		return usageError("--graph is for dot and mermaid")
	case !slices.Contains([]string{"tree", "namespaces"}, o.graph):
		return usageError("graph %q is unknown; there are tree and namespaces", o.graph)
	case o.container != "" && o.format != "svg":
		return usageError("CONTAINER %s does not go with --format %s: it is for svg", safe.String(o.container), o.format)
	case o.output == "-" && o.replace:
		return usageError("--force needs -o FILE")
	case o.output == "-" && f.binary && a.outTTY:
		return usageError("%s is not for a terminal: -o FILE says where to write it", o.format)
	}
	return nil
}

// exportBuffer is what is written at once.
const exportBuffer = 1 << 20

// run reads the recording and writes what was asked for. A recording that is damaged
// gives what is whole in it.
func (o *exportOptions) run(ctx context.Context, a *app) (err error) {
	ctx, stop := interruptible(ctx)
	defer stop()
	p, err := a.openRecording(ctx, o.path, false)
	if err != nil {
		return err
	}
	defer func() { err = first(err, p.file.Close()) }()
	if o.output == "-" {
		out := bufio.NewWriterSize(a.out, exportBuffer)
		err = o.export(ctx, p, out)
		return first(ended(first(err, out.Flush())), o.left(a, p))
	}
	f, err := recording.CreateFile(o.output, recording.FileOptions{Replace: o.replace, Owner: a.owner()})
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("export: %w; --force replaces it", err)
	}
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	out := bufio.NewWriterSize(f, exportBuffer)
	if err := first(o.export(ctx, p, out), out.Flush()); err != nil {
		return errors.Join(fmt.Errorf("export: %w", err), f.Discard())
	}
	return first(f.Close(), o.left(a, p))
}

// exporter is a sink that writes something more when the events are over.
type exporter interface {
	events.Sink
	Finish() error
}

func (o *exportOptions) export(ctx context.Context, p *playback, w io.Writer) error {
	to := formats[o.format].open(o, w, p.reader.Header())
	if err := p.run(ctx, p, to); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("reading was interrupted, and what is written is not whole: %w", ctx.Err())
	}
	if p.bar != nil {
		p.bar.Hide()
	}
	if err := to.Finish(); err != nil {
		return errors.Join(err, p.damage) // what is missing may be behind the damage
	}
	return nil
}

// left tells what of the recording could not be read.
func (o *exportOptions) left(a *app, p *playback) error {
	if text := passedOver(p.reader.Skipped()); text != "" {
		a.log.Warn().Msg("a newer program wrote this recording; passed over: " + text)
	}
	return p.damage
}
