//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// screen is what a command has written so far.
type screen struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// await waits until the text is there.
func (s *screen) await(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(s.String(), text); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %q in\n%s", text, s)
		}
	}
}

// background runs a command until it ends or the test does.
func background(t *testing.T, args ...string) (shown *screen, ended <-chan error) {
	t.Helper()
	shown, ended, _ = interruptable(t, args...)
	return shown, ended
}

// interruptable runs a command until it ends, the test does, or stop is called.
func interruptable(t *testing.T, args ...string) (shown *screen, ended <-chan error, stop func()) {
	t.Helper()
	shown = &screen{}
	a := newApp()
	a.out, a.err = shown, io.Discard
	root := newRoot(a)
	root.SetArgs(args)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	var all sync.WaitGroup
	all.Go(func() {
		err := root.ExecuteContext(ctx)
		if err != nil {
			t.Logf("%v: %v", args, err)
		}
		done <- err
	})
	t.Cleanup(all.Wait)
	t.Cleanup(cancel)
	return shown, done, cancel
}

// N06, recorded: what a look at the machine would have shown at a moment, the recording
// shows of that moment.
func TestLiveN06Recorded(t *testing.T) {
	kerneltest.RequireBPF(t)
	init, member, reap := injected(t)
	pid, path := strconv.Itoa(init), filepath.Join(t.TempDir(), "stuck.ndjson")
	watch, ended, stop := interruptable(t, "watch", "-o", "json", "--pidns", strconv.FormatUint(inumOf(t, init), 10), "-w", path)
	watch.await(t, `"event":"header"`)
	syscall.Kill(init, syscall.SIGKILL)
	watch.await(t, `"init_state":"waits"`)
	reap()
	for deadline := time.Now().Add(20 * time.Second); strings.Count(watch.String(), `"event":"pidns_wait"`) < 2; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it is not told that PID 1 waits no longer:\n%s", watch)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	seqs := seqsOf(t, watch.String(), "pidns_wait")
	waits := fmt.Sprintf("the zombie %d sleep, whose parent %d %s lives outside", member, os.Getpid(), comm(t))
	for _, c := range []struct {
		args        []string
		has, hasNot string
	}{
		{[]string{"namespaces", "--at", seqs[0]}, "waiting for " + waits, ""},
		{[]string{"tree", "--at", seqs[0]}, "waits in the kernel for its namespace's members", ""},
		{[]string{"lineage", "--at", seqs[0], pid}, waits, "over"},
		{[]string{"namespaces", "--at", seqs[1]}, "PIDNS", pid + "→1"},
		{[]string{"lineage", "--at", seqs[1], pid}, "in which nothing lives any more", "wait"},
	} {
		r := (&fake{}).execute(t, func(a *app) { a.getenv = func(string) string { return "C.UTF-8" } }, append(c.args, "-r", path)...)
		if r.code != 0 || !strings.Contains(r.out, c.has) || c.hasNot != "" && strings.Contains(r.out, c.hasNot) {
			t.Errorf("%v: %v, want %q and not %q in\n%s", c.args, r.err, c.has, c.hasNot, r.out)
		}
	}
}

// seqsOf returns the places of a kind's events in a stream, two at least.
func seqsOf(t *testing.T, stream, kind string) (all []string) {
	t.Helper()
	for line := range strings.Lines(stream) {
		var ev struct {
			Seq   int
			Event string
		}
		if err := json.Unmarshal([]byte(line), &ev); err != nil {
			t.Fatal(err)
		}
		if ev.Event == kind {
			all = append(all, strconv.Itoa(ev.Seq))
		}
	}
	if len(all) < 2 {
		t.Fatalf("%d events %s", len(all), kind)
	}
	return all
}

// inumOf returns the number of a process's PID namespace.
func inumOf(t *testing.T, pid int) uint64 {
	t.Helper()
	info, err := os.Stat(fmt.Sprintf("/proc/%d/ns/pid", pid))
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Ino
}

