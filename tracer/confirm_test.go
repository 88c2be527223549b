//go:build linux

package tracer

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// moves is a sink that writes down the changes of parent.
type moves struct{ told []string }

func (m *moves) Put(ev *events.Event) error {
	if d := ev.Reparent; d != nil {
		m.told = append(m.told, fmt.Sprintf("%d>%d %t", d.From.Key.PID, d.To.Key.PID, d.Confirmed))
	}
	return nil
}

func (m *moves) Flush() error { return nil }

const bornNS = uint64(1000)

func orphanEvent(kind events.Kind, pid, parent int32, at uint64) *events.Event {
	ns := events.NSID{Inum: 7}
	ev := &events.Event{Kind: kind, BootNS: at, Process: events.Process{
		Key: events.ProcKey{PID: pid, Start: bornNS + uint64(pid)}, Comm: "x", Full: true, NSInit: pid == 1,
		Chain: events.PIDChain{{NS: ns, PID: pid}},
	}}
	if parent != 0 {
		ev.Process.Parent = events.Ref{Key: events.ProcKey{PID: parent, Start: bornNS + uint64(parent)}}
	}
	return ev
}

// orphan makes 1 ← 2 ← 3 ← 4 and lets 3 die, with 1 foretold for 4.
func orphan(t *testing.T, parents map[int]int32) (*confirmer, *moves) {
	t.Helper()
	m := &moves{}
	c := DeriveLive(tree.New(tree.Options{}), m).(*confirmer)
	calls := 0
	c.parentOf = func(events.ProcKey) (int32, bool) {
		calls++
		pid, ok := parents[calls]
		return pid, ok
	}
	if !newProcReader().usable { // the test itself needs no /proc
		tell := c.tell
		c.tell = func(ev *events.Event) error { c.note(ev); return tell(ev) }
	}
	for pid := int32(1); pid <= 4; pid++ {
		if err := c.Put(orphanEvent(events.Snapshot, pid, pid-1, bornNS)); err != nil {
			t.Fatal(err)
		}
	}
	dead := orphanEvent(events.Exit, 3, 2, bornNS+10)
	dead.Exit = &events.ExitDetail{
		Reaper: events.Ref{Key: events.ProcKey{PID: 1, Start: bornNS + 1}}, ReaperReason: events.ReparentInit,
	}
	if err := c.Put(dead); err != nil {
		t.Fatal(err)
	}
	return c, m
}

func TestConfirm(t *testing.T) {
	for name, s := range map[string]struct {
		parents map[int]int32 // what each look sees; nothing for a process that is gone
		later   bool          // a record follows, by which the look is not too early
		want    string
	}{
		"as foretold":             {map[int]int32{1: 1}, false, "3>1 false, 3>1 true"},
		"after the dead one":      {map[int]int32{1: 3, 2: 3, 3: 1}, false, "3>1 false, 3>1 true"},
		"another, once":           {map[int]int32{1: 2, 2: 1}, true, "3>1 false, 3>1 true"},
		"another, and it stays":   {map[int]int32{1: 2, 2: 2}, true, "3>1 false, 3>2 true"},
		"another, nothing folded": {map[int]int32{1: 2, 2: 2}, false, "3>1 false"},
		"gone":                    {nil, true, "3>1 false"},
	} {
		t.Run(name, func(t *testing.T) {
			c, m := orphan(t, s.parents)
			if err := c.Flush(); err != nil {
				t.Fatal(err)
			}
			if s.later {
				later := orphanEvent(events.Rename, 2, 1, Now()+2*margin)
				later.Rename = &events.RenameDetail{}
				if err := c.Put(later); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.Flush(); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(m.told, ", "); got != s.want {
				t.Errorf("told %s, want %s", got, s.want)
			}
		})
	}
}

func TestForecastsAreBounded(t *testing.T) {
	c := DeriveLive(tree.New(tree.Options{})).(*confirmer)
	for pid := int32(1); pid <= maxForetold+5; pid++ {
		ev := orphanEvent(events.Reparent, pid, 0, 1)
		ev.Reparent = &events.ReparentDetail{}
		c.note(ev)
	}
	if n := len(c.waiting); n != maxForetold || c.waiting[0].process.PID != 6 {
		t.Errorf("%d wait, the first is %d", n, c.waiting[0].process.PID)
	}
}
