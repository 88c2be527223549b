package tree

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// A gap after the first reaches the model and not the stream. What both tell people of a
// parent is the same, before the look that follows and after it.
func TestToldAfterSilentGap(t *testing.T) {
	for _, looked := range []bool{false, true} {
		k := newKernel(true)
		father := k.fork(k.init, 0)
		orphan := k.fork(father, 0)
		k.log = append(k.log, &events.Event{Kind: events.Lost, BootNS: k.now, Lost: &events.LostDetail{Count: 2}})
		k.exit(father, events.ExitStatus{})
		late := k.fork(orphan, 0)
		k.log = append(k.log, &events.Event{Kind: events.Gap, BootNS: k.now})
		if looked {
			k.snapshot()
		}
		k.exec(late, "/bin/sleep")
		r := newRecaller(t)
		for _, ev := range k.log {
			r.apply(ev)
		}
		for _, who := range []*task{orphan, late} {
			told, ok := r.told.Process(who.key)
			by, known := r.by.Process(who.key)
			if !ok || !known {
				t.Fatalf("%v is not known", who.key)
			}
			want := Confirmed
			if !looked && who == orphan {
				want = Inferred
			}
			if a, b := r.told.Told(told), r.by.Told(by); a != want || b != want {
				t.Errorf("looked %t: %v is told as %v, recalled as %v, want %v", looked, who.key, a, b, want)
			}
		}
	}
}
