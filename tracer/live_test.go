//go:build linux

package tracer

import (
	"context"
	"sync"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// keeper is a sink that keeps what it is told.
type keeper struct {
	mu   sync.Mutex
	told []*events.Event
}

func (k *keeper) Put(ev *events.Event) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.told = append(k.told, ev.Clone())
	return nil
}

func (k *keeper) Flush() error { return nil }

// all returns what was told up to now.
func (k *keeper) all() []*events.Event {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.told[:len(k.told):len(k.told)]
}

// running is a whole tracer at work.
type running struct {
	*Kernel
	model *tree.Model // for after the end
	t     *testing.T
	stop  context.CancelFunc
	done  chan error
	once  sync.Once
}

// start opens a tracer and runs it until end, or until the test is over.
func start(t *testing.T, opts Options, sinks ...events.Sink) *running {
	t.Helper()
	k, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &running{Kernel: k, model: tree.New(tree.Options{}), t: t, stop: stop, done: make(chan error, 1)}
	go func() { r.done <- Run(ctx, k, Derive(r.model, sinks...)) }()
	t.Cleanup(func() { r.end() })
	return r
}

// end stops the tracer. What happened before is told then, and every record is
// accounted for; no new parent turned out otherwise than foretold.
func (r *running) end() (s Stats) {
	r.t.Helper()
	r.once.Do(func() {
		r.stop()
		if err := <-r.done; err != nil {
			r.t.Errorf("tracer: %v", err)
		}
		var err error
		if s, err = r.Stats(); err != nil {
			r.t.Error(err)
		} else if err := s.Check(); err != nil {
			r.t.Errorf("counts: %v", err)
		}
		if told := r.model.Stats(); told.Mispredicted+told.Refused > 0 {
			r.t.Errorf("parents: %+v, want none told wrong", told)
		}
		if err := r.Close(); err != nil {
			r.t.Errorf("close: %v", err)
		}
	})
	return s
}

// live returns what a tracer tells of what do does, and all else of the machine.
func live(t *testing.T, opts Options, do func()) []*events.Event {
	t.Helper()
	var kept keeper
	r := start(t, opts, &kept)
	do()
	r.end()
	all := kept.all()
	checkStream(t, all)
	return all
}

// checkStream checks what holds for any stream: it is numbered without a gap, what
// is derived names its cause, and nobody is born or dies twice.
func checkStream(t *testing.T, all []*events.Event) {
	t.Helper()
	born, dead := map[events.ProcKey]bool{}, map[events.ProcKey]bool{}
	for i, ev := range all {
		key := ev.Process.Key
		if ev.Seq != uint64(i)+1 {
			t.Fatalf("event %d: seq %d", i+1, ev.Seq)
		}
		if ev.Kind.Derived() && (ev.Cause == 0 || ev.Cause >= ev.Seq) {
			t.Errorf("event %d: %s with the cause %d", ev.Seq, ev.Kind, ev.Cause)
		}
		switch ev.Kind {
		case events.Fork:
			if born[key] {
				t.Errorf("event %d: %s is born again", ev.Seq, key)
			}
			born[key] = true
		case events.Exit:
			if dead[key] {
				t.Errorf("event %d: %s ends again", ev.Seq, key)
			}
			dead[key] = true
		}
	}
}
