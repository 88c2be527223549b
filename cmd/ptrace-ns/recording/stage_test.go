package recording_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// stage is a scope with a clock that only the test moves.
type stage struct {
	t     *testing.T
	scope *recording.Scope
	got   taken
	now   time.Time
	seq   uint64
}

func newStage(t *testing.T, containers bool) *stage { return stageOf(t, tracer, containers) }

// stageOf has the command of maker, none for 0.
func stageOf(t *testing.T, maker int32, containers bool) *stage {
	s := &stage{t: t, now: time.Unix(1000, 0)}
	s.scope = recording.NewScope(&s.got, recording.ScopeOptions{Maker: maker, Containers: containers, Now: func() time.Time { return s.now }})
	return s
}

func (s *stage) put(all ...*events.Event) {
	s.t.Helper()
	for _, ev := range all {
		s.seq++
		ev.Seq = s.seq
		if err := s.scope.Put(ev); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *stage) later() {
	s.t.Helper()
	s.now = s.now.Add(3 * time.Second)
	if err := s.scope.Flush(); err != nil {
		s.t.Fatal(err)
	}
}

// told is what came out so far, as kind:pid in its order.
func (s *stage) told() string {
	var all []string
	for _, ev := range s.got.all {
		key := ev.Process.Key
		if key.IsZero() && ev.Pidns != nil {
			key = ev.Pidns.Init.Key
		}
		all = append(all, fmt.Sprintf("%s:%d", ev.Kind, key.PID))
	}
	return strings.Join(all, " ")
}

func (s *stage) expect(want string) {
	s.t.Helper()
	if err := s.scope.Finish(); err != nil {
		s.t.Fatal(err)
	}
	if got := s.told(); got != want {
		s.t.Errorf("got  %s\nwant %s", got, want)
	}
}

func ref(pid int32) events.Ref {
	if pid == 0 {
		return events.Ref{}
	}
	return events.Ref{Key: events.ProcKey{PID: pid, Start: uint64(pid)}, Comm: "c"}
}

// proc is a process; ns 0 is the initial namespace, else it is PID 2 there.
func proc(pid, parent int32, ns uint32) events.Process {
	p := events.Process{
		Key: ref(pid).Key, Comm: "c", Parent: ref(parent), Full: true, Args: events.ArgsOf("secret"), Exe: "/bin/c",
		Chain: events.PIDChain{{NS: events.NSID{Inum: 1}, PID: pid}},
	}
	if ns != 0 {
		p.Chain = append(p.Chain, events.PIDEntry{NS: events.NSID{Inum: ns}, PID: 2})
	}
	return p
}

func was(pid, parent int32, exe string) *events.Event {
	ev := &events.Event{Kind: events.Snapshot, Process: proc(pid, parent, 0)}
	ev.Process.Exe = exe
	return ev
}

func born(pid, parent int32) *events.Event {
	return &events.Event{Kind: events.Fork, Process: proc(pid, parent, 0), Fork: &events.ForkDetail{Creator: ref(parent)}}
}

func ran(pid, parent int32, exe string) *events.Event {
	ev := &events.Event{Kind: events.Exec, Process: proc(pid, parent, 0), Exec: &events.ExecDetail{}}
	ev.Process.Exe = exe
	return ev
}

func died(pid, parent int32) *events.Event {
	return &events.Event{Kind: events.Exit, Process: proc(pid, parent, 0), Exit: &events.ExitDetail{}}
}

// inside makes an event one of a member of namespace 77, of its PID 1 where init.
func inside(ev *events.Event, init bool) *events.Event {
	ev.Process.Chain = append(ev.Process.Chain[:1], events.PIDEntry{NS: events.NSID{Inum: 77}, PID: 2})
	if init {
		ev.Process.Chain[1].PID, ev.Process.NSInit = 1, true
	}
	return ev
}

func pidns(kind events.Kind, pid, creator int32) *events.Event {
	ev := &events.Event{Kind: kind, Process: proc(pid, creator, 0), Pidns: &events.PidnsDetail{
		NS: events.NSInfo{ID: events.NSID{Inum: 77}, Level: 1}, Creator: ref(creator), Init: ref(pid),
	}}
	if kind == events.PidnsDestroy {
		ev.Process = events.Process{}
		return ev
	}
	return inside(ev, true)
}

// The machine before: init, a daemon, a shell with the tracer, and others.
func (s *stage) machine() {
	s.put(was(1, 0, "/sbin/init"), was(10, 1, "/usr/bin/containerd"), was(20, 1, "/bin/sh"), was(tracer, 20, "/bin/ptrace-ns"),
		was(30, 1, "/usr/bin/stranger"))
}
