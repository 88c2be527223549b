//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// tracer is something that traces the whole machine while a workload runs.
type tracer struct {
	name string
	run  func(w workload) (traced, error)
}

// traced is what a workload took while it was traced, and what the tracer took
// meanwhile; zero where that is not known.
type traced struct {
	workload cost
	own      time.Duration
}

// live is a tracer that is started first and told to end when the workload has.
type live struct {
	name string
	argv []string
	// ready reports whether it traces.
	ready func(pid int, out string) bool
}

// tracers returns those that work on this machine, the floor and ours first, and says
// why the others do not.
func (b *bench) tracers() []tracer {
	usable := []tracer{
		{"floor", b.runFloor},
		{"ptrace-ns", b.liveRun(b.ourselves())},
		{"--latency", b.liveRun(b.ourselves("--latency"))},
	}
	others := []tracer{{"strace", b.runStrace}}
	for _, l := range b.peers() {
		others = append(others, tracer{l.name, b.liveRun(l)})
	}
	for _, t := range others {
		if _, err := t.run(workload{name: "fork", n: 10}); err != nil {
			b.printf("%s is not compared: %v\n", t.name, err)
			continue
		}
		usable = append(usable, t)
	}
	return usable
}

func (b *bench) ourselves(more ...string) live {
	argv := append([]string{b.program, "watch", "-o", "json", "--log-level", "error"}, more...)
	return live{"ptrace-ns", argv, hasOutput}
}

func (b *bench) peers() []live {
	const script = `BEGIN { printf("ready\n"); }
		tracepoint:sched:sched_process_fork { printf("fork %d %s -> %d\n", args->parent_pid, comm, args->child_pid); }
		tracepoint:sched:sched_process_exec { printf("exec %d %s %s\n", pid, comm, str(args->filename)); }
		tracepoint:sched:sched_process_exit { printf("exit %d %s\n", pid, comm); }`
	return []live{
		{"bpftrace", withTracefs("bpftrace", "-B", "line", "-e", script), func(_ int, out string) bool {
			text, err := os.ReadFile(out)
			return err == nil && strings.Contains(string(text), "ready")
		}},
		{"perf", withTracefs("perf", "record", "-q", "-a", "-o", b.file("perf.data"), "-e",
			"sched:sched_process_fork,sched:sched_process_exec,sched:sched_process_exit"), perfReads},
		{"forkstat", []string{"forkstat", "-l", "-e", "fork,exec,exit"}, hasOutput},
	}
}

func hasOutput(_ int, out string) bool {
	info, err := os.Stat(out)
	return err == nil && info.Size() > 0
}

// perfReads: it has mapped a buffer of each CPU, after which it enables all events.
func perfReads(pid int, _ string) bool {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil || strings.Count(string(maps), "[perf_event]") < runtime.NumCPU() {
		return false
	}
	time.Sleep(100 * time.Millisecond)
	return true
}

func (b *bench) file(name string) string { return filepath.Join(b.dir, name+".out") }

// withTracefs is a command in a mount namespace that has tracefs.
func withTracefs(argv ...string) []string {
	const mount = `test -d /sys/kernel/tracing/events || mount -t tracefs tracefs /sys/kernel/tracing; exec "$@"`
	return append([]string{"unshare", "--mount", "sh", "-c", mount, "sh"}, argv...)
}

// liveRun runs the workload under a live tracer. What it takes is looked at when it
// has had the time to read everything.
func (b *bench) liveRun(l live) func(workload) (traced, error) {
	return func(w workload) (traced, error) {
		watching, err := b.start(l, b.file(l.name))
		if err != nil {
			return traced{}, err
		}
		pid := watching.cmd.Process.Pid
		before, err := usedBy(pid)
		if err != nil {
			return traced{}, errors.Join(err, watching.stop())
		}
		c, err := b.run(w)
		time.Sleep(150 * time.Millisecond)
		after, usedErr := usedBy(pid)
		return traced{c, after - before}, errors.Join(err, usedErr, watching.stop())
	}
}

func (b *bench) runFloor(w workload) (traced, error) {
	f, err := openFloor()
	if err != nil {
		return traced{}, err
	}
	c, err := b.run(w)
	return traced{workload: c}, errors.Join(err, f.Close())
}

// runStrace is the tracer that needs no rights. Calls that make no process do not stop.
func (b *bench) runStrace(w workload) (traced, error) {
	c, err := b.run(w, "strace", "-f", "-q", "--seccomp-bpf", "-e", "trace=%process", "-o", b.file("strace"))
	return traced{workload: c}, err
}

// watching is a running tracer that has attached.
type watching struct {
	cmd    *exec.Cmd
	stderr *strings.Builder
}

// watch starts ptrace-ns and waits until it has attached.
func (b *bench) watch(path string, more ...string) (*watching, error) {
	return b.start(b.ourselves(more...), path)
}

// start starts a tracer with its output in a file, and waits until it is ready.
func (b *bench) start(l live, path string) (*watching, error) {
	out, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }() // written to by the child alone
	w := &watching{exec.Command(l.argv[0], l.argv[1:]...), &strings.Builder{}}
	w.cmd.Stdout, w.cmd.Stderr = out, w.stderr
	if err := w.cmd.Start(); err != nil {
		return nil, err
	}
	for range 2000 {
		if l.ready(w.cmd.Process.Pid, path) {
			return w, nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	return nil, errors.Join(fmt.Errorf("%s was not ready for 10 s: %s", l.name, w.stderr), w.stop())
}

func (l *watching) stop() error {
	if err := l.cmd.Process.Signal(syscall.SIGINT); err != nil {
		return errors.Join(err, l.cmd.Wait())
	}
	var exit *exec.ExitError
	err := l.cmd.Wait()
	if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGINT {
		return nil // how perf ends when it is told to
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(l.cmd.Path), err, l.stderr)
	}
	return nil
}

func withStderr(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Errorf("%w: %s", err, strings.Join(strings.Fields(string(exit.Stderr)), " "))
	}
	return err
}
