package tree

import (
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

func webIn(source string) *events.Container {
	return &events.Container{ID: "web", Runtime: "docker", Source: source}
}

// life applies events about processes that are given by their parents' PIDs.
type life struct {
	t    *testing.T
	m    *Model
	told []events.Event
	now  uint64
}

func (l *life) put(kind events.Kind, pid, parent int32, change func(*events.Event)) {
	l.t.Helper()
	l.now++
	ev := &events.Event{Kind: kind, BootNS: 1000 + l.now}
	ev.Process = events.Process{
		Key: key(pid), TID: pid, Parent: events.Ref{Key: key(parent)}, Full: true, Comm: "p",
		Chain: events.PIDChain{{NS: events.NSID{Inum: 1}, PID: pid}},
	}
	if kind == events.Fork {
		ev.Fork = &events.ForkDetail{Creator: ev.Process.Parent}
	}
	if kind == events.Exec {
		ev.Exec = &events.ExecDetail{}
	}
	if change != nil {
		change(ev)
	}
	if err := l.m.Apply(ev, func(ev *events.Event) error { l.told = append(l.told, *ev.Clone()); return nil }); err != nil {
		l.t.Fatal(err)
	}
}

func key(pid int32) events.ProcKey { return events.ProcKey{PID: pid, Start: uint64(pid)} }

func (l *life) role(pid int32) string {
	p, ok := l.m.Process(key(pid))
	if !ok {
		l.t.Fatalf("process %d is not known", pid)
	}
	d := p.Describe()
	return d.Role
}

func program(role string) func(*events.Event) {
	return func(ev *events.Event) { ev.Process.Role = role }
}

func contained(ev *events.Event) { ev.Process.Container = webIn("cgroup"); ev.Process.Cgroup.ID = 7 }

// TestRoles: the stages of a runtime are the runtime, a container's first own program
// is its init, what a runtime puts in later is an exec, and their children are neither.
func TestRoles(t *testing.T) {
	l := &life{t: t, m: New(Options{})}
	l.put(events.Snapshot, 1, 0, nil)
	l.put(events.Snapshot, 2, 1, program("shim"))
	l.put(events.SnapshotEnd, 0, 0, nil)
	l.put(events.Fork, 10, 2, nil)
	l.put(events.Exec, 10, 2, program("runtime"))
	l.put(events.Fork, 11, 10, contained)
	equalRole(t, l, 11, "runtime")
	l.put(events.Exec, 11, 10, contained)
	equalRole(t, l, 11, "init")
	l.put(events.Fork, 12, 11, contained)
	l.put(events.Exec, 12, 11, contained)
	equalRole(t, l, 12, "")
	l.put(events.Fork, 20, 2, nil)
	l.put(events.Exec, 20, 2, program("runtime"))
	l.put(events.Fork, 21, 20, contained)
	l.put(events.Exec, 21, 20, contained)
	equalRole(t, l, 21, "exec")
	l.put(events.Exec, 21, 20, contained)
	equalRole(t, l, 21, "exec")
	l.put(events.Fork, 22, 21, contained)
	equalRole(t, l, 22, "")
	// One that came in on its own, as by a write to cgroup.procs.
	l.put(events.Fork, 30, 1, nil)
	l.put(events.Exec, 30, 1, contained)
	equalRole(t, l, 30, "")
	// A program's own role is said before its place.
	l.put(events.Exec, 21, 20, func(ev *events.Event) { contained(ev); ev.Process.Role = "daemon" })
	equalRole(t, l, 21, "daemon")
	for _, ev := range l.told {
		if ev.Kind == events.Exec && ev.Process.Key.PID == 11 && ev.Process.Role != "init" {
			t.Errorf("the entrypoint is told as %q, want init", ev.Process.Role)
		}
	}
}

func equalRole(t *testing.T, l *life, pid int32, want string) {
	t.Helper()
	if got := l.role(pid); got != want {
		t.Errorf("process %d: role %q, want %q", pid, got, want)
	}
}

// TestRolesOfASnapshot: in what order the processes are shown does not matter.
func TestRolesOfASnapshot(t *testing.T) {
	for name, order := range map[string][]int32{"by age": {1, 2, 11, 12, 21}, "backwards": {21, 12, 11, 2, 1}} {
		t.Run(name, func(t *testing.T) {
			l := &life{t: t, m: New(Options{})}
			parents := map[int32]int32{1: 0, 2: 1, 11: 2, 12: 11, 21: 2}
			for _, pid := range order {
				change := contained
				switch pid {
				case 1:
					change = nil
				case 2:
					change = program("shim")
				}
				l.put(events.Snapshot, pid, parents[pid], change)
			}
			l.put(events.SnapshotEnd, 0, 0, nil)
			equalRole(t, l, 2, "shim")
			equalRole(t, l, 12, "")
			equalRole(t, l, 11, "init")
			equalRole(t, l, 21, "exec")
		})
	}
}

// TestContainerKnownLater: what is found out is told, and reaches the processes that are told
// already, those of the same cgroup included, and the container's end.
func TestContainerKnownLater(t *testing.T) {
	l := &life{t: t, m: New(Options{})}
	l.put(events.Snapshot, 1, 0, nil)
	l.put(events.SnapshotEnd, 0, 0, nil)
	l.put(events.Fork, 11, 1, contained)
	l.put(events.Fork, 12, 1, func(ev *events.Event) { ev.Process.Cgroup.ID = 9 })
	before := len(l.told)
	l.put(events.ContainerKnown, 0, 0, func(ev *events.Event) {
		ev.Process = events.Process{Container: &events.Container{ID: "web", Name: "named"}, Cgroup: events.Cgroup{ID: 7}}
	})
	l.put(events.ContainerKnown, 0, 0, func(ev *events.Event) {
		ev.Process = events.Process{Container: &events.Container{ID: "box"}, Cgroup: events.Cgroup{ID: 9}}
	})
	l.put(events.ContainerKnown, 0, 0, func(ev *events.Event) { // which says nothing new
		ev.Process = events.Process{Container: &events.Container{ID: "box"}, Cgroup: events.Cgroup{ID: 9}}
	})
	l.put(events.ContainerKnown, 0, 0, func(ev *events.Event) { // whom nobody has seen
		ev.Process = events.Process{Container: &events.Container{ID: "other", Name: "named"}, Cgroup: events.Cgroup{ID: 10}}
	})
	if told := l.told[before:]; len(told) != 2 || told[0].Kind != events.ContainerKnown || told[0].Process.Container.Name != "named" ||
		told[1].Process.Container.ID != "box" || told[1].Process.Cgroup.ID != 9 {
		t.Errorf("%d events are told of it, want the two that say something new", len(told))
	}
	for pid, want := range map[int32]events.Container{11: {ID: "web", Name: "named"}, 12: {ID: "box"}, 1: {}} {
		p, _ := l.m.Process(key(pid))
		if got := p.Container; (got == nil) != (want.ID == "") || got != nil && !got.Equal(&want) {
			t.Errorf("process %d: %+v, want %+v", pid, got, want)
		}
	}
}

// TestServantKnownLater: for whom a proxy works turns out after it was called, and is told of
// it from then on; of one that has ended nothing is told.
func TestServantKnownLater(t *testing.T) {
	l := &life{t: t, m: New(Options{})}
	l.put(events.Snapshot, 1, 0, nil)
	l.put(events.SnapshotEnd, 0, 0, nil)
	l.put(events.Fork, 11, 1, nil)
	l.put(events.Exec, 11, 1, program("proxy"))
	web := &events.Container{ID: "web", Name: "named"}
	known := func(ev *events.Event) {
		ev.Process, ev.Servant = events.Process{Container: web}, events.Ref{Key: key(11)}
	}
	before := len(l.told)
	l.put(events.ContainerKnown, 0, 0, known)
	l.put(events.ContainerKnown, 0, 0, known) // which says nothing new
	l.put(events.Exit, 11, 1, nil)
	l.put(events.ContainerKnown, 0, 0, known)
	told := l.told[before:]
	if len(told) != 2 || told[0].Kind != events.ContainerKnown || told[0].Servant.Key != key(11) || told[1].Kind != events.Exit {
		t.Fatalf("%d events are told, want what turned out, once, and the end", len(told))
	}
	if at := told[1].Process; at.Role != "proxy" || !at.Serves.Equal(web) {
		t.Errorf("at its end a %q of %+v, want a proxy of web", at.Role, at.Serves)
	}
}

// TestContainerKnownBeforeItsStart: what is found out between the birth of a container's
// init and its entrypoint keeps nobody from hearing of the start, also where the runtime
// has a name that nobody knows.
func TestContainerKnownBeforeItsStart(t *testing.T) {
	l := &life{t: t, m: New(Options{})}
	l.put(events.Snapshot, 1, 0, nil)
	l.put(events.SnapshotEnd, 0, 0, nil)
	l.put(events.Exec, 1, 0, program("memfd:crun_clone"))
	l.put(events.Fork, 11, 1, contained)
	l.put(events.ContainerKnown, 0, 0, func(ev *events.Event) {
		ev.Process = events.Process{Container: &events.Container{ID: "web", Name: "named"}, Cgroup: events.Cgroup{ID: 7}}
	})
	l.put(events.Exec, 11, 1, contained)
	var started []events.ProcKey
	for _, ev := range l.told {
		if ev.Kind == events.ContainerStart {
			started = append(started, ev.Process.Key)
		}
	}
	if !slices.Equal(started, []events.ProcKey{key(11)}) {
		t.Errorf("told to have started: %v, want 11 alone", started)
	}
}
