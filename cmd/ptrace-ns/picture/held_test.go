package picture_test

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/picture"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// A PID namespace in which no process lives is shown below that of the process whose
// children are to be born there, until it has a PID 1, and not again when that is gone.
func TestHeldNamespace(t *testing.T) {
	s := pod(t)
	holder := of(80, 70, 0, 5, "")
	holder.NS.PID, holder.NS.PIDForChildren = host.Inum, 3
	s.put(&events.Event{Kind: events.Exec, Process: holder, Exec: &events.ExecDetail{}})
	below := func() int {
		t.Helper()
		all := picture.Namespaces(s.Model, s.now)
		if len(all) != 1 {
			t.Fatalf("%d namespaces are the outermost", len(all))
		}
		for _, ns := range all[0].Children {
			if ns.Info.ID.Inum != 3 {
				continue
			}
			if ns.Info.Level != 1 || ns.Info.Parent != host {
				t.Errorf("it is %+v", ns.Info)
			}
			return len(ns.Holders)
		}
		return -1
	}
	if n := below(); n != 1 {
		t.Errorf("before the first fork it has %d holders, want 1", n)
	}
	init := of(81, 80, 0, 5, "")
	init.Chain = append(init.Chain, events.PIDEntry{NS: events.NSID{Inum: 3}, PID: 1})
	init.NSInit = true
	s.put(forked(init, 0))
	if n := below(); n != 0 {
		t.Errorf("with a PID 1 it has %d holders, want none, and to be there", n)
	}
	s.put(exited(init))
	if n := below(); n != -1 {
		t.Errorf("when it is over it has %d holders, want it not to be there", n)
	}
}
