//go:build linux

package tracer

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// initEvent is about the PID 1 of a child namespace: process 50 of the host.
func initEvent(kind events.Kind) *events.Event {
	ev := orphanEvent(kind, 50, 1, bornNS+60)
	ev.Process.Chain = append(ev.Process.Chain, events.PIDEntry{NS: events.NSID{Inum: 8}, PID: 1})
	if kind == events.Exit {
		ev.Exit = &events.ExitDetail{}
	}
	return ev
}

// A PID 1 that has ended is looked at until it waits no longer; what is on its way
// through exit is not called stuck.
func TestVigil(t *testing.T) {
	for name, s := range map[string]struct {
		states string // of each look; a space is for none
		waits  []bool // after each
	}{
		"gone at once": {" ", []bool{false}},
		"a zombie":     {"Z", []bool{false}},
		"passing":      {"RZ", []bool{false, false}},
		"stuck":        {"SSSZ", []bool{false, true, true, false}},
		"stuck, gone":  {"DS ", []bool{false, true, false}},
	} {
		t.Run(name, func(t *testing.T) {
			c := DeriveLive(tree.New(tree.Options{})).(*confirmer)
			looks := 0
			c.vigil.look = func(events.ProcKey) (byte, int32, bool) {
				looks++
				return s.states[looks-1], 1, s.states[looks-1] != ' '
			}
			for _, ev := range []*events.Event{orphanEvent(events.Snapshot, 1, 0, bornNS), initEvent(events.Snapshot), initEvent(events.Exit)} {
				if err := c.Put(ev); err != nil {
					t.Fatal(err)
				}
			}
			c.vigil.note(initEvent(events.Exit)) // as with a /proc of its own
			key := initEvent(events.Exit).Process.Key
			for i, want := range s.waits {
				if !c.Restless() {
					t.Errorf("look %d: nothing is looked at", i)
				}
				if i > 0 {
					c.vigil.inits[0].lookedNS = 1
				}
				for range 2 { // the second comes too soon
					if err := c.Flush(); err != nil {
						t.Fatal(err)
					}
				}
				p, ok := c.model.Process(key)
				if !ok || looks != i+1 {
					t.Fatalf("look %d: known %v, looked %d times", i, ok, looks)
				}
				if got := p.Namespace().Waits(); got != want {
					t.Errorf("look %d: waits %v, want %v", i, got, want)
				}
			}
			if c.Restless() {
				t.Error("looked at for ever")
			}
		})
	}
}

func TestVigilIsBounded(t *testing.T) {
	c := DeriveLive(tree.New(tree.Options{})).(*confirmer)
	for pid := range int32(maxDying + 5) {
		ev := initEvent(events.Exit)
		ev.Process.Key.PID += pid
		c.vigil.note(ev)
		c.vigil.note(ev)
	}
	if n := len(c.vigil.inits); n != maxDying || c.vigil.inits[0].key.PID != 55 {
		t.Errorf("%d are looked at, the first is %d", n, c.vigil.inits[0].key.PID)
	}
	none := DeriveLive(tree.New(tree.Options{})).(*confirmer)
	none.vigil.look = func(events.ProcKey) (byte, int32, bool) { t.Error("looked for nothing"); return 0, 0, false }
	none.vigil.note(orphanEvent(events.Exit, 7, 1, 5))
	if err := none.Flush(); err != nil || none.Restless() {
		t.Error(err, none.Restless())
	}
}
