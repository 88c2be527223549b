package tree

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// crowd is a source that reuses its events, as the live one does: a process under
// init is born, executes and ends, beside n others that just live.
type crowd struct {
	m                *Model
	init             events.Ref
	chain            events.PIDChain
	pid              int32
	now              uint64
	ev               events.Event
	fork             events.ForkDetail
	rename           events.RenameDetail
	exec             events.ExecDetail
	signal           events.SignalDetail
	exit             events.ExitDetail
	args             events.Args
	told             int
	tell             func(*events.Event) error
	firstPID, maxPID int32
}

func newCrowd(n int) *crowd {
	c := &crowd{m: New(Options{}), now: 1000, args: events.ArgsOf("sleep", "1000"), maxPID: 4 << 20}
	c.tell = func(*events.Event) error { c.told++; return nil }
	c.chain = events.PIDChain{{NS: events.NSID{Inum: 4026531836, ID: 1}, PID: 1}}
	c.init = events.Ref{Key: events.ProcKey{PID: 1, Start: 1}, Comm: "systemd"}
	c.put(events.Snapshot, events.Process{Key: c.init.Key, Comm: "systemd", Full: true})
	for range n {
		c.born()
	}
	c.firstPID = c.pid
	return c
}

func (c *crowd) put(kind events.Kind, p events.Process) {
	c.now += 100
	c.chain[0].PID = p.Key.PID
	p.Chain, p.TID = c.chain, p.Key.PID
	if p.Key.PID != 1 {
		p.Parent = c.init
	}
	c.ev = events.Event{Kind: kind, BootNS: c.now, Process: p}
	switch kind {
	case events.Fork:
		c.ev.Fork = &c.fork
	case events.Rename:
		c.ev.Rename = &c.rename
	case events.Exec:
		c.ev.Exec = &c.exec
	case events.Signal:
		c.ev.Signal = &c.signal
	case events.Exit:
		c.ev.Exit = &c.exit
	}
	if err := c.m.Apply(&c.ev, c.tell); err != nil {
		panic(err)
	}
}

func (c *crowd) born() events.ProcKey {
	if c.pid++; c.pid < 2 || c.pid == c.maxPID {
		c.pid = max(2, c.firstPID+1)
	}
	key := events.ProcKey{PID: c.pid, Start: c.now}
	c.fork = events.ForkDetail{Creator: c.init, CreatorNS: c.chain[0].NS}
	c.put(events.Fork, events.Process{Key: key, Comm: "systemd", Full: true})
	return key
}

// life is four records: fork, the rename inside the exec, exec, exit.
func (c *crowd) life() {
	key := c.runs()
	c.exit = events.ExitDetail{Reaper: c.init, ReaperReason: events.ReparentInit, Threads: 1}
	c.put(events.Exit, events.Process{Key: key, Comm: "sleep"})
}

// runs is somebody born who has executed.
func (c *crowd) runs() events.ProcKey {
	key := c.born()
	c.rename = events.RenameDetail{OldComm: "systemd", InExec: true}
	c.put(events.Rename, events.Process{Key: key, Comm: "sleep"})
	c.put(events.Exec, events.Process{Key: key, Comm: "sleep", Exe: "/usr/bin/sleep", Args: c.args, Full: true})
	return key
}

// sizes are the crowds that the benchmarks measure.
var sizes = []int{1_000, 10_000, 100_000, 1_000_000}

// BenchmarkApply measures one record of lives that come and go beside a crowd.
func BenchmarkApply(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("live=%d", n), func(b *testing.B) {
			c := newCrowd(n)
			for range 2 * DefaultKeep {
				c.life()
			}
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				c.life()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(4*b.N), "ns/event")
		})
	}
}

// BenchmarkLive measures what a live process costs to keep, each with an image and
// arguments of its own.
func BenchmarkLive(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("live=%d", n), func(b *testing.B) {
			for range b.N {
				before := heap()
				c := newCrowd(0)
				for range n {
					c.runs()
				}
				b.ReportMetric(float64(heap()-before)/float64(n), "bytes/process")
				runtime.KeepAlive(c)
			}
		})
	}
}

func heap() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// Endless churn costs no more memory than a little of it. TREE_CHURN says how many
// lives that is.
func TestChurnIsFlat(t *testing.T) {
	lives := 1_000_000
	if text := os.Getenv("TREE_CHURN"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("TREE_CHURN: %v", err)
		}
		lives = n
	}
	c := newCrowd(100)
	for range 4 * DefaultKeep {
		c.life()
	}
	before, start := heap(), time.Now()
	for range lives {
		c.life()
	}
	took, after := time.Since(start), heap()
	if after > before+before/4+64<<10 {
		t.Errorf("heap grew from %d to %d bytes", before, after)
	}
	if s := c.m.Stats(); s.Live != 101 || s.Known != 101+DefaultKeep {
		t.Errorf("stats are %+v", s)
	}
	t.Logf("%d lives in %v, heap %d then %d bytes", lives, took, before, after)
	runtime.KeepAlive(c)
}

// A life allocates nothing: whatever it has, somebody dead had before.
func TestLifeAllocations(t *testing.T) {
	c := newCrowd(10)
	for range 2 * DefaultKeep {
		c.life()
	}
	if n := testing.AllocsPerRun(1000, c.life); n != 0 {
		t.Errorf("%v allocations a life, want none", n)
	}
}

// TestSeldomLifeAllocations: of lives that end by a signal whose sender is known, or that
// begin a container, only what is kept of that is new: who ended it, and the container.
func TestSeldomLifeAllocations(t *testing.T) {
	for _, tt := range []struct {
		name      string
		container *events.Container
		killed    bool
		most      float64
	}{
		{"killed", nil, true, 1},
		{"in a container", &events.Container{ID: "c1", Runtime: "docker"}, false, 2},
	} {
		c := newCrowd(10)
		kill := events.SignalDetail{Signal: sigKill, Sender: c.init, Origin: events.OriginUser}
		life := func() {
			key := c.runs()
			c.exit = events.ExitDetail{Reaper: c.init, ReaperReason: events.ReparentInit, Threads: 1}
			if tt.container != nil {
				c.put(events.Exec, events.Process{Key: key, Comm: "x", Exe: "/bin/x", Args: c.args, Full: true, Container: tt.container})
			}
			if tt.killed {
				c.signal = kill
				c.put(events.Signal, events.Process{Key: key, Comm: "sleep"})
				c.exit.Status = killed
			}
			c.put(events.Exit, events.Process{Key: key, Comm: "sleep"})
		}
		for range 2 * DefaultKeep {
			life()
		}
		if n := testing.AllocsPerRun(1000, life); n > tt.most {
			t.Errorf("%s: %v allocations a life, want at most %v", tt.name, n, tt.most)
		}
	}
}

// A chain of forks whose ancestors all end is forgotten without deep recursion.
func TestLongChainForgotten(t *testing.T) {
	k := newKernel(true)
	p := k.init
	var chain []*task
	for range 2000 {
		p = k.fork(p, 0)
		chain = append(chain, p)
	}
	m := New(Options{Keep: 1})
	apply(t, m, k.log)
	n := len(k.log)
	for _, p := range chain {
		k.die(p, events.ExitStatus{})
	}
	apply(t, m, k.log[n:])
	if s := m.Stats(); s.Live != 1 || s.Known != 2 {
		t.Errorf("stats are %+v", s)
	}
}
