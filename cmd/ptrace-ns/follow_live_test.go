//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
	"github.com/ptrace-ns/ptrace-ns/internal/scenario"
	"github.com/ptrace-ns/ptrace-ns/tracer"
)

// TestFollowInKernel: a tracer that has others left out in the kernel tells of a process
// and its descendants what one tells that reads everything, amid others' noise.
func TestFollowInKernel(t *testing.T) {
	kerneltest.RequireBPF(t)
	noise(t)
	for _, sc := range scenario.All() {
		t.Run(sc.ID, func(t *testing.T) {
			h := scenario.Start(t, sc.ID)
			awaitName(t, h.PID(), "pn-"+sc.ID+"-")
			both(t, h.PID(), func(*following, *following) {
				h.Go()
				h.Wait()
			})
		})
	}
}

// unseenAncestors is how many are shown at least of those above a sender.
const unseenAncestors = 15

// TestFollowKilledFromOutside: by a process that was born unseen, as its parent was. The
// end names all of them.
func TestFollowKilledFromOutside(t *testing.T) {
	kerneltest.RequireBPF(t)
	pid := root(t, "sleep", "60")
	both(t, pid, func(alone, all *following) {
		// Each shell runs the next, and so has it for a child: $1 are left.
		line := `if [ $1 -gt 0 ]; then sh -c "$0" "$0" $(($1-1)) $2; else kill -9 $2; fi; true`
		run(t, "sh", "-c", line, line, strconv.Itoa(unseenAncestors), strconv.Itoa(pid))
		alone.told.await(t, pid, events.Exit)
		all.told.await(t, pid, events.Exit)
		alone.told.mu.Lock()
		defer alone.told.mu.Unlock()
		if len(alone.told.of) != 1 {
			t.Errorf("told of %d processes, want the victim alone", len(alone.told.of))
		}
		for key, lines := range alone.told.of {
			if key.PID != int32(pid) || strings.Count(strings.Join(lines, ""), `"comm":"sh"`) < unseenAncestors {
				t.Errorf("%v: %q, want its killer and %d of that one's ancestors", key, lines, unseenAncestors)
			}
		}
	})
}

// TestFollowDead: signals to one who is dead and not waited for are told, too.
func TestFollowDead(t *testing.T) {
	kerneltest.RequireBPF(t)
	pid := root(t, "sh", "-c", "sleep 60 & exec sleep 61")
	dead := childOf(t, pid, "sleep")
	both(t, pid, func(alone, all *following) {
		for range 3 {
			run(t, "sh", "-c", fmt.Sprintf("kill -9 %d", dead))
			alone.told.await(t, dead, events.Exit)
		}
		all.told.await(t, dead, events.Exit)
	})
}

// TestFollowNamespace: who is in a namespace of the followed and does not descend from
// them, from before or since, ends it with them.
func TestFollowNamespace(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "nsenter")
	kerneltest.RequireTool(t, "unshare")
	pid := root(t, "unshare", "-pf", "sleep", "60")
	init := childOf(t, pid, "sleep")
	enter := func() int {
		before := root(t, "nsenter", "-t", strconv.Itoa(init), "-p", "sh", "-c", "sleep 62; true")
		return childOf(t, childOf(t, before, "sh"), "sleep")
	}
	enter()
	both(t, pid, func(alone, all *following) {
		enter()
		run(t, "sh", "-c", fmt.Sprintf("kill -9 %d", init))
		alone.told.await(t, init, events.PidnsDestroy)
		all.told.await(t, init, events.PidnsDestroy)
	})
}

// TestFollowAwaited: who comes from outside into a namespace of the followed, has a child
// there and does not wait for it keeps that namespace from ending, and is named.
func TestFollowAwaited(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "nsenter")
	kerneltest.RequireTool(t, "unshare")
	pid := root(t, "unshare", "-pf", "sleep", "60")
	init := childOf(t, pid, "sleep")
	o := tracer.Options{Follow: &tracer.Follow{PIDs: []int32{int32(pid)}}}
	alone := followBy(t, pid, o, tracer.DeriveLive)
	parent := root(t, "nsenter", "-t", strconv.Itoa(init), "-p", "sleep", "62")
	child := childOf(t, parent, "sleep")
	if err := syscall.Kill(parent, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	run(t, "sh", "-c", fmt.Sprintf("kill -9 %d", init))
	alone.told.awaitLine(t, init, `"event":"pidns_wait"`, fmt.Sprintf(`"pid":%d}`, child), fmt.Sprintf(`"pid":%d}`, parent))
	alone.end()
}

// TestFollowNestedFromBefore: a namespace that one from outside made in that of the
// followed, before they were, ends with theirs, and so do those born in it since.
func TestFollowNestedFromBefore(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "nsenter")
	kerneltest.RequireTool(t, "unshare")
	fifo := filepath.Join(t.TempDir(), "go")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	pid := root(t, "unshare", "-pf", "sleep", "60")
	init := childOf(t, pid, "sleep")
	outside := root(t, "nsenter", "-t", strconv.Itoa(init), "-p", "unshare", "-pf", "sh", "-c", `read go <"$0"; sleep 62 & wait`, fifo)
	nested := childOf(t, childOf(t, outside, "unshare"), "sh")
	both(t, pid, func(alone, all *following) {
		if err := os.WriteFile(fifo, []byte("go\n"), 0); err != nil {
			t.Fatal(err)
		}
		childOf(t, nested, "sleep")
		run(t, "sh", "-c", fmt.Sprintf("kill -9 %d", init))
		alone.told.await(t, init, events.PidnsDestroy)
		all.told.await(t, init, events.PidnsDestroy)
	})
}

// TestFollowIntoNamespace: of a namespace that others made unseen, PID 1 is known.
func TestFollowIntoNamespace(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "nsenter")
	kerneltest.RequireTool(t, "unshare")
	fifo := filepath.Join(t.TempDir(), "go")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	pid := root(t, "sh", "-c", `read ns <"$0"; nsenter -t $ns -p sh -c 'sleep 62 & wait'`, fifo)
	both(t, pid, func(alone, all *following) {
		init := childOf(t, root(t, "unshare", "-pf", "sleep", "60"), "sleep")
		if err := os.WriteFile(fifo, fmt.Append(nil, init, "\n"), 0); err != nil {
			t.Fatal(err)
		}
		shell := childOf(t, childOf(t, pid, "nsenter"), "sh")
		sleep := childOf(t, shell, "sleep")
		run(t, "sh", "-c", fmt.Sprintf("kill -9 %d", shell))
		alone.told.await(t, sleep, events.Reparent)
		run(t, "sh", "-c", fmt.Sprintf("kill -9 %d", init))
		alone.told.await(t, sleep, events.Exit)
		all.told.await(t, sleep, events.Exit)
	})
}

// TestFollowAdopted: an orphan is given to a subreaper that is not followed, and stays.
func TestFollowAdopted(t *testing.T) {
	kerneltest.RequireBPF(t)
	pid := root(t, "sh", "-c", "sleep 60 & exec sleep 61")
	sleep := childOf(t, pid, "sleep")
	both(t, pid, func(alone, all *following) {
		run(t, "sh", "-c", fmt.Sprintf("kill -9 %d", pid))
		alone.told.await(t, sleep, events.Reparent)
		all.told.await(t, sleep, events.Reparent)
		run(t, "sh", "-c", fmt.Sprintf("kill -TERM %d", sleep))
		alone.told.await(t, sleep, events.Exit)
		all.told.await(t, sleep, events.Exit)
	})
}
