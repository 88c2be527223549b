package tree

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// Who is to get the children of a dead process is older than they are: a record that says
// else moves nobody, and makes no cycle.
func TestReaperIsOlder(t *testing.T) {
	for name, reaper := range map[string]func(child, younger *task) *task{
		"younger": func(_, younger *task) *task { return younger },
		"itself":  func(child, _ *task) *task { return child },
	} {
		k := newKernel(true)
		dead := k.fork(k.init, 0)
		child := k.fork(dead, 0)
		younger := k.fork(child, 0)
		k.exit(dead, killed)
		end := k.log[len(k.log)-1].Exit
		end.Reaper, end.ReaperReason = reaper(child, younger).ref(), events.ReparentSubreaper
		m, told := fold(t, k.log)
		wantParent(t, m, child, dead, Unknown)
		if n := len(of(told, events.Reparent)); n != 0 || m.Stats().Refused != 1 {
			t.Errorf("%s: %d changes of parent told, %d refused, want none and one", name, n, m.Stats().Refused)
		}
	}
}

// So it is where a recording tells of the new parent.
func TestRecallReaperIsOlder(t *testing.T) {
	k := newKernel(true)
	parent := k.fork(k.init, 0)
	child := k.fork(parent, 0)
	younger := k.fork(child, 0)
	m := New(Options{})
	for i, ev := range apply(t, New(Options{}), k.log) {
		ev.Seq = uint64(i + 1)
		m.Recall(ev)
	}
	for i, to := range []*task{younger, child} {
		ev := &events.Event{Seq: uint64(len(k.log) + i), BootNS: k.now, Kind: events.Reparent, Process: events.Process{Key: child.key}}
		ev.Reparent = &events.ReparentDetail{From: parent.ref(), To: to.ref(), Reason: events.ReparentSubreaper}
		m.Recall(ev)
		p, _ := m.Process(child.key)
		if up, ok := p.Parent(); !ok || up.Key != parent.key || len(p.Adoptions()) != 0 {
			t.Errorf("a child of %v, with %d changes of parent, want of %v and none", up.Key, len(p.Adoptions()), parent.key)
		}
	}
}

// The end of a namespace that names its PID 1 is taken for one of that inode number of
// which no PID 1 is known, unless records were lost: then it may have ended long ago.
func TestRecallEndOfUnnamed(t *testing.T) {
	for lost, want := range map[bool]State{false: Gone, true: Live} {
		inner := events.NSID{Inum: 50}
		member := events.Process{Key: events.ProcKey{PID: 7, Start: 70}, TID: 7, Chain: events.PIDChain{{NS: events.NSID{Inum: 1}, PID: 7}, {NS: inner, PID: 3}}}
		all := []*events.Event{{Kind: events.OOM, Process: member}}
		if lost {
			all = append(all, &events.Event{Kind: events.Lost, Lost: &events.LostDetail{Count: 1}})
		}
		all = append(all, &events.Event{Kind: events.PidnsDestroy, Pidns: &events.PidnsDetail{
			NS: events.NSInfo{ID: inner, Level: 1}, Init: events.Ref{Key: events.ProcKey{PID: 5, Start: 50}},
		}})
		m := New(Options{})
		for i, ev := range all {
			ev.Seq, ev.BootNS = uint64(i+1), uint64(80+i)
			m.Recall(ev)
		}
		if p, ok := m.Process(member.Key); !ok || p.State != want {
			t.Errorf("lost %v: the member is %+v, want %v", lost, p, want)
		}
	}
}

// A thread that takes one while more wait in its own queue took it from there, whatever
// another thread took from the group's meanwhile.
func TestKillerByOwnQueue(t *testing.T) {
	const rt = 40
	k := newKernel(true)
	by := map[string]*task{}
	for _, name := range []string{"a", "b", "c"} {
		by[name] = k.fork(k.init, 0)
		k.exec(by[name], name)
	}
	victim := k.fork(k.init, 0)
	for i, name := range []string{"a", "b", "c"} { // all alike to the victim: from outside its namespace
		d := k.kill(by[name], victim, rt).Signal
		d.Group, d.Own, d.Shared, d.SIPID = name == "a", events.Waiting(i), 1, 0
	}
	d := k.take(victim, letter{signal: rt}, &box{})
	d.Own, d.Shared = 1, 0 // another thread has handled the group's
	k.exit(victim, events.ExitStatus{Signal: rt})
	k.log[len(k.log)-1].Exit.Threads = 2
	if got := accused(lastExit(t, k).Exit.Killer); got != "b" {
		t.Errorf("killed by %s, want b", got)
	}
}

// Whether records are missing is known until a look at all processes.
func TestMissedUntilLook(t *testing.T) {
	k := newKernel(true)
	m := New(Options{})
	look := k.log[:2]
	apply(t, m, k.log)
	for _, step := range []struct {
		log  []*events.Event
		want bool
	}{
		{nil, false},
		{[]*events.Event{{Kind: events.Lost, BootNS: k.now, Lost: &events.LostDetail{Count: 1}}}, true},
		{look[:1], true},
		{look[1:], false},
	} {
		if apply(t, m, step.log); m.Missed() != step.want {
			t.Errorf("after %d more events records are missing: %v, want %v", len(step.log), m.Missed(), step.want)
		}
	}
}

// A look that was ahead of two execs has shown what the second made: the first one's record
// goes before it, and each image is had by one process.
func TestExecBehindLook(t *testing.T) {
	m := New(Options{})
	process := func(exe string) events.Process {
		return events.Process{
			Key: events.ProcKey{PID: 7, Start: 70}, TID: 7, Comm: "x", Exe: exe, Args: events.ArgsOf(exe, "--with"), Full: true,
			Chain: events.PIDChain{{NS: events.NSID{Inum: 1}, PID: 7}},
		}
	}
	apply(t, m, []*events.Event{
		{Kind: events.Snapshot, BootNS: 100, Process: process("/second")},
		{Kind: events.Exec, BootNS: 90, Process: process("/first"), Exec: &events.ExecDetail{Filename: "/first"}},
	})
	p, ok := m.Process(events.ProcKey{PID: 7, Start: 70})
	if !ok {
		t.Fatal("the process is not known")
	}
	images := p.Images()
	if len(images) != 2 || len(m.freeImages) != 0 {
		t.Fatalf("%d images, %d free, want two and none", len(images), len(m.freeImages))
	}
	for i, want := range []string{"/first", "/second"} {
		if got := images[i]; got.Program == nil || got.Exe != want || len(got.Args.Raw) == 0 || got.users != 1 {
			t.Errorf("image %d: %+v, want %s of one user", i, got, want)
		}
	}
}

// What a member of a namespace had is given to the next without its neighbours there.
func TestNestedGivenBackAlone(t *testing.T) {
	k := newKernel(true)
	init := k.fork(k.init, cloneNewPID)
	members := []*task{k.fork(init, 0), k.fork(init, 0), k.fork(init, 0)}
	m := New(Options{Keep: 2})
	for i := range members {
		k.exit(members[i], events.ExitStatus{})
	}
	for range 3 {
		k.exit(k.fork(k.init, 0), events.ExitStatus{})
	}
	apply(t, m, k.log)
	if len(m.freeNested) == 0 {
		t.Fatal("nothing was given back")
	}
	for i, n := range m.freeNested {
		if n.prev != nil || n.next != nil || len(n.pids) != 0 {
			t.Errorf("%d: %+v, want it empty", i, n)
		}
	}
}
