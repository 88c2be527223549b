//go:build linux

package tracer

import (
	"context"
	"fmt"
	"os/exec"
	"testing"

	"github.com/cilium/ebpf/link"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// meddler acts before one of the steps of which attaching and looking are made.
type meddler struct {
	*Kernel
	act  func()
	at   int // before which step
	step int
}

func (m *meddler) next() {
	if m.step == m.at {
		m.act()
	}
	m.step++
}

func (m *meddler) attach(name string) (link.Link, error) {
	m.next()
	return m.Kernel.attach(name)
}

func (m *meddler) openBirths() error {
	m.next()
	return m.Kernel.openBirths()
}

func (m *meddler) learnCgroups() {
	m.next()
	m.Kernel.learnCgroups()
}

func (m *meddler) iterate() ([][]byte, error) {
	m.next()
	return m.Kernel.iterate()
}

// readAvailable is the last step; what happens behind it does before anything is told.
func (m *meddler) readAvailable() ([][]byte, error) {
	m.next()
	defer m.next()
	return m.Kernel.readAvailable()
}

// between has, between two steps, one process end who was there before, another begin
// that lives on, and one begin and end.
type between struct {
	t                 *testing.T
	old, young, brief *exec.Cmd
	acted             bool
}

func newBetween(t *testing.T) *between {
	return &between{t: t, old: child(t, nil, "sleep", "60")}
}

func (b *between) act() {
	kill(b.t, b.old)
	b.young = child(b.t, nil, "sleep", "61")
	b.brief = exec.Command("true")
	if err := b.brief.Run(); err != nil {
		b.t.Error(err)
	}
	b.acted = true
}

// TestDyingBetweenSteps has processes come and go between any two steps of the start:
// each is told once, with its end, and nobody lives who is dead.
func TestDyingBetweenSteps(t *testing.T) {
	kerneltest.RequireBPF(t)
	count := 1
	for at := 0; at < count; at++ {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			b := newBetween(t)
			m := &meddler{at: at, act: b.act}
			k, err := open(Options{}, func(k *Kernel) steps { m.Kernel = k; return m })
			if err != nil {
				t.Fatal(err)
			}
			if count = m.step; count < 12 {
				t.Fatalf("%d steps, want those of each program and of the snapshot", count)
			}
			all, model := streamOf(t, k)
			if !b.acted {
				t.Fatal("nothing was done between the steps")
			}
			b.check(all, model, at > 0)
		})
	}
}

// streamOf runs the stream until what was there is told and a process ends that began later.
func streamOf(t *testing.T, k *Kernel) ([]*events.Event, *tree.Model) {
	t.Helper()
	var kept keeper
	ctx, stop := context.WithCancel(context.Background())
	r := &running{Kernel: k, model: tree.New(tree.Options{}), t: t, stop: stop, done: make(chan error, 1)}
	go func() { r.done <- Run(ctx, k, Derive(r.model, &kept)) }()
	r.end()
	return kept.all(), r.model
}

func (b *between) check(all []*events.Event, model *tree.Model, attached bool) {
	b.t.Helper()
	checkStream(b.t, all)
	young := b.young.Process.Pid
	if n := len(of(all, events.Snapshot, young)) + len(of(all, events.Fork, young)); n != 1 {
		b.t.Errorf("who lives on: told %d times, want once", n)
	}
	if p, ok := model.ByPID(int32(young)); !ok || p.State != tree.Live {
		b.t.Errorf("who lives on: %+v", p)
	}
	for name, cmd := range map[string]*exec.Cmd{"who ended": b.old, "who was brief": b.brief} {
		pid := cmd.Process.Pid
		begun, ended := len(of(all, events.Snapshot, pid))+len(of(all, events.Fork, pid)), len(of(all, events.Exit, pid))
		want := 0
		if attached {
			want = 1
		}
		if begun != want || ended != want {
			b.t.Errorf("%s: begun %d times and ended %d, want %d of each", name, begun, ended, want)
		}
		if p, ok := model.ByPID(int32(pid)); ok && p.State == tree.Live {
			b.t.Errorf("%s: said to live: %+v", name, p)
		}
	}
}

// TestDyingBetweenResync is the same for a look after a loss. Whether each was told is
// another's question there: what the model knows after it is true.
func TestDyingBetweenResync(t *testing.T) {
	kerneltest.RequireBPF(t)
	for at := range 4 {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			f := openFaulty(t, events.Lost, 1)
			f.until("the first snapshot", func() bool { return f.passes > 0 })
			b := newBetween(t)
			m := &meddler{Kernel: f.Kernel, at: at, act: b.act}
			f.steps = m
			f.heal()
			f.steps = f.Kernel
			if !b.acted || m.step != 4 {
				t.Fatalf("%d steps, acted %t", m.step, b.acted)
			}
			last := exec.Command("true")
			if err := last.Run(); err != nil {
				t.Fatal(err)
			}
			f.until("what came later", func() bool { return f.ended == last.Process.Pid })
			for pid, live := range map[int]bool{b.old.Process.Pid: false, b.brief.Process.Pid: false, b.young.Process.Pid: true} {
				p, ok := f.model.ByPID(int32(pid))
				if is := ok && p.State == tree.Live; is != live {
					t.Errorf("%d: %+v, want it alive: %t", pid, p, live)
				}
			}
		})
	}
}
