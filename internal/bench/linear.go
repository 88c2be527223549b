//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// linear folds more and more events of lives beside 1000 processes that stay, and
// replays a recording of the spawn workload.
func (b *bench) linear() error {
	b.saying("linearity and replay")
	b.printf("\nLives of a fork, an exec and an exit, generated, on one CPU: ns an event\n%-12s %14s %14s %14s\n", "events", "model", "model, JSON", "heap after, MB")
	for n := 10_000; n <= b.lives; n *= 10 {
		if err := b.calm(); err != nil {
			return err
		}
		fold, _, err := foldLives(n, false)
		if err != nil {
			return err
		}
		both, heap, err := foldLives(min(n, 10_000_000), true)
		if err != nil {
			return err
		}
		b.printf("%-12d %14.0f %14.0f %14.1f\n", n, fold, both, heap)
	}
	return b.replayed()
}

// foldLives returns ns an event and the heap at the end.
func foldLives(n int, withJSON bool) (ns, heapMB float64, err error) {
	var (
		model   = tree.New(tree.Options{})
		encoder ndjson.Encoder
		line    []byte
		tell    = func(ev *events.Event) error {
			if withJSON {
				line = encoder.AppendEvent(line[:0], ev, 1)
			}
			return nil
		}
		l = newLives()
	)
	for range 1000 {
		if err := model.Apply(l.fork(), tell); err != nil {
			return 0, 0, err
		}
	}
	began := time.Now()
	for i := range n {
		ev := &l.ev
		switch i % 3 {
		case 0:
			ev = l.fork()
		case 1:
			l.next(events.Exec).Exec = &l.exec
			ev.Process.Exe, ev.Process.Args, ev.Process.Full = "/bin/true", l.args, true
		case 2:
			l.next(events.Exit).Exit = &l.exit
		}
		if err := model.Apply(ev, tell); err != nil {
			return 0, 0, err
		}
	}
	took := time.Since(began)
	runtime.GC()
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	runtime.KeepAlive(model)
	return float64(took) / float64(n), float64(mem.HeapAlloc) / 1e6, nil
}

// lives makes events of processes that follow each other, in one event.
type lives struct {
	ev       events.Event
	now      uint64
	process  events.Process
	parent   events.Ref
	chain    events.PIDChain
	forkOf   events.ForkDetail
	exec     events.ExecDetail
	exit     events.ExitDetail
	args     events.Args
	lastLife int32
}

func newLives() *lives {
	ns := events.NSID{Inum: 4026531836, ID: 1}
	l := &lives{
		now: 1000, lastLife: 1, args: events.ArgsOf("true", "--really"),
		parent: events.Ref{Key: events.ProcKey{PID: 1, Start: 1}, Comm: "init"},
		chain:  events.PIDChain{{NS: ns, PID: 1}},
	}
	l.forkOf = events.ForkDetail{Creator: l.parent, CreatorNS: ns}
	return l
}

func (l *lives) next(kind events.Kind) *events.Event {
	l.now += 100
	l.ev = events.Event{Kind: kind, BootNS: l.now, Process: l.process}
	return &l.ev
}

func (l *lives) fork() *events.Event {
	l.lastLife = l.lastLife%(4<<20) + 2
	l.chain[0].PID = l.lastLife
	l.process = events.Process{
		Key: events.ProcKey{PID: l.lastLife, Start: l.now}, TID: l.lastLife, Parent: l.parent, Chain: l.chain, Comm: "true",
	}
	ev := l.next(events.Fork)
	ev.Process.Full, ev.Fork = true, &l.forkOf
	return ev
}

// replayed records a workload and reads it again.
func (b *bench) replayed() error {
	file := b.file("replayed") + ".zst"
	live, err := b.watch(b.file("ptrace-ns"), "-w", file)
	if err != nil {
		return err
	}
	_, err = b.run(workload{name: "spawn", n: 30_000})
	if err := errors.Join(err, live.stop()); err != nil {
		return err
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	lines, _, err := told(b.file("ptrace-ns"), os.Getpid())
	if err != nil {
		return err
	}
	b.printf("\nA recording of %d events: %.1f bytes an event. Replayed on one CPU, its start included, best of five\n", lines, float64(info.Size())/float64(lines))
	for _, format := range []string{"json", "text"} {
		best := time.Duration(0)
		for i := range 5 {
			cmd := exec.Command(b.program, "replay", "-q", "-o", format, file)
			cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
			if err := cmd.Run(); err != nil {
				return fmt.Errorf("replay: %w", err)
			}
			if took := used(cmd.ProcessState); i == 0 || took < best {
				best = took
			}
		}
		b.printf("replay -o %-12s %6.0f ns of CPU an event, %9.0f events a second\n", format,
			float64(best)/float64(lines), float64(lines)/best.Seconds())
	}
	return nil
}
