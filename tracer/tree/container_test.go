package tree

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// contain moves a process into the container's cgroup.
func (k *kernel) contain(p *task, id string) {
	c := &events.Container{ID: id, Runtime: "docker", Source: "cgroup"}
	to := events.Cgroup{ID: 7, Path: "/docker/" + id}
	e := k.emit(events.CgroupMove, p)
	e.Cgroup, e.Process.Cgroup, e.Process.Container, e.Process.Full = &events.CgroupDetail{To: to}, to, c, true
}

func (k *kernel) execIn(p *task, comm, id string) {
	e := k.emit(events.Exec, p)
	e.Exec, e.Process.Comm, e.Process.Full = &events.ExecDetail{Filename: "/" + comm}, comm, true
	if id != "" {
		e.Process.Container = &events.Container{ID: id, Runtime: "docker", Source: "cgroup"}
		e.Process.Cgroup = events.Cgroup{ID: 7, Path: "/docker/" + id}
	}
}

// A container begins with the first exec of who came into it from outside, whatever
// its PID namespace, and ends with that process, once each.
func TestContainerBeginsAndEnds(t *testing.T) {
	for name, flags := range map[string]uint64{"own namespace": cloneNewPID, "the host's": 0} {
		t.Run(name, func(t *testing.T) {
			k := newKernel(true)
			shim := k.fork(k.init, 0)
			init := k.fork(shim, flags)
			k.contain(init, "c1")
			k.execIn(init, "sh", "c1")
			child := k.fork(init, 0)
			k.contain(child, "c1")
			k.execIn(child, "sleep", "c1")
			later := k.fork(shim, 0) // docker exec
			k.contain(later, "c1")
			k.execIn(later, "ps", "c1")
			k.exit(later, events.ExitStatus{})
			k.exit(child, events.ExitStatus{})
			k.exit(init, events.ExitStatus{Code: 3})
			_, told := fold(t, k.log)
			start, end := only(t, told, events.ContainerStart), only(t, told, events.ContainerExit)
			if start.Process.Key != init.key || start.Process.Comm != "sh" || start.Process.Container.ID != "c1" || start.Cause == 0 {
				t.Errorf("started: %+v", start)
			}
			if end.Process.Key != init.key || end.Exit.Status.Code != 3 || end.Process.Container.ID != "c1" || end.Exit.LifetimeNS == 0 {
				t.Errorf("ended: %+v, %+v", end, end.Exit)
			}
		})
	}
}

// What runs before the entrypoint, the runtime itself and its hooks, is not it; and
// a container that ran before is not started again by what is executed in it.
func TestContainerNotBegunTwice(t *testing.T) {
	for _, runtime := range []string{"runc:[2:INIT]", "memfd:runc_clon", "memfd:crun_clon"} {
		k := newKernel(true)
		shim := k.fork(k.init, 0)
		init := k.fork(shim, cloneNewPID)
		k.contain(init, "c1")
		k.execIn(init, runtime, "c1")
		hook := k.fork(init, 0)
		k.contain(hook, "c1")
		k.execIn(hook, "hook", "c1")
		_, told := fold(t, k.log)
		if n := len(of(told, events.ContainerStart)); n != 0 {
			t.Errorf("%s: %d containers started before the entrypoint ran", runtime, n)
		}
	}
}

// A first stage that is in the container's cgroup before it runs as /proc/self/exe is not
// the entrypoint, though the kernel calls it exe until it renames itself.
func TestContainerNotBegunByAStage(t *testing.T) {
	k := newKernel(true)
	shim := k.fork(k.init, 0)
	stage := k.fork(shim, 0)
	k.contain(stage, "c1")
	k.execIn(stage, "exe", "c1")
	k.log[len(k.log)-1].Process.Role = roleRuntime
	init := k.fork(shim, cloneNewPID)
	k.contain(init, "c1")
	k.execIn(init, "sh", "c1")
	_, told := fold(t, k.log)
	if start := only(t, told, events.ContainerStart); start.Process.Key != init.key {
		t.Errorf("started by %+v", start.Process)
	}
}

// TestContainerInitStays: who turns out to be in a container's cgroup too, and was there
// before it, does not take its end from its init, be its name known in time or late.
func TestContainerInitStays(t *testing.T) {
	for name, c := range map[string]struct {
		id     string
		before bool // the container is known before its init executes
		starts int
	}{"in time": {"c1", false, 1}, "early": {"c1", true, 1}, "late": {"", false, 0}} {
		t.Run(name, func(t *testing.T) {
			k := newKernel(true)
			shim, keeper := k.fork(k.init, 0), k.fork(k.init, 0)
			k.contain(keeper, "c1")
			k.log[len(k.log)-1].Process.Container = nil // whose the cgroup is, is not known yet
			k.execIn(keeper, "keeper", "")
			known := func() {
				ev := k.emit(events.ContainerKnown, keeper)
				ev.Process = events.Process{Container: &events.Container{ID: "c1", Runtime: "docker", Source: "state"}, Cgroup: events.Cgroup{ID: 7, Path: "/docker/c1"}}
			}
			init := k.fork(shim, cloneNewPID)
			k.contain(init, "c1")
			k.log[len(k.log)-1].Process.Container = nil
			if c.before {
				known()
			}
			if child := k.fork(keeper, 0); c.id != "" {
				k.contain(child, "c1")
				k.execIn(child, "sleep", "c1")
			}
			k.execIn(init, "sh", c.id)
			if !c.before {
				known()
			}
			k.execIn(keeper, "again", "c1")
			k.exit(init, events.ExitStatus{Code: 3})
			k.exit(keeper, events.ExitStatus{})
			_, told := fold(t, k.log)
			if end := only(t, told, events.ContainerExit); end.Process.Key != init.key {
				t.Errorf("ended by %v, want %v", end.Process.Key, init.key)
			}
			starts := of(told, events.ContainerStart)
			if len(starts) != c.starts {
				t.Fatalf("started %d times, want %d", len(starts), c.starts)
			}
			for _, start := range starts {
				if start.Process.Key != init.key || start.Process.Role != roleInit {
					t.Errorf("started by %v, %s; want %v", start.Process.Key, start.Process.Role, init.key)
				}
			}
		})
	}
}

