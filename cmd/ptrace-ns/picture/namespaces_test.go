package picture_test

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/picture"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// One that is over is shown when asked for, with what nobody saw of its end: of a member
// whose parent is outside no record tells whether it was reaped.
func TestNamespacesEver(t *testing.T) {
	for _, looks := range []bool{false, true} {
		s := pod(t)
		if looks {
			s.Looks()
		}
		if all := picture.NamespacesEver(s.Model, s.now); len(all) != 1 || len(all[0].Children) != 1 || all[0].Children[0].Over {
			t.Fatalf("while it lives: %d, want the host's and one that is not over", len(all))
		}
		init, member := of(76, 70, 1, 6, "pause"), of(77, 70, 2, 7, "app")
		s.put(exited(member), exited(init))
		end := s.now
		if looks {
			if err := s.SawLeft(init.Key, true, s.now, func(*events.Event) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
		s.now += 500
		if all := picture.Namespaces(s.Model, s.now); len(all) != 1 || len(all[0].Children) != 0 {
			t.Fatalf("it is shown though nothing lives in it and nobody asked for it: %v", all)
		}
		all := picture.NamespacesEver(s.Model, s.now)
		if len(all) != 1 || len(all[0].Children) != 1 {
			t.Fatalf("%d namespaces", len(all))
		}
		unsure := 1
		if looks {
			unsure = 0
		}
		ns := all[0].Children[0]
		if !ns.Over || ns.EndNS != end || ns.Unsure != unsure || ns.InitExit == nil || ns.Init.Key != init.Key {
			t.Errorf("looks %t: %+v", looks, ns)
		}
	}
}

// The birth of a namespace is known where it was seen.
func TestNamespaceBorn(t *testing.T) {
	s := pod(t)
	birth := forked(of(90, 1, 1, 6, "web"), 0x20000000)
	birth.Process.Chain[1].NS.Inum = 3
	s.put(birth)
	p, ok := s.Process(birth.Process.Key)
	if !ok {
		t.Fatal("its PID 1 is not known")
	}
	found := picture.NamespacesOf(s.Model, s.now, func(q *tree.Process) bool { return p == q })
	if len(found) != 1 || len(found[0].Children) != 1 || found[0].Children[0].BornNS != birth.BootNS {
		t.Errorf("got %+v, want its birth at %d", found, birth.BootNS)
	}
}