// N06, as it happens: what follows the namespace says that its PID 1 waits in the
// kernel, and for whom, as long as it does and no longer.
func TestLiveN06Stream(t *testing.T) {
	kerneltest.RequireBPF(t)
	init, member, reap := injected(t)
	pid := strconv.Itoa(init)
	lineage, told := background(t, "lineage", "--live", pid)
	document, documented := background(t, "lineage", "--live", "-o", "json", "--timeout", "60s", pid)
	watch, _ := background(t, "watch", "-q", "--tree", "--interval", "100ms", "-p", pid)
	lineage.await(t, "It is alive")
	watch.await(t, "\nPIDNS ")
	syscall.Kill(init, syscall.SIGKILL)

	waits := fmt.Sprintf("the zombie %d sleep, whose parent %d %s lives outside", member, os.Getpid(), comm(t))
	lineage.await(t, "No process lives in the namespace any more; its PID 1 waits in the kernel for "+waits)
	watch.await(t, "no process lives in it any more\n")
	watch.await(t, "waiting for "+waits)
	watch.await(t, "waits in the kernel for its namespace's members>")
	if now := procStatus(t, init, "PPid"); len(now) != 1 {
		t.Errorf("PID 1 has the parents %v", now)
	}
	if got := watch.String(); strings.Contains(got, "over for ") {
		t.Errorf("told as over:\n%s", got)
	}
	select {
	case err := <-told:
		t.Errorf("the story ended, with %v, before PID 1 did", err)
	default:
	}

	reap()
	if err := <-told; err != nil {
		t.Error(err)
	}
	lineage.await(t, "It waits no longer: all other members are reaped.\n")
	watch.await(t, "over for ")
	if err := <-documented; err != nil {
		t.Error(err)
	}
	var doc struct {
		State     string
		Namespace struct {
			Waits   bool  `json:"init_waits"`
			Waiting []any `json:"waiting_for"`
		}
	}
	validate(t, "lineage", document.String())
	if err := json.Unmarshal([]byte(document.String()), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.State != "exited" || doc.Namespace.Waits || len(doc.Namespace.Waiting) > 0 {
		t.Errorf("at the end the document has %+v", doc)
	}
}

// A follower that is ended while PID 1 waits has that in its document.
func TestLiveN06Document(t *testing.T) {
	kerneltest.RequireBPF(t)
	init, member, _ := injected(t)
	lineage, _ := background(t, "lineage", "--live", strconv.Itoa(init))
	document, documented := background(t, "lineage", "--live", "-o", "json", "--timeout", "8s", strconv.Itoa(init))
	lineage.await(t, "It is alive")
	syscall.Kill(init, syscall.SIGKILL)
	lineage.await(t, "its PID 1 waits in the kernel for the zombie ")
	if err := <-documented; err != nil {
		t.Error(err)
	}
	validate(t, "lineage", document.String())
	var doc struct {
		State     string
		Namespace struct {
			Dying   bool
			Waits   bool `json:"init_waits"`
			Waiting []struct {
				Process, Parent struct{ PID int }
				Zombie          bool
			} `json:"waiting_for"`
		}
	}
	if err := json.Unmarshal([]byte(document.String()), &doc); err != nil {
		t.Fatal(err)
	}
	ns := doc.Namespace
	if doc.State != "ending" || !ns.Dying || !ns.Waits || len(ns.Waiting) != 1 ||
		ns.Waiting[0].Process.PID != member || ns.Waiting[0].Parent.PID != os.Getpid() || !ns.Waiting[0].Zombie {
		t.Errorf("the document has %+v:\n%s", doc, document)
	}
}

// comm is this process's name.
func comm(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(string(raw), "\n")
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
		"It was killed by SIGKILL; who sent that was not seen.\n  It still waits in the kernel for the other members of its namespace",
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
