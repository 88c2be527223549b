package ndjson

import (
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// AppendTimeline appends the document of the command timeline: one object. The wall
// clock is bootTimeNS, the header's, plus each phase's time.
func AppendTimeline(b []byte, t *report.Timeline, bootTimeNS int64) []byte {
	e := encoder{b: b}
	outer := e.begin()
	e.timeline(t, bootTimeNS)
	e.close(outer)
	return append(e.b, '\n')
}

// AppendTimelines appends what the command timeline prints where there are several
// containers and none was chosen: one object that has them all.
func AppendTimelines(b []byte, all []*report.Timeline, bootTimeNS int64) []byte {
	e := encoder{b: b}
	outer := e.begin()
	e.array("timelines")
	for _, t := range all {
		one := e.open("")
		e.timeline(t, bootTimeNS)
		e.close(one)
	}
	e.endArray()
	e.close(outer)
	return append(e.b, '\n')
}

// AppendDifference appends the document of the command diff: one object.
func AppendDifference(b []byte, d *report.Difference) []byte {
	e := encoder{b: b}
	outer := e.begin()
	e.bool("same", d.Same())
	e.int("compared", int64(d.Compared))
	e.side("a", d.A)
	e.side("b", d.B)
	e.changes("changes", d.Changes)
	e.changes("unknown", d.Unknown)
	e.array("timings")
	for _, t := range d.Timings {
		one := e.open("")
		e.string("phase", t.Phase)
		e.uint("a_ns", t.ANS)
		e.uint("b_ns", t.BNS)
		if t.ANS != 0 {
			e.name("ratio")
			e.b = strconv.AppendFloat(e.b, t.Ratio(), 'f', 3, 64)
		}
		e.close(one)
	}
	e.endArray()
	e.close(outer)
	return append(e.b, '\n')
}

// AppendAccount appends the document of the command explain: one object.
func AppendAccount(b []byte, a *report.Account, bootTimeNS int64) []byte {
	e := encoder{b: b}
	outer := e.begin()
	e.array("sentences")
	for _, s := range a.Sentences {
		one := e.open("")
		e.string("about", s.About)
		e.string("text", s.Text)
		e.close(one)
	}
	e.endArray()
	e.texts("unknown", a.Unknown)
	one := e.open("timeline")
	e.timeline(a.Timeline, bootTimeNS)
	e.close(one)
	e.close(outer)
	return append(e.b, '\n')
}

func (e *encoder) side(name string, t *report.Timeline) {
	outer := e.open(name)
	e.string("id", t.ID)
	e.text("runtime", t.Runtime)
	if t.BeganNS != 0 && t.RunsNS > t.BeganNS {
		e.uint("start_ns", t.RunsNS-t.BeganNS)
	}
	e.close(outer)
}

func (e *encoder) changes(name string, all []report.Change) {
	e.array(name)
	for _, c := range all {
		one := e.open("")
		e.text("phase", c.Phase)
		e.string("what", c.What)
		e.text("a", c.A)
		e.text("b", c.B)
		e.close(one)
	}
	e.endArray()
}

func (e *encoder) timeline(t *report.Timeline, boot int64) {
	e.string("id", t.ID)
	e.text("runtime", t.Runtime)
	e.text("genealogy", t.Genealogy)
	e.container("container", t.Container)
	e.nsInfo(t.Pidns)
	e.flag("shared", t.Shared)
	init := e.open("init")
	e.key(t.Init.Key)
	e.string("comm", t.Init.Comm)
	e.chain(t.Chain)
	e.image(&events.Process{Args: t.Args})
	e.close(init)
	if len(t.Namespaces) > 0 {
		e.texts("namespaces", t.Namespaces)
	}
	if len(t.Joined) > 0 {
		e.texts("joined", t.Joined)
	}
	e.ref("creator", t.Creator)
	e.ref("parent", t.Parent)
	if t.Adopted != nil {
		outer := e.open("reparent")
		e.reparent(t.Adopted)
		e.close(outer)
	}
	e.known("began_ns", t.BeganNS)
	e.known("runs_ns", t.RunsNS)
	e.flag("never_ran", t.NeverRan)
	e.known("seen_ns", t.SeenNS)
	if len(t.Above) > 0 {
		e.array("above")
		for _, a := range t.Above {
			e.ref("", a.Ref)
		}
		e.endArray()
	}
	e.known("ended_ns", t.EndedNS)
	if t.Exit != nil {
		e.status("exit", *t.Exit)
	}
	if t.Killer != nil {
		e.killer(t.Killer)
	}
	e.refs("reaped", t.Reaped)
	e.bool("gone", t.Gone)
	e.array("phases")
	for i := range t.Phases {
		e.phase(&t.Phases[i], boot)
	}
	e.endArray()
	e.array("absent")
	for _, a := range t.Absent {
		outer := e.open("")
		e.string("phase", a.Phase)
		e.string("why", a.Why)
		e.close(outer)
	}
	e.endArray()
}

func (e *encoder) phase(f *report.Phase, boot int64) {
	outer := e.open("")
	e.string("phase", f.Name)
	e.string("section", string(f.Section))
	e.string("part", f.Part)
	e.time("time", boot+int64(f.BeginNS))
	e.uint("begin_ns", f.BeginNS)
	switch {
	case f.Moment:
		e.bool("moment", true)
	case f.EndNS != 0:
		e.uint("end_ns", f.EndNS)
		e.uint("duration_ns", f.EndNS-f.BeginNS)
	}
	e.uint("seq", f.Seq)
	e.ref("process", f.Process)
	e.text("program", f.Program)
	e.image(&events.Process{Args: f.Args})
	e.ref("parent", f.Parent)
	e.ref("creator", f.Creator)
	e.text("link", f.Link)
	e.phaseDetails(f)
	e.close(outer)
}

func (e *encoder) phaseDetails(f *report.Phase) {
	if f.Reparent != nil {
		outer := e.open("reparent")
		e.reparent(f.Reparent)
		e.close(outer)
	}
	if f.Flags != 0 {
		e.flags("flags", f.Flags)
	}
	e.text("via", f.Via)
	e.text("cgroup", f.Cgroup)
	e.text("new_root", f.NewRoot)
	if f.Sends != 0 {
		e.signalName("signal", f.Sends)
	}
	if d := f.Signal; d != nil {
		e.signalName("signal", d.Signal)
		e.ref("sender", d.Sender)
		e.origin(d.Origin)
		e.string("result", d.Result.String())
	}
	if f.Exit != nil {
		e.status("exit", *f.Exit)
	}
	if f.Killer != nil {
		e.killer(f.Killer)
	}
	e.known("count", uint64(max(f.Count, 0)))
}
