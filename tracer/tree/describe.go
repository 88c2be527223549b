package tree

import "github.com/ptrace-ns/ptrace-ns/events"

// Describe returns all that is known of the process in the words of the events.
// It shares memory with the model and is valid until the next call of Apply.
func (p *Process) Describe() events.Process {
	d := events.Process{
		HasIDs: p.HasIDs, UID: p.UID, GID: p.GID, NS: p.NS(),
		Zombie: p.State == Zombie && !p.Ending(), Threads: p.Threads, Full: true,
	}
	p.describe(&d)
	d.Chain = p.Chain()
	if i := p.Image(); i != nil {
		d.Args = i.Args
	}
	return d
}

// InitProcess returns the namespace's PID 1 while it is known.
func (ns *Namespace) InitProcess() (*Process, bool) { return ns.init, ns.init != nil }

// EndedNS returns when the namespace's PID 1 ended, when that was seen.
func (ns *Namespace) EndedNS() (uint64, bool) { return ns.initExitNS, ns.initExitNS != 0 }

// Killed returns whom the kernel killed because its PID 1 had ended.
func (ns *Namespace) Killed() []events.Ref { return ns.killed }

// EmptyNS returns when the last of those that its end killed, or its PID 1, ended;
// 0 while something lives in it, and when nobody saw.
func (ns *Namespace) EmptyNS() uint64 {
	if !ns.dead() || ns.initExitNS == 0 {
		return 0
	}
	return max(ns.initExitNS, ns.lastKillNS)
}
