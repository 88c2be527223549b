//go:build linux

package tracer

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
	"github.com/ptrace-ns/ptrace-ns/internal/scenario"
)

// recycler is a sink that keeps what T02 is judged by, of every child PID
// namespace: of 100,000 births whole events would be too much.
type recycler struct{ seen []brief }

// brief is a birth, a change of parent that was foretold, or an end.
type brief struct {
	kind        events.Kind
	process     events.ProcKey
	parent      events.ProcKey // now
	from        events.ProcKey // of a change of parent
	number      events.PIDEntry
	reason      events.ReparentReason
	status      events.ExitStatus
	contradicts bool // a change of parent that was foretold otherwise
}

func (r *recycler) Flush() error { return nil }

func (r *recycler) Put(ev *events.Event) error {
	if len(ev.Process.Chain) < 2 {
		return nil
	}
	b := brief{kind: ev.Kind, process: ev.Process.Key, parent: ev.Process.Parent.Key, number: ev.Process.Chain.Own()}
	switch ev.Kind {
	case events.Fork:
	case events.Exit:
		b.status = ev.Exit.Status
	case events.Reparent:
		d := ev.Reparent
		b.from, b.parent, b.reason = d.From.Key, d.To.Key, d.Reason
		b.contradicts = !d.Foretold.IsZero() && d.Foretold.Key != d.To.Key
		if d.Confirmed && !b.contradicts {
			return nil
		}
	default:
		return nil
	}
	r.seen = append(r.seen, b)
	return nil
}

// checkT02 runs in the table of scenarios with few births, TestT02 with many.
func checkT02(s *told) {
	var r recycler
	for _, ev := range s.events {
		if err := r.Put(ev); err != nil {
			s.t.Fatal(err)
		}
	}
	r.check(s.t, s.report)
}

// TestT02: 100,000 processes share 330 PIDs. None is taken for another, none gets
// another's parent or end.
func TestT02(t *testing.T) {
	kerneltest.RequireBPF(t)
	h := scenario.Start(t, "T02", often(100_000))
	var r recycler
	run := start(t, Options{BufferBytes: 64 << 20}, &r)
	h.Go()
	report := h.Wait()
	if stats := run.end(); stats.ByKind[events.Fork].Dropped+stats.ByKind[events.Exit].Dropped > 0 {
		t.Fatalf("lost: %+v, nothing can be compared", stats.ByKind)
	}
	r.check(t, report)
}

// lives are the processes of one PID namespace.
type lives struct {
	init    events.ProcKey
	born    []events.ProcKey // in order
	parents map[events.ProcKey]events.ProcKey
	ends    map[events.ProcKey]brief
	moves   map[events.ProcKey][]brief
	numbers map[int32]int
}

func (r *recycler) check(t *testing.T, report kerneltest.Report) {
	t.Helper()
	if refused, ok := report.Find("error", "main"); ok {
		t.Skipf("a PID namespace has no kernel.pid_max of its own here: written in one it changed the machine's (%s)", refused.Errno)
	}
	l := r.lives(t, report)
	notes := map[string]int{}
	for _, f := range report.All("note") {
		notes[f.Name] = int(f.Value)
	}
	if notes["wrong"] != 0 || notes["births"] == 0 {
		t.Fatalf("helper: %v, want every child to end as it should", notes)
	}
	if len(l.born) != notes["births"] || len(l.ends) != len(l.born) || len(l.numbers) >= 330 {
		t.Errorf("%d births and %d ends of %d numbers, want %d of fewer than 330",
			len(l.born), len(l.ends), len(l.numbers), notes["births"])
	}
	if len(l.moves) != notes["orphans"] {
		t.Errorf("orphans: %d told, want %d", len(l.moves), notes["orphans"])
	}
	l.checkEach(t)
}

// lives finds the namespace by its PID 1.
func (r *recycler) lives(t *testing.T, report kerneltest.Report) *lives {
	t.Helper()
	self, ok := report.Find("self", "init")
	if !ok {
		t.Fatalf("report: %+v, want what init says of itself", report)
	}
	l := &lives{
		parents: map[events.ProcKey]events.ProcKey{}, ends: map[events.ProcKey]brief{},
		moves: map[events.ProcKey][]brief{}, numbers: map[int32]int{},
	}
	var home events.NSID
	for _, b := range r.seen {
		isInit := int(b.process.PID) == self.PID && b.process.Start/clockTick == self.Start
		if isInit && b.kind == events.Fork {
			l.init, home = b.process, b.number.NS
		}
		if isInit || l.init.IsZero() || b.number.NS != home {
			continue
		}
		l.add(t, b)
	}
	if l.init.IsZero() {
		t.Fatal("init: its birth was not told")
	}
	return l
}

func (l *lives) add(t *testing.T, b brief) {
	t.Helper()
	_, born := l.parents[b.process]
	_, dead := l.ends[b.process]
	if born == (b.kind == events.Fork) || dead {
		t.Fatalf("%s: %s though born is %v and dead is %v", b.process, b.kind, born, dead)
	}
	switch b.kind {
	case events.Fork:
		if _, alive := l.parents[b.parent]; !alive && b.parent != l.init {
			t.Fatalf("%s: child of %s, which is a ghost", b.process, b.parent)
		}
		l.born = append(l.born, b.process)
		l.parents[b.process] = b.parent
		l.numbers[b.number.PID]++
	case events.Exit:
		l.ends[b.process] = b
	default:
		l.moves[b.process] = append(l.moves[b.process], b)
	}
}

// checkEach compares each life with what the helper makes of its number.
func (l *lives) checkEach(t *testing.T) {
	t.Helper()
	number := map[events.ProcKey]int{}
	for _, key := range l.born {
		end, parent := l.ends[key], l.parents[key]
		if end.parent != l.init {
			t.Fatalf("%s: ended as a child of %s, want the PID 1", key, end.parent)
		}
		if parent == l.init {
			i := len(number)
			number[key] = i
			if want := endOfT02(i); end.status != want || len(l.moves[key]) != 0 {
				t.Fatalf("child %d: ended with %+v after %+v, want %+v", i, end.status, l.moves[key], want)
			}
			continue
		}
		if i, ok := number[parent]; !ok || i%8 != 1 {
			t.Fatalf("%s: child of %s, which has none", key, parent)
		}
		moves := l.moves[key]
		if len(moves) != 1 || moves[0].from != parent || moves[0].parent != l.init ||
			moves[0].reason != events.ReparentPidnsInit || moves[0].contradicts || end.status.Code != 200 {
			t.Fatalf("orphan %s of %s: %+v and ended with %+v, want one move to the PID 1 and 200", key, parent, moves, end.status)
		}
	}
}

// endOfT02 is how the helper's child number i ends.
func endOfT02(i int) events.ExitStatus {
	if i%16 == 3 {
		return events.ExitStatus{Signal: int32(unix.SIGUSR1)}
	}
	return events.ExitStatus{Code: i * 7 % 199}
}
