package container

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// maxTenants bounds how many containers of one cgroup are told apart; of more, the latest.
const maxTenants = 16

// tick is what /proc and runtimes count the start of a process in, in nanoseconds: USER_HZ
// is 100 everywhere (include/asm-generic/param.h and what replaces it).
const tick = 10_000_000

// Tenants are the containers of which each has the one cgroup, as a bundle, a runtime's
// state or a call says: one cgroupsPath was given to several, at once or one after the
// other. Whose a process in it is, the cgroup does not say then.
type Tenants []Tenant

// Tenant is one of them, with what tells its processes from the others'.
type Tenant struct {
	Container *events.Container

	caller events.ProcKey // the runtime that was called to make it; zero is not known
	init   life           // its PID 1, outside
	pidns  uint32         // in which that is; 0 is not known
	by     uint32         // who says so
}

// life is a process as runtimes write it down: by its PID and its start in ticks.
type life struct {
	pid   int32
	ticks uint64
}

func lifeOf(k events.ProcKey) life { return life{k.PID, k.Start / tick} }

// Of returns the container of a process in the cgroup, nil where nothing tells: it is an
// init that its runtime wrote down, a child of a runtime that was called to make one, or in
// the PID namespace of one init alone. From what runtimes put there it learns which those are.
func (all Tenants) Of(p *events.Process) *events.Container {
	for i := range all {
		t := &all[i]
		if t.caller.IsZero() || p.Parent.Key != t.caller {
			continue
		}
		t.learn(p)
		return t.Container
	}
	for i := range all {
		if t := &all[i]; t.init == lifeOf(p.Key) {
			return t.Container
		}
	}
	return all.byNamespace(p.Chain)
}

// learn takes the process for the init: the stages before it are the same runtime's
// children, and the last one is the init. Those are in the host's PID namespace, so that
// that says nothing of where the init will be.
func (t *Tenant) learn(p *events.Process) {
	if p.Key.Start/tick < t.init.ticks {
		return
	}
	if t.init != lifeOf(p.Key) {
		t.init, t.pidns = lifeOf(p.Key), 0
	}
	if p.Chain.Level() > 0 {
		t.pidns = p.Chain.Own().NS.Inum
	}
}

// byNamespace returns whose init is in the innermost of a process's PID namespaces in which
// one is, nil when several are in that.
func (all Tenants) byNamespace(chain events.PIDChain) (found *events.Container) {
	for level := len(chain) - 1; level >= 0; level-- {
		for i := range all {
			t := &all[i]
			unknown := level == 0 && t.pidns == 0 && t.init != life{}
			if unknown || t.pidns != 0 && t.pidns == chain[level].NS.Inum {
				if unknown || found != nil {
					return nil
				}
				found = t.Container
			}
		}
		if found != nil {
			return found
		}
	}
	return nil
}

// Doubt reports whether more may be written down by now of whose the process is, which
// executes something.
func (all Tenants) Doubt(p *events.Process) bool {
	for _, t := range all {
		if t.init == lifeOf(p.Key) {
			return t.pidns == 0
		}
	}
	return all.byNamespace(p.Chain) == nil
}

// Has reports whether the container is one of them.
func (all Tenants) Has(c *events.Container) bool {
	for _, t := range all {
		if Same(t.Container, c) {
			return true
		}
	}
	return false
}

// Learn takes over what was learned of the same ones before.
func (all Tenants) Learn(before Tenants) {
	for i := range all {
		for _, b := range before {
			if t := &all[i]; t.pidns == 0 && Same(t.Container, b.Container) && t.caller == b.caller {
				t.init, t.pidns = b.init, b.pidns
			}
		}
	}
}

// Placed reports whether the cgroup is the one of a container of that id whose bundle says
// so, by its cgroupsPath: empty is the usual, for the id.
func Placed(path, id, cgroupsPath string) bool {
	parts := split(path)
	return len(parts) > 0 && placed(parts, id, cgroupsPath)
}

// tenant returns what tells the processes of the container that was found from others'.
func (r *Resolver) tenant(found finding, who believes) Tenant {
	t := Tenant{Container: found.Container, by: found.by}
	if all := r.declared.of(found.ID, nil, who); len(all) > 0 {
		t.caller = all[0].caller
	}
	for _, s := range r.states(found.ID, found.Namespace, who) {
		if s.init == (life{}) || s.by != found.by {
			continue
		}
		if inum, ok := r.pidnsOf(s.init); ok {
			t.init, t.pidns = s.init, inum
			break
		}
	}
	return t
}

// pidnsOf returns the PID namespace of a process, unless that has ended.
func (r *Resolver) pidnsOf(p life) (inum uint32, ok bool) {
	dir := r.at("/proc/" + strconv.Itoa(int(p.pid)))
	link, err := os.Readlink(dir + "/ns/pid")
	if err != nil {
		return 0, false
	}
	if _, err := fmt.Sscanf(link, "pid:[%d]", &inum); err != nil {
		return 0, false
	}
	stat, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return 0, false
	}
	// The name may have anything in it (proc_pid_stat(5)); the start is the 20th after it.
	after := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	return inum, len(after) > 19 && after[19] == strconv.FormatUint(p.ticks, 10)
}
