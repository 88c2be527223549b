//go:build linux

package tracer

import (
	"context"
	"os"
	"strconv"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// A census gives every process that /proc has before and after it, with parent,
// and leaves nothing loaded.
func TestCensus(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.CheckLeaks(t)
	before := procPIDs(t)
	census, err := TakeCensus(nil)
	if err != nil {
		t.Fatal(err)
	}
	after := procPIDs(t)
	model := tree.New(tree.Options{})
	if err := Run(context.Background(), census, Derive(model)); err != nil {
		t.Fatal(err)
	}
	for pid := range before {
		if !after[pid] {
			continue
		}
		if p, ok := model.ByPID(pid); !ok || p.Comm == "" {
			t.Errorf("process %d is missing", pid)
		}
	}
	self, ok := model.ByPID(int32(os.Getpid()))
	if !ok {
		t.Fatal("the test itself is missing")
	}
	if parent, ok := self.Parent(); !ok || int(parent.Key.PID) != os.Getppid() {
		t.Errorf("parent is %v, want %d", parent, os.Getppid())
	}
	if i := self.Image(); i == nil || i.Args.Len() != len(os.Args) {
		t.Errorf("image is %+v", i)
	}
}

func procPIDs(t *testing.T) map[int32]bool {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	all := map[int32]bool{}
	for _, e := range entries {
		pid, err := strconv.ParseInt(e.Name(), 10, 32)
		if err != nil {
			continue
		}
		// What a security module hides from root, it hides from the iterator, too.
		if _, err := os.Readlink("/proc/" + e.Name() + "/ns/pid"); err == nil {
			all[int32(pid)] = true
		}
	}
	return all
}

// The threads of this process are those of its task directory, but the leader.
func TestThreads(t *testing.T) {
	kerneltest.RequireBPF(t)
	census, err := TakeCensus(nil)
	if err != nil {
		t.Fatal(err)
	}
	var self events.ProcKey
	for {
		ev, err := census.Next(context.Background())
		if err != nil {
			break
		}
		if ev.Process.Key.PID == int32(os.Getpid()) {
			self = ev.Process.Key
		}
	}
	entries, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	threads := Threads(self)
	if len(threads) < len(entries)-1 || len(threads) == 0 {
		t.Fatalf("%d threads, the directory has %d", len(threads), len(entries))
	}
	for _, th := range threads {
		if len(th.PIDs) != 1 || th.PIDs[0] != th.TID || th.TID == self.PID || th.Comm == "" {
			t.Errorf("thread %+v", th)
		}
	}
	other := self
	other.Start += 1_000_000_000
	if got := Threads(other); got != nil {
		t.Errorf("another process of that number has %d threads", len(got))
	}
}
