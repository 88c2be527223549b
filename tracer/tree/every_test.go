package tree

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"pgregory.net/rapid"
)

// history is one random run of the small machine with what was true after each of
// its records.
type history struct {
	k     *kernel
	log   []*events.Event
	truth []moment // truth[i] is of the moment after i records
}

// moment is who there was, and whose child.
type moment struct {
	now   uint64
	order []*task // by birth, as in kernel.tasks
	state map[events.ProcKey]fact
}

type fact struct {
	parent events.ProcKey
	dead   bool
}

func drawHistory(t *rapid.T) *history {
	r := newRun(t)
	h := &history{k: r.k}
	h.note(events.KindUnknown, nil)
	r.k.written = h.note
	for range steps {
		r.step()
	}
	h.note(events.KindUnknown, nil)
	r.k.written = nil
	h.log = slices.Clone(r.k.log)
	return h
}

// note notes the present, in which t is about to write a record, as what is true
// after the records so far. Who is just being born is not there yet.
func (h *history) note(kind events.Kind, t *task) {
	born := t
	if kind != events.Fork {
		born = nil
	}
	m := moment{now: h.k.now, state: map[events.ProcKey]fact{}}
	for _, t := range h.k.tasks {
		if t == born {
			continue
		}
		m.order = append(m.order, t)
		f := fact{dead: t.dead}
		if t.parent != nil {
			f.parent = t.parent.key
		}
		m.state[t.key] = f
	}
	for len(h.truth) <= len(h.k.log) {
		h.truth = append(h.truth, m)
	}
	h.truth[len(h.k.log)] = m
}

// pass returns what a look at all processes shows at that moment, youngest first.
func (h *history) pass(at int) []*events.Event {
	var log []*events.Event
	m := h.truth[at]
	for _, t := range slices.Backward(m.order) {
		f := m.state[t.key]
		if f.dead {
			continue
		}
		ev := &events.Event{Kind: events.Snapshot, BootNS: m.now, Process: events.Process{
			Key: t.key, TID: t.key.PID, Chain: t.chain, Comm: t.comm, Full: true,
			Parent: events.Ref{Key: f.parent}, NSInit: t.ns.reaper == t,
		}}
		log = append(log, ev)
	}
	return append(log, &events.Event{Kind: events.SnapshotEnd, BootNS: m.now})
}

// wantTrue checks every edge of a model after `at` records of which the one at index
// gap was lost, -1 for none.
//
// Confirmed and predicted edges are true now. Inferred ones were true when the gap
// opened, and the parent is not known to have ended since.
func (h *history) wantTrue(t *rapid.T, m *Model, at, gap int) {
	t.Helper()
	var ghost events.ProcKey
	if gap >= 0 && h.log[gap].Kind == events.Exit {
		ghost = h.log[gap].Process.Key
	}
	for p := range m.Processes() {
		f, ok := h.truth[at].state[p.Key]
		if !ok || f.dead && p.Key != ghost {
			t.Fatalf("after %d records without %d: %v lives only in the model", at, gap, p.Key)
		}
		sure := m.Certainty(p)
		if sure == Inferred {
			if gap < 0 {
				t.Fatalf("after %d records: %v is inferred, and nothing is missing", at, p.Key)
			}
			f = h.truth[gap].state[p.Key]
		}
		if f.dead || f.parent.PID == 0 || sure == Unknown {
			continue
		}
		parent, _ := p.Parent()
		if parent == nil || parent.Key != f.parent || sure == Inferred && !parent.adopts() {
			t.Fatalf("after %d records without %d: %v is %v a child of %+v, really of %v", at, gap, p.Key, sure, parent, f.parent)
		}
	}
}

