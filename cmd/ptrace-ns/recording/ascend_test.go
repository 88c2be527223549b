package recording

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ptrace-ns/ptrace-ns/events"
)

type numbers struct{ all []events.Event }

func (n *numbers) Put(ev *events.Event) error {
	n.all = append(n.all, *ev)
	return nil
}

func (n *numbers) Flush() error { return nil }

func TestAscend(t *testing.T) {
	var got numbers
	a := &ascend{next: &got}
	// 2 and 3 come late, behind 7; 9 has no room behind them, and 6 was dropped.
	for _, ev := range []events.Event{{Seq: 1}, {Seq: 5, Cause: 1}, {Seq: 7, Cause: 6}, {Seq: 2}, {Seq: 3}, {Seq: 9, Cause: 3}, {Seq: 10, Cause: 9}, {Seq: 20, Cause: 7}} {
		if err := a.Put(&ev); err != nil {
			t.Fatal(err)
		}
	}
	want := []events.Event{{Seq: 1}, {Seq: 5, Cause: 1}, {Seq: 7}, {Seq: 9}, {Seq: 11}, {Seq: 12, Cause: 11}, {Seq: 13, Cause: 12}, {Seq: 23, Cause: 7}}
	if len(got.all) != len(want) {
		t.Fatalf("%d events, want %d", len(got.all), len(want))
	}
	for i := range want {
		if got.all[i].Seq != want[i].Seq || got.all[i].Cause != want[i].Cause {
			t.Errorf("event %d: seq %d cause %d, want %d and %d", i, got.all[i].Seq, got.all[i].Cause, want[i].Seq, want[i].Cause)
		}
	}
}

// Whatever comes in whatever order, numbers rise, and a cause is the event that it was.
func TestAscendProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seqs := rapid.SliceOfNDistinct(rapid.Uint64Range(1, 80), 1, 60, rapid.ID).Draw(t, "seqs")
		var got numbers
		a := &ascend{next: &got}
		is := map[uint64]uint64{}
		for i, seq := range seqs {
			cause := rapid.Uint64Range(0, 80).Draw(t, "cause")
			if err := a.Put(&events.Event{Seq: seq, Cause: cause}); err != nil {
				t.Fatal(err)
			}
			told := got.all[i]
			if i > 0 && told.Seq <= got.all[i-1].Seq {
				t.Fatalf("%d comes behind %d", told.Seq, got.all[i-1].Seq)
			}
			if i > 0 && seq < slices.Max(seqs[:i]) && told.Seq == got.all[i-1].Seq+1 {
				t.Fatalf("%d comes late with no number missing before it", seq)
			}
			if told.Cause != is[cause] {
				t.Fatalf("cause %d is %d, want %d", cause, told.Cause, is[cause])
			}
			is[seq] = told.Seq
		}
	})
}