// TestContainerBegunAhead: a snapshot may find the init in its entrypoint ahead of the record
// of that exec, which begins the container all the same; what it executes else does not, be it
// called like a runtime by then.
func TestContainerBegunAhead(t *testing.T) {
	for name, c := range map[string]struct {
		ahead, later string // what the init was called at the exec that the snapshot has seen, and at another
		starts       int
	}{
		"runc":                                {"runc:[2:INIT]", "sh", 1},
		"crun":                                {"crun", "sh", 1},
		"one that a sealed crun clones":       {"memfd:crun_clon", "sh", 1},
		"the init executes something else":    {"sh", "sh", 0},
		"its later name is that of a runtime": {"sh", "crun", 0},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKernel(true)
			shim := k.fork(k.init, 0)
			init := k.fork(shim, cloneNewPID)
			k.log, init.comm = nil, c.ahead
			inside := func(ev *events.Event) {
				ev.Process.Container = &events.Container{ID: "c1", Runtime: "docker", Source: "cgroup"}
				ev.Process.Cgroup, ev.Process.Full = events.Cgroup{ID: 7, Path: "/docker/c1"}, true
			}
			entry := k.exec(init, "sh", "sh", "-c", "exec top")
			inside(entry)
			records := k.log
			k.log = nil
			k.emit(events.Snapshot, k.init)
			k.emit(events.Snapshot, shim)
			found := k.emit(events.Snapshot, init)
			inside(found)
			found.Process.Exe, found.Process.Args = "sh", entry.Process.Args
			k.log = append(k.log, &events.Event{Kind: events.SnapshotEnd, BootNS: k.now})
			k.log = append(k.log, records...)
			init.comm = c.later
			inside(k.exec(init, "top", "top"))
			k.exit(init, events.ExitStatus{Code: 3})
			_, told := fold(t, k.log)
			starts := of(told, events.ContainerStart)
			if len(starts) != c.starts {
				t.Fatalf("started %d times, want %d", len(starts), c.starts)
			}
			for _, start := range starts {
				if start.Process.Key != init.key || start.BootNS != entry.BootNS || start.Process.Comm != "sh" {
					t.Errorf("started by %+v, want its first exec", start.Process)
				}
			}
			if end := only(t, told, events.ContainerExit); end.Process.Key != init.key {
				t.Errorf("ended by %v", end.Process.Key)
			}
		})
	}
}

// TestContainerShared: when a cgroup turns out to be another container's, too, those in it are
// their container's no more but for its init and who is in the namespace that it has; nobody
// is once that init is gone.
func TestContainerShared(t *testing.T) {
	for name, c := range map[string]struct{ runs, told bool }{"it runs": {true, true}, "it has ended": {false, true}, "nobody else is there": {true, false}} {
		t.Run(name, func(t *testing.T) {
			k := newKernel(true)
			shim, keeper := k.fork(k.init, 0), k.fork(k.init, 0)
			if c.told {
				k.contain(keeper, "c1")
			}
			init := k.fork(shim, cloneNewPID)
			k.contain(init, "c1")
			k.execIn(init, "sh", "c1")
			child := k.fork(init, 0)
			k.contain(child, "c1")
			if !c.runs {
				k.exit(child, events.ExitStatus{})
				k.exit(init, events.ExitStatus{})
			}
			known := k.emit(events.ContainerKnown, keeper)
			known.Shared = true
			known.Process = events.Process{Container: &events.Container{ID: "c1", Runtime: "docker", Source: "cgroup"}, Cgroup: events.Cgroup{ID: 7, Path: "/docker/c1"}}
			m, told := fold(t, k.log)
			if got := len(of(told, events.ContainerKnown)) == 1; got != c.told {
				t.Errorf("told: %v, want %v", got, c.told)
			}
			if p := m.find(keeper.key); p.Container != nil || p.role() != "" {
				t.Errorf("the keeper is %q in %+v, want in none", p.role(), p.Container)
			}
			if !c.runs {
				return
			}
			for _, key := range []events.ProcKey{init.key, child.key} {
				if p := m.find(key); containerID(p) != "c1" {
					t.Errorf("%v is in %+v, want in the container still", key, p.Container)
				}
			}
			k.exit(init, events.ExitStatus{Code: 3})
			_, told = fold(t, k.log)
			if end := only(t, told, events.ContainerExit); end.Process.Key != init.key {
				t.Errorf("ended by %v", end.Process.Key)
			}
		})
	}
}