func feed(t *rapid.T, m *Model, log ...*events.Event) map[events.Kind]int {
	t.Helper()
	told := map[events.Kind]int{}
	for _, ev := range log {
		if err := m.Apply(ev.Clone(), func(e *events.Event) error { told[e.Kind]++; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	return told
}

// R02: whichever record is lost, no edge is wrong, neither then nor at any moment
// after, and a look at all processes makes the tree whole.
func TestEveryDrop(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		for gap := 2; gap < len(h.log); gap++ {
			m := New(Options{})
			feed(t, m, h.log[:gap]...)
			feed(t, m, &events.Event{Kind: events.Lost, BootNS: h.log[gap].BootNS, Lost: &events.LostDetail{Count: 1}})
			for at := gap + 1; ; at++ {
				h.wantTrue(t, m, at, gap)
				if at == len(h.log) {
					break
				}
				feed(t, m, h.log[at])
			}
			feed(t, m, h.pass(len(h.log))...)
			h.wantWhole(t, m, len(h.log))
		}
	})
}

// wantWhole checks that the model has the living and the parent of each.
func (h *history) wantWhole(t *rapid.T, m *Model, at int) {
	t.Helper()
	h.wantTrue(t, m, at, -1)
	alive := 0
	for key, f := range h.truth[at].state {
		if f.dead {
			continue
		}
		alive++
		p, ok := m.Process(key)
		if !ok || p.State != Live {
			t.Fatalf("after %d records: %v is not alive in the model", at, key)
		}
		if sure := m.Certainty(p); sure < Predicted && f.parent.PID != 0 {
			t.Fatalf("after %d records: parent of %v is %v", at, key, sure)
		}
	}
	if live := m.Stats().Live; live != alive {
		t.Fatalf("after %d records: %d live, and really %d", at, live, alive)
	}
}

// N16: tracing begins at any moment. With a look at all processes the tree is whole
// from then on; without, what is there is true.
func TestEveryStart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		for start := 2; start < len(h.log); start++ {
			seen, blind := New(Options{}), New(Options{})
			feed(t, seen, h.pass(start)...)
			h.wantWhole(t, seen, start)
			for at := start; at < len(h.log); at++ {
				feed(t, seen, h.log[at])
				h.wantWhole(t, seen, at+1)
				feed(t, blind, h.log[at])
				h.wantTrue(t, blind, at+1, -1)
			}
		}
	})
}

// Each record twice, at once and some records later, changes nothing.
func TestEveryDouble(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		once := New(Options{})
		derived := feed(t, once, h.log...)
		for double := range h.log {
			for _, late := range []int{0, 3} {
				again := min(double+late+1, len(h.log))
				m := New(Options{})
				told := feed(t, m, slices.Concat(h.log[:again], h.log[double:double+1], h.log[again:])...)
				if got, want := m.shape(), once.shape(); !slices.Equal(got, want) {
					t.Fatalf("%v again after %d records\n%v\nonce\n%v", h.log[double].Kind, again, got, want)
				}
				for kind := events.PidnsCreate; kind <= events.ContainerExit; kind++ {
					if told[kind] != derived[kind] {
						t.Fatalf("%v again after %d records: %v told %d times, want %d", h.log[double].Kind, again, kind, told[kind], derived[kind])
					}
				}
			}
		}
	})
}

// A record about somebody unknown makes him known and nobody else's child, and ends
// nothing.
func TestEveryStranger(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		for i, ev := range h.log[2:] {
			m := New(Options{})
			told := feed(t, m, ev)
			end := ev.Kind == events.Exit && ev.Process.NSInit // with it the namespace ends, as far as is known
			if told[events.Reparent] > 0 || told[events.PidnsDestroy] > 0 && !end {
				t.Fatalf("%v alone: %v", ev.Kind, told)
			}
			h.wantTrue(t, m, i+3, -1)
			for p := range m.All() {
				if f, ok := h.truth[i+3].state[p.Key]; !ok || p.State == Live && f.dead {
					t.Fatalf("%v alone: %v is %v", ev.Kind, p.Key, p.State)
				}
			}
			if got := fmt.Sprint(m.Stats().Vanished, m.Stats().Refused, m.Stats().Mispredicted); got != "0 0 0" {
				t.Fatalf("%v alone: vanished, refused and mispredicted are %s", ev.Kind, got)
			}
		}
	})
}
