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
