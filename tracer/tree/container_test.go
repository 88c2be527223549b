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
