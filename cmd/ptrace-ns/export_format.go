package main

import (
	"errors"
	"io"
	"maps"
	"slices"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/picture"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/chrome"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/csv"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/ecs"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/otel"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/perfetto"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/svg"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/forest"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/phases"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// format is one that export writes.
type format struct {
	binary bool // not for a terminal
	graph  bool
	open   func(*exportOptions, io.Writer, *events.Header) exporter
}

var formats = map[string]format{
	"perfetto":  {binary: true, open: opens(perfetto.New)},
	"chrome":    {open: opens(chrome.New)},
	"csv":       {open: opens(csv.New)},
	"ecs":       {open: opens(ecs.New)},
	"otel-json": {open: opens(otel.New)},
	"svg":       {open: openDrawing},
	"dot":       {graph: true, open: openGraph},
	"mermaid":   {graph: true, open: openGraph},
}

func formatNames() []string { return slices.Sorted(maps.Keys(formats)) }

// opens fits the constructor of a view that needs no options.
func opens[E exporter](open func(io.Writer, *events.Header) E) func(*exportOptions, io.Writer, *events.Header) exporter {
	return func(_ *exportOptions, w io.Writer, h *events.Header) exporter { return open(w, h) }
}

// graphed is a sink that draws what the model has at the end of a recording.
type graphed struct {
	o     *exportOptions
	w     io.Writer
	model *tree.Model
	nowNS uint64
}

func openGraph(o *exportOptions, w io.Writer, h *events.Header) exporter {
	return &graphed{o: o, w: w, model: tree.New(tree.Options{Keep: keptForTree}), nowNS: h.StartNS}
}

func (g *graphed) Put(ev *events.Event) error {
	g.model.Recall(ev)
	g.nowNS = max(g.nowNS, ev.BootNS)
	return nil
}

func (g *graphed) Flush() error { return nil }

// Finish draws those that have ended, too: in a recording most have.
func (g *graphed) Finish() error {
	v := forest.Options{Ended: true}
	if g.o.graph == "namespaces" {
		all := picture.NamespacesOf(g.model, g.nowNS, func(*tree.Process) bool { return true })
		if g.o.format == "dot" {
			return forest.DotNamespaces(g.w, all, v)
		}
		return forest.MermaidNamespaces(g.w, all, v)
	}
	all := picture.Forest(g.model, picture.Selection{Ended: true})
	if g.o.format == "dot" {
		return forest.Dot(g.w, all, v)
	}
	return forest.Mermaid(g.w, all, v)
}

// drawn is a sink that draws the starts and ends of a recording, or where no container
// is in it the lives of its processes.
type drawn struct {
	*phases.Recorder
	lives  graphed
	fromNS uint64
	tracer int32
}

func openDrawing(o *exportOptions, w io.Writer, h *events.Header) exporter {
	lives := graphed{o: o, w: w, model: tree.New(tree.Options{Keep: keptForTree}), nowNS: h.StartNS}
	return &drawn{Recorder: phases.New(), lives: lives, fromNS: h.StartNS, tracer: int32(h.TracerPID)}
}

// Put takes an event for both.
func (d *drawn) Put(ev *events.Event) error { return first(d.lives.Put(ev), d.Recorder.Put(ev)) }

// Finish draws the container that was asked for; without a word all of which something
// but their presence is known. Where nothing happened, the error is that of timeline.
func (d *drawn) Finish() error {
	o, w := d.lives.o, d.lives.w
	all := &starts{all: d.Timelines(), fruitless: d.Fruitless(), hidden: d.Hidden(), tracer: d.tracer}
	if o.container == "" {
		told := slices.DeleteFunc(slices.Clone(all.all), func(t *report.Timeline) bool { return len(t.Phases) == 0 })
		if len(told) > 0 {
			return svg.Write(w, told)
		}
		roots := picture.Forest(d.lives.model, picture.Selection{Ended: true})
		if done, err := svg.WriteLives(w, roots, svg.Span{FromNS: d.fromNS, ToNS: d.lives.nowNS}); done || err != nil {
			return err
		}
	}
	one, several, err := all.choose(o.container)
	if errors.Is(err, errSeveral) {
		return svg.Write(w, several)
	}
	if err != nil {
		return err
	}
	return svg.Write(w, []*report.Timeline{one})
}
