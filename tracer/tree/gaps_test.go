package tree

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// A parent whose end was lost ended between the last record before the gap and the look
// after it; one whose end was seen, then. A recording tells the same.
func TestWhenParentEnded(t *testing.T) {
	k := newKernel(true)
	seen, lost := k.fork(k.init, 0), k.fork(k.init, 0)
	child, orphan := k.fork(seen, 0), k.fork(lost, 0)
	k.exit(seen, events.ExitStatus{Code: 3})
	sawNS, sinceNS := k.now, k.now+5
	k.now += 20
	before := len(k.log)
	k.exit(lost, events.ExitStatus{})
	k.log = append(k.log[:before], &events.Event{Kind: events.Lost, BootNS: k.now, Lost: &events.LostDetail{Count: 1, SinceNS: sinceNS}})
	k.snapshot()
	k.fork(orphan, 0) // after which a recording knows that the look has ended
	r := newRecaller(t)
	for _, ev := range k.log {
		r.apply(ev)
	}
	for name, m := range map[string]*Model{"told": r.told, "recalled": r.by} {
		for who, want := range map[*task]struct{ end, after uint64 }{child: {end: sawNS}, orphan: {after: sinceNS}} {
			p, ok := m.Process(who.key)
			if !ok || len(p.Adoptions()) != 1 {
				t.Fatalf("%s: %v is known %t, and not with one change of parent", name, who.key, ok)
			}
			a := p.Adoptions()[0]
			if a.EndNS != want.end || a.AfterNS != want.after || a.To.Key != k.init.key || a.AtNS < max(want.end, want.after) {
				t.Errorf("%s: %v: %+v, want %+v", name, who.key, a, want)
			}
		}
		if m.Lost(sinceNS-1) || !m.Lost(sinceNS) {
			t.Errorf("%s: lost since %d is not told", name, sinceNS)
		}
		if m.gaps.open {
			t.Errorf("%s: the gap is open after the look", name)
		}
	}
}
