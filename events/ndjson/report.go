package ndjson

import (
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// AppendTree appends the document of the command tree: an array of nodes.
func AppendTree(b []byte, roots []*report.Node) []byte {
	e := encoder{b: b}
	e.nodes(roots)
	return append(e.b, '\n')
}

// AppendNamespaces appends the document of the command namespaces: an array.
func AppendNamespaces(b []byte, roots []*report.Namespace) []byte {
	e := encoder{b: b}
	e.namespaceList(roots)
	return append(e.b, '\n')
}

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

func (e *encoder) nodes(all []*report.Node) {
	e.b = append(e.b, '[')
	for _, n := range all {
		outer := e.open("")
		e.node(n)
		e.name("children")
		e.nodes(n.Children)
		e.close(outer)
	}
	e.endArray()
}

// node writes what a node and a life have in common.
func (e *encoder) node(n *report.Node) {
	if len(n.Process.Chain) > 0 {
		e.process(&n.Process)
	} else {
		e.ref("process", n.Process.Ref())
	}
	e.string("state", string(n.State))
	e.text("parent_certainty", string(n.Certainty))
	if n.Exit != nil {
		e.status("exit", *n.Exit)
	}
	e.known("lifetime_ns", n.LifetimeNS)
	if len(n.Reparented) > 0 {
		e.array("reparented")
		for i := range n.Reparented {
			outer := e.open("")
			e.reparent(&n.Reparented[i].ReparentDetail)
			e.known("boot_ns", n.Reparented[i].BootNS)
			e.known("ended_ns", n.Reparented[i].EndNS)
			e.known("after_ns", n.Reparented[i].AfterNS)
			e.close(outer)
		}
		e.endArray()
	}
	e.known("reparented_before", uint64(max(n.ReparentedBefore, 0)))
	if len(n.Threads) > 0 {
		e.threads(n.Threads)
	}
}

func (e *encoder) threads(all []report.Thread) {
	e.array("threads")
	for _, t := range all {
		outer := e.open("")
		e.int("tid", int64(t.TID))
		e.string("comm", t.Comm)
		e.array("tids")
		for _, n := range t.PIDs {
			e.next()
			e.b = strconv.AppendInt(e.b, int64(n), 10)
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

func (e *encoder) namespaceList(all []*report.Namespace) {
	e.b = append(e.b, '[')
	for _, ns := range all {
		outer := e.open("")
		e.namespace(ns)
		e.name("children")
		e.namespaceList(ns.Children)
		e.close(outer)
	}
	e.endArray()
}

func (e *encoder) namespace(ns *report.Namespace) {
	e.nsInfo(ns.Info)
	if !ns.Init.IsZero() {
		outer := e.open("init")
		e.key(ns.Init.Key)
		e.string("comm", ns.Init.Comm)
		e.chain(ns.Chain)
		if ns.HasUID {
			e.uint("uid", uint64(ns.UID))
		}
		e.image(&events.Process{Exe: ns.Exe, Args: ns.Args})
		e.close(outer)
	}
	e.ref("creator", ns.Creator)
	e.text("via", ns.Via)
	if ns.Container != nil {
		e.container("container", ns.Container)
	}
	if n := len(ns.Containers); n > 1 || n == 1 && ns.Container == nil {
		e.array("containers")
		for _, c := range ns.Containers {
			e.container("", c)
		}
		e.endArray()
	}
	e.int("members", int64(ns.Members))
	e.int("visible", int64(ns.Visible))
	e.known("unreaped", uint64(max(ns.Unreaped, 0)))
	e.known("born_ns", ns.BornNS)
	e.known("age_ns", ns.AgeNS)
	e.flag("over", ns.Over)
	e.known("over_since_ns", ns.EndNS)
	e.known("unsure", uint64(max(ns.Unsure, 0)))
	e.flag("dying", ns.Dying)
	e.known("dying_since_ns", ns.DyingNS)
	if ns.InitExit != nil {
		e.status("exit", *ns.InitExit)
	}
	if len(ns.Killed) > 0 {
		e.refs("survivors_killed", ns.Killed)
	}
	e.known("reap_ns", ns.ReapNS)
	if len(ns.Holders) > 0 {
		e.refs("holders", ns.Holders)
	}
	e.flag("init_waits", ns.InitWaits)
	if len(ns.WaitingFor) > 0 {
		e.array("waiting_for")
		for _, w := range ns.WaitingFor {
			e.awaited(w.Process, w.Parent, w.Zombie)
		}
		e.endArray()
	}
}
