//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

type liveNode struct {
	Process struct {
		PID, PPID int
		PIDs      []struct{ NS, PID int }
	}
	Children []liveNode
}

func (n liveNode) each(do func(liveNode)) {
	do(n)
	for _, c := range n.Children {
		c.each(do)
	}
}

// The tree of own processes is that of /proc, at every level.
func TestLiveTree(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.CheckLeaks(t)
	root := nested(t).Process.Pid
	out := live(t, "tree", "-o", "json", strconv.Itoa(root))
	validate(t, "tree", out)
	var roots []liveNode
	if err := json.Unmarshal([]byte(out), &roots); err != nil {
		t.Fatal(err)
	}
	if len(roots) != 1 || roots[0].Process.PID != root {
		t.Fatalf("roots: %s", out)
	}
	want := append(below(root), root)
	seen := map[int]bool{}
	roots[0].each(func(n liveNode) {
		pid := n.Process.PID
		seen[pid] = true
		var pids []int
		for _, e := range n.Process.PIDs {
			pids = append(pids, e.PID)
		}
		if got, want := fmt.Sprint(pids), fmt.Sprint(procStatus(t, pid, "NSpid")); got != want {
			t.Errorf("process %d: PIDs %s, want %s", pid, got, want)
		}
		if want := procStatus(t, pid, "PPid"); len(want) != 1 || n.Process.PPID != want[0] {
			t.Errorf("process %d: parent %d, want %v", pid, n.Process.PPID, want)
		}
		for _, c := range n.Children {
			if c.Process.PPID != pid {
				t.Errorf("process %d is below %d, and a child of %d", c.Process.PID, pid, c.Process.PPID)
			}
		}
	})
	if len(seen) != len(want) {
		t.Errorf("%d processes, want %d", len(seen), len(want))
	}
	for _, pid := range want {
		if !seen[pid] {
			t.Errorf("process %d is missing", pid)
		}
	}
}

type liveNamespace struct {
	Pidns    struct{ Inum, Parent, Level int }
	Init     struct{ PID int }
	Members  int
	Children []liveNamespace
}

// The namespaces are those of lsns: inum, PID 1 and number of processes.
func TestLiveNamespaces(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.CheckLeaks(t)
	kerneltest.RequireTool(t, "lsns")
	root := nested(t).Process.Pid
	out := live(t, "namespaces", "-o", "json")
	validate(t, "namespaces", out)
	var all []liveNamespace
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		t.Fatal(err)
	}
	known := map[int]liveNamespace{}
	var add func([]liveNamespace)
	add = func(some []liveNamespace) {
		for _, ns := range some {
			known[ns.Pidns.Inum] = ns
			add(ns.Children)
		}
	}
	add(all)
	own := map[int]bool{}
	for _, pid := range below(root) {
		if info, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", pid)); err == nil {
			inum, _ := strconv.Atoi(strings.Trim(info, "pid:[]"))
			own[inum] = true
		}
	}
	// It fails when it could not look at somebody else's process; ours are listed.
	listed, _ := exec.Command("lsns", "-rn", "-t", "pid", "-o", "NS,NPROCS,PID").Output()
	found, levels := 0, map[int]bool{}
	for line := range strings.Lines(string(listed)) {
		var inum, members, pid int
		if _, err := fmt.Sscan(line, &inum, &members, &pid); err != nil || !own[inum] {
			continue
		}
		found++
		ns := known[inum]
		levels[ns.Pidns.Level] = true // in no order: inums are recycled
		if ns.Members != members || ns.Init.PID != pid {
			t.Errorf("namespace %d is %+v, lsns says %s", inum, ns, line)
		}
	}
	if found != 2 || !levels[1] || !levels[2] {
		t.Errorf("lsns knows %d of 2 namespaces, at levels %v:\n%s", found, levels, listed)
	}
}

// A process's ancestors are those of /proc, up to PID 1.
func TestLiveLineage(t *testing.T) {
	kerneltest.RequireBPF(t)
	out := live(t, "lineage", "-o", "json", strconv.Itoa(os.Getpid()))
	validate(t, "lineage", out)
	var doc struct{ Ancestors []struct{ PID int } }
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatal(err)
	}
	var want []int
	for pid := os.Getpid(); pid != 1; {
		pid = procStatus(t, pid, "PPid")[0]
		want = append(want, pid)
	}
	var got []int
	for _, a := range doc.Ancestors {
		got = append(got, a.PID)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("ancestors %v, want %v", got, want)
	}
}

// Any thread of this process but its leader is found as one of it.
func TestLiveLeader(t *testing.T) {
	tid := 0
	for done := make(chan int); tid == 0 || tid == os.Getpid(); {
		go func() {
			runtime.LockOSThread()
			done <- unix.Gettid()
			<-done
			runtime.UnlockOSThread()
		}()
		tid = <-done
		if got, want := leaderOf(int32(tid)), os.Getpid(); tid != want && int(got) != want {
			t.Errorf("thread %d is of process %d, want %d", tid, got, want)
		}
		done <- 0
	}
	if got := leaderOf(int32(os.Getpid())); got != 0 {
		t.Errorf("this process is a thread of %d", got)
	}
}

// T15: who traces is told beside the parent.
func TestLiveT15Traced(t *testing.T) {
	kerneltest.RequireBPF(t)
	sh := exec.Command("sh", "-c", "sleep 61 & wait")
	start(t, sh)
	child := await(t, sh.Process.Pid, "sleep")
	t.Cleanup(func() { syscall.Kill(child, syscall.SIGKILL) })
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.PtraceSeize(child); err != nil {
		t.Fatal(err)
	}
	traced := fmt.Sprintf("traced by %d %s", os.Getpid(), comm(t))
	if got := live(t, "tree", strconv.Itoa(sh.Process.Pid)); strings.Count(got, traced) != 1 || !strings.Contains(got, fmt.Sprintf("%d sleep %s", child, traced)) {
		t.Errorf("tree is\n%s", got)
	}
	story := live(t, "lineage", strconv.Itoa(child))
	for _, want := range []string{"It is " + traced + ", which is not its parent.\n", fmt.Sprintf("It is a child of %d sh", sh.Process.Pid)} {
		if !strings.Contains(story, want) {
			t.Errorf("no %q in\n%s", want, story)
		}
	}
	out := live(t, "tree", "-o", "json", strconv.Itoa(child))
	validate(t, "tree", out)
	var doc []struct {
		Process struct{ Ptracer struct{ PID int } }
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc) != 1 || doc[0].Process.Ptracer.PID != os.Getpid() {
		t.Errorf("ptracer is %+v", doc)
	}
}

// An orphan's new parent is told twice: foretold at once, then seen in /proc.
func TestLiveReparentIsConfirmed(t *testing.T) {
	kerneltest.RequireBPF(t)
	out := live(t, "watch", "-q", "-o", "json", "-e", "reparent", "--scope", "command", "--", "sh", "-c", "(sleep 2 &); sleep 0.3; exit 0")
	var told []string
	for line := range strings.Lines(out) {
		var doc struct {
			Event        string
			Seq, Cause   int
			Confirmed    bool
			To, Foretold struct{ PID int }
			Process      struct{ PID int }
		}
		if err := json.Unmarshal([]byte(line), &doc); err != nil {
			t.Fatal(err)
		}
		if doc.Event == "reparent" {
			told = append(told, fmt.Sprintf("%t %t", doc.Confirmed, doc.Foretold.PID == doc.To.PID))
		}
	}
	if got := strings.Join(told, ", "); got != "false false, true true" {
		t.Errorf("told %s in\n%s", got, out)
	}
}
