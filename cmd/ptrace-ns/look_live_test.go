//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// nested starts sleepers in two PID namespaces, one in the other, and waits until
// all of them run. What it returns ends them.
func nested(t *testing.T) *exec.Cmd {
	t.Helper()
	kerneltest.RequireTool(t, "unshare")
	cmd := exec.Command("unshare", "-pf", "sh", "-c", "sleep 61 & unshare -pf sh -c 'sleep 62 & exec sleep 63' & exec sleep 64")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// First those below: once it is dead they are not below it any more.
		for _, pid := range below(cmd.Process.Pid) {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		cmd.Process.Kill()
		cmd.Wait()
	})
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		sleepers := 0
		for _, pid := range below(cmd.Process.Pid) {
			if raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); string(raw) == "sleep\n" {
				sleepers++
			}
		}
		if sleepers == 4 {
			return cmd
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of 4 sleepers run", sleepers)
		}
	}
}

// below lists the processes below one, by /proc alone.
func below(pid int) []int {
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	var all []int
	for field := range strings.FieldsSeq(string(raw)) {
		if child, err := strconv.Atoi(field); err == nil {
			all = append(append(all, child), below(child)...)
		}
	}
	return all
}

// procStatus reads fields of /proc/PID/status.
func procStatus(t *testing.T, pid int, name string) []int {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	var all []int
	for line := range strings.Lines(string(raw)) {
		if values, ok := strings.CutPrefix(line, name+":"); ok {
			for field := range strings.FieldsSeq(values) {
				n, err := strconv.Atoi(field)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, n)
			}
		}
	}
	return all
}

// live runs a command on the kernel itself.
func live(t *testing.T, args ...string) string {
	t.Helper()
	a := newApp()
	var out, errOut output
	a.out, a.err = &out, &errOut
	root := newRoot(a)
	root.SetArgs(args)
	if err := root.Execute(); err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return out.String()
}

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

// injected starts a PID namespace and puts into it a child of this process, whom
// nobody waits for before reap is called.
func injected(t *testing.T) (init, member int, reap func()) {
	t.Helper()
	kerneltest.RequireTool(t, "unshare")
	inside := exec.Command("unshare", "-pf", "sleep", "63")
	inside.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	start(t, inside)
	init = await(t, inside.Process.Pid, "sleep")
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	own := openNS(t, "/proc/self/ns/pid")
	theirs := openNS(t, fmt.Sprintf("/proc/%d/ns/pid", init))
	if err := unix.Setns(theirs, unix.CLONE_NEWPID); err != nil {
		t.Fatal(err)
	}
	child := exec.Command("sleep", "64")
	err := child.Start()
	if back := unix.Setns(own, unix.CLONE_NEWPID); back != nil || err != nil {
		t.Fatal(back, err)
	}
	reap = func() { child.Process.Kill(); child.Wait() }
	t.Cleanup(reap)
	return init, child.Process.Pid, reap
}

// stuck kills the PID 1 of such a namespace: it waits in the kernel for the dead
// member, whose parent outside does not wait for it (N06).
func stuck(t *testing.T) (outside, init, member int) {
	t.Helper()
	init, member, _ = injected(t)
	syscall.Kill(init, syscall.SIGKILL)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		wchan, _ := os.ReadFile(fmt.Sprintf("/proc/%d/wchan", init))
		state, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", member))
		if string(wchan) == "zap_pid_ns_processes" && bytes.Contains(state, []byte(") Z ")) {
			return os.Getpid(), init, member
		}
		if time.Now().After(deadline) {
			t.Fatalf("PID 1 is in %q, the member is %s", wchan, state)
		}
	}
}

func start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
}

// await waits until a process has a child of that name.
func await(t *testing.T, parent int, comm string) int {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		for _, pid := range below(parent) {
			if raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); string(raw) == comm+"\n" {
				return pid
			}
		}
	}
	t.Fatalf("process %d has no child %s", parent, comm)
	return 0
}

func openNS(t *testing.T, path string) int {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return int(f.Fd())
}

// N06: a PID 1 that waits for a member in the kernel is no zombie, and its story
// names whom it waits for.
func TestLiveN06Ending(t *testing.T) {
	kerneltest.RequireBPF(t)
	outside, init, member := stuck(t)
	if got := live(t, "tree", "--exited", strconv.Itoa(init)); !strings.Contains(got, "<killed by SIGKILL, waits in the kernel for its namespace's members>") {
		t.Errorf("tree is %s", got)
	}
	got := live(t, "lineage", strconv.Itoa(init))
	for _, want := range []string{
		"It was killed by SIGKILL.\n  It still waits in the kernel for the other members of its namespace",
		fmt.Sprintf("waits for the zombie %d sleep, whose parent %d ", member, outside),
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "to be reaped by its parent") {
		t.Errorf("told as a zombie:\n%s", got)
	}
	out := live(t, "lineage", "-o", "json", strconv.Itoa(init))
	validate(t, "lineage", out)
	var doc struct {
		State     string
		Process   struct{ Zombie bool }
		Namespace struct {
			Waiting []struct{ Process, Parent struct{ PID int } } `json:"waiting_for"`
		}
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatal(err)
	}
	waits := doc.Namespace.Waiting
	if doc.State != "ending" || doc.Process.Zombie || len(waits) != 1 || waits[0].Process.PID != member || waits[0].Parent.PID != outside {
		t.Errorf("got %+v", doc)
	}
	if got := live(t, "lineage", strconv.Itoa(member)); !strings.Contains(got, fmt.Sprintf("The PID 1 of its namespace, %d sleep, has ended and waits", init)) {
		t.Errorf("the member's story is\n%s", got)
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
