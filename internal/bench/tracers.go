//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// tracer runs a workload while something traces the whole machine.
type tracer struct {
	name string
	run  func(w workload) (cost, error)
}

// tracers returns those that work on this machine, ours first, and says why the
// others do not.
func (b *bench) tracers() []tracer {
	const tracepoints = "sched:sched_process_fork,sched:sched_process_exec,sched:sched_process_exit"
	script := `tracepoint:sched:sched_process_fork { printf("fork %d %s -> %d\n", args->parent_pid, comm, args->child_pid); }
		tracepoint:sched:sched_process_exec { printf("exec %d %s %s\n", pid, comm, str(args->filename)); }
		tracepoint:sched:sched_process_exit { printf("exit %d %s\n", pid, comm); }`
	usable := []tracer{{"ptrace-ns", b.runTraced}}
	for _, other := range []struct {
		name string
		argv func(w workload) []string
	}{
		{"bpftrace", func(w workload) []string {
			// Its -c takes one word list, and the paths here have no spaces.
			return []string{"bpftrace", "-o", b.file("bpftrace"), "-e", script, "-c", strings.Join(w.command(b), " ")}
		}},
		{"perf", func(w workload) []string {
			return append([]string{"perf", "record", "-q", "-a", "-o", b.file("perf"), "-e", tracepoints, "--"}, w.command(b)...)
		}},
	} {
		t := tracer{other.name, func(w workload) (cost, error) { return b.runUnder(other.argv(w)) }}
		if _, err := t.run(workload{name: "fork", n: 10}); err != nil {
			b.printf("%s is not compared: %v\n", other.name, err)
			continue
		}
		usable = append(usable, t)
	}
	return usable
}

func (b *bench) file(name string) string { return filepath.Join(b.dir, name+".out") }

// runUnder runs a tracer that starts the workload by itself once it is attached,
// in a mount namespace that has tracefs.
func (b *bench) runUnder(argv []string) (cost, error) {
	const mount = `test -d /sys/kernel/tracing/events || mount -t tracefs tracefs /sys/kernel/tracing; exec "$@"`
	cmd := exec.Command("unshare", append([]string{"--mount", "sh", "-c", mount, "sh"}, argv...)...)
	out, err := cmd.Output()
	if err != nil {
		return cost{}, withStderr(err)
	}
	for line := range strings.Lines(string(out)) {
		if c, err := parseCost(line); err == nil {
			return c, nil
		}
	}
	return cost{}, fmt.Errorf("workload was not run: %s", strings.TrimSpace(string(out)))
}

// runTraced runs the workload under ptrace-ns, every event written to a file.
func (b *bench) runTraced(w workload) (cost, error) {
	live, err := b.watch(b.file("ptrace-ns"))
	if err != nil {
		return cost{}, err
	}
	c, err := b.run(w)
	return c, errors.Join(err, live.stop())
}

// watching is a running ptrace-ns that has attached.
type watching struct {
	cmd    *exec.Cmd
	stderr *strings.Builder
}

// watch starts ptrace-ns and waits for the first line, which comes when all is
// attached.
func (b *bench) watch(path string, more ...string) (*watching, error) {
	out, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }() // written to by the child alone
	args := append([]string{"watch", "-o", "json", "--log-level", "error"}, more...)
	l := &watching{exec.Command(b.program, args...), &strings.Builder{}}
	l.cmd.Stdout, l.cmd.Stderr = out, l.stderr
	if err := l.cmd.Start(); err != nil {
		return nil, err
	}
	for range 2000 {
		if info, err := out.Stat(); err == nil && info.Size() > 0 {
			return l, nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	return nil, errors.Join(errors.New("ptrace-ns told nothing for 10 s"), l.stop())
}

func (l *watching) stop() error {
	if err := l.cmd.Process.Signal(syscall.SIGINT); err != nil {
		return err
	}
	if err := l.cmd.Wait(); err != nil {
		return fmt.Errorf("ptrace-ns: %w: %s", err, l.stderr)
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
