package phases_test

import (
	"github.com/ptrace-ns/ptrace-ns/events"
)

// script makes the stream of a start by hand: for genealogies that this machine's
// runtimes do not have.
type script struct {
	all  []*events.Event
	live map[int32]*events.Process
}

func newScript() *script {
	s := &script{live: map[int32]*events.Process{}}
	s.live[1] = &events.Process{Key: events.ProcKey{PID: 1, Start: 1}, Comm: "init", Exe: "/sbin/init", Chain: chain(1, 0), Full: true}
	return s
}

func chain(pid, inner int32) events.PIDChain {
	c := events.PIDChain{{NS: events.NSID{Inum: 1}, PID: pid}}
	if inner != 0 {
		c = append(c, events.PIDEntry{NS: events.NSID{Inum: 2}, PID: inner})
	}
	return c
}

func (s *script) emit(ev *events.Event, p *events.Process) *events.Event {
	ev.Seq = uint64(len(s.all) + 1)
	ev.BootNS = ev.Seq * 1_000_000
	ev.Process = p.Clone()
	s.all = append(s.all, ev)
	return ev
}

// was is a process that was there before.
func (s *script) was(pid, parent int32, args ...string) {
	p := &events.Process{Key: events.ProcKey{PID: pid, Start: uint64(pid)}, Chain: chain(pid, 0), Full: true, Parent: s.live[parent].Ref()}
	s.image(p, args)
	s.live[pid] = p
	s.emit(&events.Event{Kind: events.Snapshot}, p)
}

// fork makes a child; inner is its number in the container's PID namespace.
func (s *script) fork(pid, parent, inner int32) {
	p := s.live[parent].Clone()
	p.Key, p.Parent = events.ProcKey{PID: pid, Start: uint64(len(s.all) + 100)}, s.live[parent].Ref()
	if inner != 0 || p.Chain.Level() > 0 {
		p.Chain = chain(pid, max(inner, pid))
	}
	if inner != 0 {
		p.Chain = chain(pid, inner)
	}
	s.live[pid] = &p
	ev := s.emit(&events.Event{Kind: events.Fork, Fork: &events.ForkDetail{Creator: p.Parent}}, &p)
	if inner == 1 {
		s.emit(&events.Event{Kind: events.PidnsCreate, Cause: ev.Seq, Pidns: &events.PidnsDetail{
			NS: events.NSInfo{ID: events.NSID{Inum: 2}, Level: 1}, Via: "clone", Creator: p.Parent, Init: p.Ref(),
		}}, &p)
	}
}

// forkInto makes a namespace's PID 1 by clone3, in the container's cgroup.
func (s *script) forkInto(pid, parent int32, id, runtime, path string) {
	s.fork(pid, parent, 1)
	p := s.live[pid]
	p.Container, p.Cgroup.Path = &events.Container{ID: id, Runtime: runtime, Source: "cgroup"}, path
	for _, ev := range s.all[len(s.all)-2:] {
		ev.Process = p.Clone()
	}
	s.all[len(s.all)-2].Fork.Flags = 1 << 33
}

func (s *script) image(p *events.Process, args []string) {
	p.Exe, p.Args = args[0], events.ArgsOf(args...)
	p.Comm = args[0][len("/usr/bin/"):]
	p.Comm = p.Comm[:min(15, len(p.Comm))]
}

func (s *script) exec(pid int32, args ...string) {
	p := s.live[pid]
	s.image(p, args)
	s.emit(&events.Event{Kind: events.Exec, Exec: &events.ExecDetail{Filename: args[0]}}, p)
}

// exit ends a process, and gives its children to another, as seen.
func (s *script) exit(pid, heir int32, reason events.ReparentReason) {
	dead := s.live[pid]
	delete(s.live, pid)
	s.emit(&events.Event{Kind: events.Exit, Exit: &events.ExitDetail{}}, dead)
	for _, p := range s.live {
		if p.Parent.Key == dead.Key {
			p.Parent = s.live[heir].Ref()
			s.emit(&events.Event{Kind: events.Reparent, Reparent: &events.ReparentDetail{
				From: dead.Ref(), To: p.Parent, Reason: reason, FromExit: &events.ExitStatus{}, Confirmed: true,
			}}, p)
		}
	}
}

// contain puts a process into the container.
func (s *script) contain(pid int32, id, runtime, path string) {
	p := s.live[pid]
	p.Container = &events.Container{ID: id, Runtime: runtime, Source: "cgroup"}
	p.Cgroup.Path = path
	s.emit(&events.Event{Kind: events.CgroupMove, Cgroup: &events.CgroupDetail{To: p.Cgroup}}, p)
}

// begin executes the entrypoint.
func (s *script) begin(pid int32, args ...string) {
	s.exec(pid, args...)
	cause := uint64(len(s.all))
	s.emit(&events.Event{Kind: events.ContainerStart, Cause: cause, Exec: &events.ExecDetail{}}, s.live[pid])
}
