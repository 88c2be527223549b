package e2e

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// lateTracer is one tracer, and a sink for what it tells.
type lateTracer struct {
	m        *midStart
	opening  time.Duration
	attached uint64 // CLOCK_BOOTTIME
	model    *tree.Model
	born     map[events.ProcKey]bool
	dead     map[events.ProcKey]bool
	zombies  map[events.ProcKey]bool // dead before, and reaped unseen
	ended    int                     // who ended last
	started  map[string][]int        // containers, and their init as it was told
	executed map[int]bool            // who was told to execute something
	wrong    []string
}

func (l *lateTracer) failf(format string, args ...any) {
	l.wrong = append(l.wrong, fmt.Sprintf(format, args...))
}

func (l *lateTracer) run() {
	began := tracer.Now()
	k, err := tracer.Open(tracer.Options{})
	if err != nil {
		l.failf("%v", err)
		return
	}
	defer k.Close()
	if header, err := k.Header(); err == nil {
		l.attached = header.StartNS
		l.opening = time.Duration(l.attached - began)
	}
	l.model = tree.New(tree.Options{})
	l.born, l.dead, l.zombies = map[events.ProcKey]bool{}, map[events.ProcKey]bool{}, map[events.ProcKey]bool{}
	l.started, l.executed = map[string][]int{}, map[int]bool{}
	sink := tracer.DeriveLive(l.model, l)
	l.fold(k, sink, func() bool {
		select {
		case <-l.m.running:
			return true
		default:
			return false
		}
	})
	l.compare(func(pid int) { l.fold(k, sink, func() bool { return l.ended == pid }) })
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if err := tracer.Run(ctx, k, sink); err != nil {
		l.failf("end: %v", err)
	}
	if stats, err := k.Stats(); err != nil || stats.Check() != nil {
		l.failf("counts: %v %v", err, stats.Check())
	} else if len(l.wrong) > 0 {
		l.failf("counts: %+v", stats.ByKind) // with what was missed
	}
}

// fold takes what comes until something holds.
func (l *lateTracer) fold(k *tracer.Kernel, sink events.Sink, holds func() bool) {
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	for !holds() {
		ev, err := k.Next(ctx)
		switch {
		case err != nil:
			l.failf("stream: %v", err)
			return
		case ev == nil:
			err = sink.Flush()
		default:
			err = sink.Put(ev)
		}
		if err != nil {
			l.failf("%v", err)
			return
		}
	}
}

func (l *lateTracer) Flush() error { return nil }

// Put notes who is told, born or dead, and that nobody is so twice.
func (l *lateTracer) Put(ev *events.Event) error {
	key := ev.Process.Key
	switch ev.Kind {
	case events.Snapshot, events.Fork:
		if l.born[key] {
			l.failf("%s: %s, though it was there", key, ev.Kind)
		}
		l.born[key] = true
		l.zombies[key] = ev.Process.Zombie
	case events.Exit:
		if !l.born[key] && !mayBeHidden(l.m.t, ev.Process.Parent.Key.PID) || l.dead[key] {
			l.failf("%s %s: exit, though it was there: %v, and dead: %v", key, ev.Process.Comm, l.born[key], l.dead[key])
		}
		l.dead[key], l.ended = true, int(key.PID)
	case events.Exec:
		l.executed[int(key.PID)] = true
	case events.Lost:
		l.failf("%d records lost", ev.Lost.Count)
	case events.ContainerStart:
		if c := ev.Process.Container; c != nil {
			l.started[c.ID] = append(l.started[c.ID], int(key.PID))
		}
	default:
	}
	// A signal may still reach one that waits to be reaped.
	if l.dead[key] && ev.Kind != events.Exit && ev.Kind != events.Signal && !ev.Kind.Derived() && ev.Kind != events.PidnsWait {
		l.failf("%s: %s after its end", key, ev.Kind)
	}
	return nil
}

// compare looks at /proc before and after the tree is brought to this moment. What
// was there both times is the truth.
func (l *lateTracer) compare(bringTo func(pid int)) {
	from := tracer.Now()
	before := machine()
	mark := exec.Command("true")
	if err := mark.Run(); err != nil {
		l.failf("%v", err)
		return
	}
	bringTo(mark.Process.Pid)
	after := machine()
	for p := range l.model.Processes() {
		_, there := before[p.Key.PID]
		if p.Key.Start < from && (!there || before[p.Key.PID].ticks != p.Key.Start/1e7) {
			l.failf("%s %s: a ghost that is not in /proc", p.Key, p.Comm)
		}
	}
	ours := 0
	for pid, truth := range before {
		if again, ok := after[pid]; !ok || again.ticks != truth.ticks || again.ending || truth.ending {
			continue
		} else if again.ppid != truth.ppid || again.docker != truth.docker {
			continue
		}
		l.compareProcess(pid, truth)
		if truth.docker == l.m.id {
			ours++
		}
	}
	if ours < 2 {
		l.failf("container: %d processes in /proc, want PID 1 and its child", ours)
	}
	for p := range l.model.All() {
		if p.State == tree.Gone && !l.zombies[p.Key] {
			l.failf("%s %s: gone without an end", p.Key, p.Comm)
		}
	}
	if s := l.model.Stats(); s.Mispredicted+s.Refused > 0 {
		l.failf("model: %+v", s)
	}
}

func (l *lateTracer) compareProcess(pid int32, truth fact) {
	p, ok := l.model.ByPID(pid)
	if !ok {
		l.failf("process %d: not in the tree", pid)
		return
	}
	if p.State != tree.Live || p.Key.Start/1e7 != truth.ticks {
		l.failf("%s %s: %s, but process %d started at %d lives", p.Key, p.Comm, p.State, pid, truth.ticks)
		return
	}
	var chain []int32
	for _, e := range p.Chain() {
		chain = append(chain, e.PID)
	}
	if !slices.Equal(chain, truth.chain) {
		l.failf("%s %s: PIDs %v, want %v", p.Key, p.Comm, chain, truth.chain)
	}
	var ppid int32
	if parent, ok := p.Parent(); ok {
		ppid = parent.Key.PID
	}
	// A parent that has ended may still be about to hand over its children.
	if up, ok := l.model.ByPID(truth.ppid); ppid != truth.ppid && (truth.ppid == 0 || ok && up.State == tree.Live) {
		l.failf("%s %s: parent %d, want %d", p.Key, p.Comm, ppid, truth.ppid)
	}
	var container string
	if p.Container != nil && p.Container.Runtime == "docker" {
		container = p.Container.ID
	}
	if container != truth.docker {
		l.failf("%s %s: in container %q, want %q", p.Key, p.Comm, container, truth.docker)
	}
}
