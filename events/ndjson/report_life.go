package ndjson

import (
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// AppendLife appends the document of the command lineage: one object.
func AppendLife(b []byte, l *report.Life) []byte {
	e := encoder{b: b}
	outer := e.begin()
	e.node(&l.Node)
	if l.Killer != nil {
		e.killer(l.Killer)
	}
	if l.Birth != nil {
		e.birth(l.Birth)
	}
	e.text("birth_unseen", string(l.Unborn))
	e.ancestors(l.Ancestors)
	e.images(l.Images)
	e.place(l)
	if l.Pidns != nil {
		o := e.open("namespace")
		e.namespace(l.Pidns)
		e.close(o)
	}
	e.refs("children", l.Children)
	e.texts("unknown", l.Unknown)
	if l.Events != nil {
		e.array("events")
		for _, line := range l.Events {
			e.next()
			e.b = append(e.b, line...)
		}
		e.endArray()
	}
	e.close(outer)
	return append(e.b, '\n')
}

// place writes how a process stands to the namespaces of others.
func (e *encoder) place(l *report.Life) {
	if d := l.Entered; d != nil {
		o := e.open("entered")
		e.ref("creator", d.Creator)
		if d.Setns {
			e.string("via", "setns")
		}
		e.close(o)
	}
	if d := l.Apart; d != nil {
		o := e.open("apart")
		e.ref("parent", d.Parent)
		e.texts("names", d.Names)
		e.ref("init", d.Shared)
		e.close(o)
	}
	if len(l.Moves) > 0 {
		e.moves(l.Moves)
	}
	e.known("moved_before", uint64(max(l.MovesBefore, 0)))
	e.known("moved_by_threads", uint64(max(l.ThreadMoves, 0)))
	e.known("children_pidns", uint64(l.ChildrenPidns))
	if len(l.ThreadsApart) > 0 {
		e.threadsApart(l.ThreadsApart)
	}
	if d := l.Reaping; d != nil {
		o := e.open("subreaper")
		e.known("after_ns", d.AfterNS)
		e.uint("boot_ns", d.FromNS)
		e.flag("called", d.BeganCall)
		e.known("until_ns", d.UntilNS)
		e.flag("until_called", d.EndedCall)
		e.close(o)
	}
}

// threadsApart writes the threads whose children are born elsewhere.
func (e *encoder) threadsApart(all []report.ThreadApart) {
	e.array("threads_apart")
	for _, a := range all {
		outer := e.open("")
		e.int("tid", int64(a.TID))
		e.uint("children_pidns", uint64(a.Pidns))
		e.text("call", a.Call)
		e.uint("boot_ns", a.At.BootNS)
		e.ref("child", a.At.Child)
		e.close(outer)
	}
	e.endArray()
}

// moves writes the changes of namespaces that a process brought about in itself.
func (e *encoder) moves(all []report.Move) {
	e.array("moved")
	for _, mv := range all {
		outer := e.open("")
		e.text("call", mv.Call)
		if mv.Flags != 0 {
			e.flags("flags", mv.Flags)
		}
		e.known("after_ns", mv.After.BootNS)
		e.uint("boot_ns", mv.At.BootNS)
		e.string("seen_by", mv.At.Kind.String())
		e.ref("child", mv.At.Child)
		e.array("changes")
		for _, c := range mv.Changes {
			o := e.open("")
			e.string("name", c.Name)
			e.uint("from", uint64(c.From))
			e.uint("to", uint64(c.To))
			e.close(o)
		}
		e.endArray()
		e.close(outer)
	}
	e.endArray()
}

func (e *encoder) birth(d *report.Birth) {
	outer := e.open("birth")
	e.uint("boot_ns", d.BootNS)
	e.ref("creator", d.Creator)
	if d.CreatorTID != d.Creator.Key.PID {
		e.known("creator_tid", uint64(max(d.CreatorTID, 0)))
	}
	e.ref("parent", d.Parent)
	e.flags("clone_flags", d.Flags)
	e.close(outer)
}

func (e *encoder) ancestors(all []report.Ancestor) {
	e.array("ancestors")
	for _, a := range all {
		outer := e.open("")
		e.key(a.Key)
		e.string("comm", a.Comm)
		e.text("role", a.Role)
		if a.Container != nil {
			e.container("container", a.Container)
		}
		e.close(outer)
	}
	e.endArray()
}

func (e *encoder) images(all []report.Image) {
	e.array("images")
	for _, i := range all {
		outer := e.open("")
		e.known("boot_ns", i.BootNS)
		e.image(&events.Process{Exe: i.Exe, Args: i.Args})
		e.text("filename", i.Filename)
		e.text("interpreter", i.Interpreter)
		e.known("old_tid", uint64(max(i.OldTID, 0)))
		e.close(outer)
	}
	e.endArray()
}
