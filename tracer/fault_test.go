//go:build linux

package tracer

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/bpf"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
	"github.com/ptrace-ns/ptrace-ns/internal/oracle"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// faulty is the live kernel with a reader that loses each so-manieth record of one
// kind. As the true one it tells the gap where it is; when it looks at all
// processes again is decided by the test.
type faulty struct {
	*Kernel
	t      *testing.T
	model  *tree.Model
	sink   events.Sink
	peek   bpf.Decoder
	kind   events.Kind
	every  int
	met    int // records of the kind
	lost   int // of them
	passes int // resyncs
	name   string
	ended  int
	ends   map[events.ProcKey]bool // whose record was lost, who may still be about to go
}

func openFaulty(t *testing.T, kind events.Kind, every int) *faulty {
	t.Helper()
	k, err := Open(Options{BufferBytes: 32 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
	f := &faulty{Kernel: k, t: t, model: tree.New(tree.Options{Keep: 1 << 14}), kind: kind, every: every, ends: map[events.ProcKey]bool{}}
	f.sink = Derive(f.model, f)
	f.hold()
	return f
}

// Put remembers the last name that a process took and who ended last: by these a
// test marks a moment.
func (f *faulty) Put(ev *events.Event) error {
	switch ev.Kind {
	case events.Rename:
		f.name = ev.Process.Comm
	case events.Exit:
		f.ended = int(ev.Process.Key.PID)
	}
	return nil
}

func (f *faulty) Flush() error { return nil }

// hold has no resync happen until the test wants one.
func (f *faulty) hold() { f.resync.earliest = time.Now().Add(time.Hour) }

// Next is Kernel.Next but for the records that it loses.
func (f *faulty) Next(ctx context.Context) (*events.Event, error) {
	for {
		it, err := f.nextRaw(ctx)
		if it == nil || err != nil {
			return nil, err
		}
		if lost := f.lose(it); lost != nil {
			return lost, nil
		}
		ev, err := f.decode(it)
		if ev == nil && err == nil {
			continue
		}
		return ev, err
	}
}

// lose returns what is told in place of the record when it is lost.
func (f *faulty) lose(it *item) *events.Event {
	if !it.received {
		return nil
	}
	ev, err := f.peek.Decode(it.raw)
	if err != nil || ev.Kind != f.kind {
		return nil
	}
	if f.met++; f.met%f.every != 0 {
		return nil
	}
	f.lost++
	if f.kind == events.Exit {
		f.ends[ev.Process.Key] = true
	}
	f.needResync()
	return &events.Event{Kind: events.Lost, BootNS: ev.BootNS, Lost: &events.LostDetail{
		Count: 1, ByKind: map[events.Kind]uint64{f.kind: 1}, SinceNS: f.lastNS,
	}}
}

// until folds what comes until something holds.
func (f *faulty) until(what string, holds func() bool) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), kerneltest.Patience(20*time.Second))
	defer cancel()
	for !holds() {
		ev, err := f.Next(ctx)
		if err != nil {
			f.t.Fatalf("waiting for %s: %v", what, err)
		}
		if ev == nil {
			continue
		}
		if err := f.sink.Put(ev); err != nil {
			f.t.Fatal(err)
		}
		if ev.Kind == events.SnapshotEnd {
			f.passes++
		}
	}
}

// heal has all processes looked at again.
func (f *faulty) heal() {
	f.t.Helper()
	if f.passes == 0 {
		f.until("the first snapshot", func() bool { return f.passes > 0 })
	}
	f.needResync()
	f.resync.earliest = time.Time{}
	before := f.passes
	f.until("the resync", func() bool { return f.passes > before })
	f.hold()
	there := processes(f.t)
	for p := range f.model.All() {
		if p.State == tree.Gone && !f.ends[p.Key] && there[int(p.Key.PID)] == p.Key.Start/clockTick && !isDead(int(p.Key.PID)) {
			f.t.Errorf("%v %s: said to be gone, but it is in /proc", p.Key, p.Comm)
		}
	}
}

// TestR02Newborn: whose birth is read together with a resync was seen by that, and
// lives.
func TestR02Newborn(t *testing.T) {
	kerneltest.RequireBPF(t)
	f := openFaulty(t, events.Lost, 1)
	f.until("the first snapshot", func() bool { return f.passes > 0 })
	newborn := child(t, nil, "sleep", "60")
	f.heal()
	if p, ok := f.model.ByPID(int32(newborn.Process.Pid)); !ok || p.State != tree.Live || !p.Birth().Seen {
		t.Errorf("newborn: %+v, want it alive and its birth seen", p)
	}
}

// TestR02 loses records while processes are born, executed and ended in all ways.
// Before all are looked at again nothing is said that is wrong without saying that
// it is not sure; afterwards all is right.
func TestR02(t *testing.T) {
	kerneltest.RequireBPF(t)
	images, err := oracle.Images(kerneltest.CompileHelper(t, "oracle"), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []events.Kind{events.Fork, events.Exec, events.Exit} {
		for _, every := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/%d", kind, every), func(t *testing.T) {
				f := openFaulty(t, kind, every)
				for n := 0; n < 2 || f.lost < 5 && n < 20; n++ {
					f.workload(images)
				}
				if f.lost < 5 {
					t.Errorf("lost: %d records, want more", f.lost)
				}
				t.Logf("%d of %d records lost; %+v", f.lost, f.met, f.model.Stats())
			})
		}
	}
}
