package tree

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// A newborn tells the namespaces of the one who made it, but for those that were made
// for it: unshare and setns leave no record of their own.
func TestNamespacesOfTheCreator(t *testing.T) {
	k := newKernel(true)
	a := k.fork(k.init, 0)
	k.log[len(k.log)-1].Process.NS = events.Namespaces{PID: 1, Mnt: 10, Net: 11, UTS: 12, IPC: 13, User: 14, Cgroup: 15, Time: 16}
	b := k.fork(a, 0)
	born := k.log[len(k.log)-1]
	born.Process.Full = true
	born.Process.NS = events.Namespaces{PID: 1, Mnt: 20, Net: 21, UTS: 22, IPC: 23, User: 24, Cgroup: 25, Time: 26}
	born.Fork.Flags = cloneNewNet | cloneNewUser
	m, _ := fold(t, k.log)
	p, ok := m.Process(a.key)
	if !ok {
		t.Fatal("the creator is not known")
	}
	want := events.Namespaces{PID: 1, Mnt: 20, Net: 11, UTS: 22, IPC: 23, User: 14, Cgroup: 25, Time: 16}
	if p.NS() != want {
		t.Errorf("creator's namespaces are %+v, want %+v", p.NS(), want)
	}
	if c, ok := m.Process(b.key); !ok || c.NS() != born.Process.NS {
		t.Errorf("the newborn's are %+v", c.NS())
	}

	// Another thread's namespaces need not be its process's.
	k.fork(a, 0)
	other := k.log[len(k.log)-1]
	other.Process.Full, other.Process.NS, other.Fork.CreatorTID = true, events.Namespaces{PID: 1, Mnt: 30}, a.key.PID+1
	apply(t, m, k.log[len(k.log)-1:])
	if p.NS() != want {
		t.Errorf("a thread's child makes them %+v", p.NS())
	}
}
