//go:build linux

package tracer

import (
	"os"
	"path/filepath"
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// Containers finds out what containers there are. container.Lookup is the one for a
// live machine. Its methods are called by one goroutine and return within a moment.
type Containers interface {
	// Identify returns whose the cgroup of that path is: nobody's, too, when that is not
	// known yet.
	Identify(path string) container.Found
	// Named returns what is known of the container that a program's arguments name, by its
	// id or its address; nil for an address that nobody is known to have yet: who has it is
	// told late.
	Named(call container.Call, by container.Caller) *events.Container
	// Declare notes that a program was called to make a container, and returns the
	// cgroupsPath that its bundle says, empty for none or not known.
	Declare(call container.Call, by container.Caller) (cgroupsPath string)
	// Again says that a process executes something in the container, nil for none: what was
	// found out of it may have changed, and comes late then.
	Again(c *events.Container)
	// Late returns an answer that came after its question was given up.
	Late() (container.Answer, bool)
	// Forget says that the container's cgroups are gone.
	Forget(c *events.Container)
}

// pathsOnly knows what cgroup paths say by themselves, and reads nothing.
type pathsOnly struct{}

func (pathsOnly) Identify(path string) container.Found {
	return container.Found{Container: container.FromCgroup(path)}
}

func (pathsOnly) Named(call container.Call, by container.Caller) *events.Container {
	if call.ID == "" {
		return nil
	}
	return &events.Container{ID: call.ID, Runtime: call.Runtime(by.Program), Source: "args", Namespace: call.Namespace}
}

func (pathsOnly) Declare(container.Call, container.Caller) string { return "" }

func (pathsOnly) Again(*events.Container) {}

func (pathsOnly) Late() (container.Answer, bool) { return container.Answer{}, false }

func (pathsOnly) Forget(*events.Container) {}

// assign gives a process whose image was just read its role, and takes up what its
// arguments say of a container.
func (k *Kernel) assign(p *events.Process) {
	r := container.RoleOf(p)
	p.Role, p.Genealogy = r.Name, r.Genealogy
	if r.Call.ID == "" && r.Call.Address == "" {
		return
	}
	by := container.CallerOf(p, r.Program, "")
	if r.Call.Creates {
		if !filepath.IsAbs(r.Call.Bundle) {
			by.Cwd, by.From = k.cwdOf(p.Key), k.cwdOf(p.Parent.Key)
		}
		cgroupsPath := k.containers.Declare(r.Call, by)
		k.cgroups.again(r.Call.ID)
		for _, own := range k.cgroups.called(r.Call.ID, cgroupsPath) { // of what is in it already
			k.queue.unpop(item{event: containerKnown(own.Container, own.Cgroup, max(k.lastNS, k.startNS))})
		}
	}
	p.Serves = k.containers.Named(r.Call, by)
}

// cwdOf returns where a process is now, empty when that cannot be had any more.
func (k *Kernel) cwdOf(p events.ProcKey) string {
	if !k.proc.usable || p.PID == 0 {
		return ""
	}
	dir := "/proc/" + strconv.Itoa(int(p.PID)) + "/"
	cwd, err := os.Readlink(dir + "cwd")
	if err != nil || !sameStart(dir, p.Start) {
		return ""
	}
	return cwd
}

// takeLate takes up the answers that came late, and reports whether the model is to be
// told: that is in the queue then.
func (k *Kernel) takeLate() (some bool) {
	for {
		answer, ok := k.containers.Late()
		if !ok {
			return k.tellParted(k.queue.push) || some
		}
		if answer.Servant != (events.ProcKey{}) {
			ev := containerKnown(answer.Container, events.Cgroup{}, max(k.lastNS, k.startNS))
			ev.Servant = events.Ref{Key: answer.Servant}
			k.queue.push(item{event: ev})
			some = true
			continue
		}
		for _, cg := range k.cgroups.answered(answer) {
			k.queue.push(item{event: containerKnown(answer.Container, cg, max(k.lastNS, k.startNS))})
			some = true
		}
	}
}

// containerKnown says whose the cgroup is, to who was told of processes in it before.
func containerKnown(c *events.Container, cg events.Cgroup, now uint64) *events.Event {
	return &events.Event{Kind: events.ContainerKnown, BootNS: now, Process: events.Process{Container: c, Cgroup: cg}}
}
