package tree

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// foretoldThenGap is an orphan foretold to a subreaper that ends in the gap after.
func foretoldThenGap(t *testing.T) (k *kernel, m *Model, orphan, heir *task) {
	t.Helper()
	k = newKernel(true)
	heir = k.fork(k.init, 0)
	k.becomeSubreaper(heir)
	a := k.fork(heir, 0)
	orphan = k.fork(a, 0)
	k.exit(a, events.ExitStatus{Code: 1})
	n := len(k.log)
	k.exit(heir, events.ExitStatus{Code: 2})
	k.log = append(k.log[:n], &events.Event{Kind: events.Lost, BootNS: k.now, Lost: &events.LostDetail{Count: 1}})
	m, told := fold(t, k.log)
	if r := only(t, told, events.Reparent).Reparent; r.To.Key != heir.key {
		t.Fatalf("foretold to %v", r.To)
	}
	wantParent(t, m, orphan, heir, Inferred)
	return k, m, orphan, heir
}

// What was foretold before a gap may have come true: another parent after it is a
// further change, and no forecast was wrong.
func TestFurtherChangeAfterGap(t *testing.T) {
	k, m, orphan, heir := foretoldThenGap(t)
	n := len(k.log)
	k.exec(orphan, "/bin/orphan")
	r := only(t, apply(t, m, k.log[n:]), events.Reparent).Reparent
	if r.From.Key != heir.key || r.To.Key != k.init.key || !r.Confirmed || !r.Foretold.IsZero() || r.Reason != events.ReparentInit {
		t.Errorf("reparent is %+v", r)
	}
	p, _ := m.Process(orphan.key)
	if len(p.Adoptions()) != 2 || m.Stats().Mispredicted != 0 {
		t.Errorf("%d adoptions, %d mispredicted", len(p.Adoptions()), m.Stats().Mispredicted)
	}
}

// What is seen besides the records has no time: it confirms a forecast from before a
// gap and tells no further change.
func TestSawParentAfterGap(t *testing.T) {
	k, m, orphan, heir := foretoldThenGap(t)
	told := 0
	tell := func(ev *events.Event) error {
		told++
		if ev.BootNS == 0 || !ev.Reparent.Confirmed {
			t.Errorf("told %+v at %d", ev.Reparent, ev.BootNS)
		}
		return nil
	}
	if err := m.SawParent(orphan.key, k.init.key.PID, tell); err != nil || told != 0 {
		t.Errorf("%d told, %v", told, err)
	}
	wantParent(t, m, orphan, heir, Inferred)
	if err := m.SawParent(orphan.key, heir.key.PID, tell); err != nil || told != 1 {
		t.Errorf("%d told, %v", told, err)
	}
	wantParent(t, m, orphan, heir, Confirmed)
}

// A child that shows its dead parent, whose heir nobody knows, has not been moved
// yet: that confirms nothing.
func TestDeadParentConfirmsNothing(t *testing.T) {
	k := newKernel(true)
	a := k.fork(k.init, 0)
	b := k.fork(a, 0)
	k.exit(a, killed)
	k.log[len(k.log)-1].Exit.Reaper = events.Ref{}
	k.emit(events.OOM, b).Process.Parent = a.ref()
	m, told := fold(t, k.log)
	if p, sure := parentOf(t, m, b); p != a.key || sure != Unknown {
		t.Errorf("parent is %v, %v", p, sure)
	}
	if n := len(of(told, events.Reparent)); n != 0 {
		t.Errorf("%d moves told", n)
	}
}

// What was seen of a parent besides the records is in no record, and recalled all the
// same.
func TestRecallSawParent(t *testing.T) {
	k := newKernel(true)
	a := k.fork(k.init, 0)
	orphan := k.fork(a, 0)
	k.exit(a, killed)
	r := newRecaller(t)
	for _, ev := range k.log {
		r.apply(ev)
	}
	wantParent(t, r.by, orphan, k.init, Predicted)
	tell := func(ev *events.Event) error { r.by.Recall(ev); return nil }
	if err := r.told.SawParent(orphan.key, k.init.key.PID, tell); err != nil {
		t.Fatal(err)
	}
	wantParent(t, r.by, orphan, k.init, Confirmed)
	r.wantEqual("after a look")
}

// A gap whose count was told before makes an edge as doubtful as one that is told.
func TestGapCountedBefore(t *testing.T) {
	k := newKernel(true)
	p := k.fork(k.init, 0)
	m, _ := fold(t, k.log)
	wantParent(t, m, p, k.init, Confirmed)
	if told := apply(t, m, []*events.Event{{Kind: events.Gap, BootNS: k.now}}); len(told) != 0 {
		t.Errorf("told %v, want nothing", kinds(told))
	}
	wantParent(t, m, p, k.init, Inferred)
}
