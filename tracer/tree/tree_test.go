package tree

import (
	"errors"
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// fold applies the records to a new model and returns what was told. A model that
// recalls that must be equal, whatever the test is about.
func fold(t *testing.T, log []*events.Event) (*Model, []*events.Event) {
	t.Helper()
	m := New(Options{})
	told := apply(t, m, log)
	r := newRecaller(t)
	for _, ev := range log {
		r.apply(ev)
		if settled(ev) {
			r.wantEqual(ev.Kind)
		}
	}
	return m, told
}

func apply(t testing.TB, m *Model, log []*events.Event) []*events.Event {
	t.Helper()
	var told []*events.Event
	for _, ev := range log {
		err := m.Apply(ev.Clone(), func(e *events.Event) error {
			told = append(told, e.Clone())
			return nil
		})
		if err != nil {
			t.Fatalf("apply: %v", err)
		}
	}
	return told
}

func of(told []*events.Event, kind events.Kind) []*events.Event {
	return slices.DeleteFunc(slices.Clone(told), func(e *events.Event) bool { return e.Kind != kind })
}

// only returns the single event of that kind.
func only(t *testing.T, told []*events.Event, kind events.Kind) *events.Event {
	t.Helper()
	found := of(told, kind)
	if len(found) != 1 {
		t.Fatalf("%v told %d times, want once", kind, len(found))
	}
	return found[0]
}

func kinds(told []*events.Event) []string {
	var names []string
	for _, e := range told {
		names = append(names, e.Kind.String())
	}
	return names
}

// parentOf returns the parent that the model gives, and how sure it is.
func parentOf(t *testing.T, m *Model, p *task) (events.ProcKey, Certainty) {
	t.Helper()
	node, ok := m.Process(p.key)
	if !ok {
		t.Fatalf("process %v is not known", p.key)
	}
	parent, ok := node.Parent()
	if !ok {
		return events.ProcKey{}, m.Certainty(node)
	}
	return parent.Key, m.Certainty(node)
}

func wantParent(t *testing.T, m *Model, p, want *task, sure Certainty) {
	t.Helper()
	if got, how := parentOf(t, m, p); got != want.key || how != sure {
		t.Errorf("parent of %v is %v (%v), want %v (%v)", p.key, got, how, want.key, sure)
	}
}

var killed = events.ExitStatus{Signal: sigKill}

func TestSeqAndCause(t *testing.T) {
	k := newKernel(true)
	a := k.fork(k.init, 0)
	b := k.fork(a, 0)
	k.exit(a, events.ExitStatus{Code: 3})
	_, told := fold(t, k.log)
	if got, want := kinds(told), []string{"snapshot", "fork", "fork", "exit", "reparent"}; !slices.Equal(got, want) {
		t.Fatalf("told %v, want %v", got, want)
	}
	for i, e := range told {
		if e.Seq != uint64(i+1) {
			t.Errorf("event %d has seq %d", i, e.Seq)
		}
	}
	r := told[4]
	if r.Cause != 4 || r.BootNS != told[3].BootNS || r.Process.Key != b.key {
		t.Errorf("reparent of %v has cause %d at %d", r.Process.Key, r.Cause, r.BootNS)
	}
}

func TestTellErrorStopsTellingNotFolding(t *testing.T) {
	k := newKernel(true)
	a := k.fork(k.init, 0)
	b := k.fork(a, 0)
	m, _ := fold(t, k.log)
	n := len(k.log)
	k.exit(a, events.ExitStatus{})
	full := errors.New("disk full")
	calls := 0
	err := m.Apply(k.log[n], func(*events.Event) error { calls++; return full })
	if !errors.Is(err, full) || calls != 1 {
		t.Fatalf("got %v after %d calls", err, calls)
	}
	wantParent(t, m, b, k.init, Predicted)
}

// T13: the parent is the creator's own, and the creator is told.
func TestT13CloneParent(t *testing.T) {
	k := newKernel(true)
	runc := k.fork(k.init, 0)
	stage1 := k.fork(runc, 0)
	stage2 := k.fork(stage1, cloneParent|cloneNewPID)
	m, told := fold(t, k.log)
	wantParent(t, m, stage2, runc, Confirmed)
	c := only(t, told, events.PidnsCreate)
	if c.Pidns.Creator.Key != stage1.key || c.Pidns.Via != "clone" {
		t.Errorf("namespace by %v via %q", c.Pidns.Creator, c.Pidns.Via)
	}
	p, _ := m.Process(stage2.key)
	if p.Birth().Creator.Key != stage1.key || p.Birth().Under.Key != runc.key {
		t.Errorf("birth is %+v", p.Birth())
	}
}

// T03: the same process, another image, and only one thread.
func TestT03ExecFromThread(t *testing.T) {
	k := newKernel(true)
	a := k.fork(k.init, 0)
	for tid := range int32(3) {
		k.emit(events.ThreadStart, a).Process.TID = 500 + tid
	}
	m, _ := fold(t, k.log)
	p, _ := m.Process(a.key)
	if n := len(p.TIDs()); n != 3 {
		t.Fatalf("%d threads, want 3", n)
	}
	n := len(k.log)
	k.exec(a, "/bin/true", "true", "").Exec.OldTID = 501
	told := apply(t, m, k.log[n:])
	if len(p.TIDs()) != 0 || p.Threads != 1 || p.State != Live {
		t.Errorf("%v threads, state %v", p.TIDs(), p.State)
	}
	if got := kinds(told); !slices.Equal(got, []string{"exec"}) {
		t.Errorf("told %v", got)
	}
	if i := p.Image(); i == nil || i.OldTID != 501 || i.Args.Len() != 2 {
		t.Errorf("image is %+v", i)
	}
}

// The first image is the creator's, and what came after is a list.
func TestImages(t *testing.T) {
	k := newKernel(true)
	sh := k.fork(k.init, 0)
	k.exec(sh, "/bin/sh", "sh")
	c := k.fork(sh, 0)
	k.exec(c, "/bin/env", "env", "ls")
	k.exec(c, "/bin/ls", "ls")
	m, told := fold(t, k.log)
	p, _ := m.Process(c.key)
	var exes []string
	for _, i := range p.Images() {
		exes = append(exes, i.Exe)
	}
	if !slices.Equal(exes, []string{"/bin/sh", "/bin/env", "/bin/ls"}) {
		t.Errorf("images are %v", exes)
	}
	if n := len(of(told, events.Rename)); n != 0 {
		t.Errorf("%d renames of good execs told", n)
	}
	for range 3 * keptImages {
		k.exec(c, "/bin/loop", "loop")
	}
	m, _ = fold(t, k.log)
	if p, _ = m.Process(c.key); len(p.Images()) != keptImages || p.Images()[0].Exe != "/bin/sh" {
		t.Errorf("%d images, first %q", len(p.Images()), p.Images()[0].Exe)
	}
}

// S09: a load that fails too late is told as the rename that it was.
func TestS09FailedExec(t *testing.T) {
	k := newKernel(true)
	a := k.fork(k.init, 0)
	r := k.emit(events.Rename, a)
	r.Rename = &events.RenameDetail{OldComm: "sh", InExec: true}
	r.Process.Comm = "broken"
	a.comm = "broken"
	k.exit(a, events.ExitStatus{Signal: 11})
	_, told := fold(t, k.log)
	if got := kinds(told)[2:]; !slices.Equal(got, []string{"rename", "exit"}) {
		t.Fatalf("told %v", got)
	}
	if e := told[2]; e.BootNS != r.BootNS || e.Rename.OldComm != "sh" || e.Process.Comm != "broken" || len(e.Process.Chain) != 1 {
		t.Errorf("rename is %+v of %+v", e.Rename, e.Process)
	}
}

// A gap may hold the exec that would have followed: nothing is claimed.
func TestRenameBeforeGap(t *testing.T) {
	k := newKernel(true)
	a := k.fork(k.init, 0)
	k.emit(events.Rename, a).Rename = &events.RenameDetail{OldComm: "sh", InExec: true}
	k.log = append(k.log, &events.Event{Kind: events.Lost, Lost: &events.LostDetail{Count: 1}})
	k.exit(a, events.ExitStatus{Signal: 11})
	_, told := fold(t, k.log)
	if got := kinds(told)[2:]; !slices.Equal(got, []string{"lost", "exit"}) {
		t.Errorf("told %v", got)
	}
}

func TestRenameAtOnce(t *testing.T) {
	k := newKernel(true)
	a := k.fork(k.init, 0)
	k.emit(events.Rename, a).Rename = &events.RenameDetail{OldComm: "x"}
	_, told := fold(t, k.log)
	only(t, told, events.Rename)
}

// T05: several records of one death are one exit.
func TestT05ExitOnce(t *testing.T) {
	k := newKernel(false)
	a := k.fork(k.init, 0)
	k.exit(a, events.ExitStatus{Code: 7})
	k.log = append(k.log, k.log[len(k.log)-1], k.log[len(k.log)-1])
	m, told := fold(t, k.log)
	if e := only(t, told, events.Exit); e.Exit.LifetimeNS != e.BootNS-a.key.Start {
		t.Errorf("lifetime is %d", e.Exit.LifetimeNS)
	}
	if s := m.Stats(); s.Live != 1 {
		t.Errorf("%d live", s.Live)
	}
}
