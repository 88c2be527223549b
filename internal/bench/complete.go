//go:build linux

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// complete tells how many of the births that there were each tracer told: of processes and
// threads whose maker has the workload's name, which nobody else on the machine has. What
// there was is counted in the kernel, by a program that is no tracer's.
func (b *bench) complete() error {
	b.saying("completeness")
	b.printf("\nBirths told of those that there were, threads included, buffers as they are by default\n")
	tellers := []live{b.ourselves("--threads")}
	for _, l := range b.peers() {
		if l.name == "forkstat" {
			l.argv = []string{"forkstat", "-l", "-e", "fork,clone"}
		}
		if _, err := exec.LookPath(l.name); err != nil {
			b.printf("%s is not compared: %v\n", l.name, err)
			continue
		}
		tellers = append(tellers, l)
	}
	for _, w := range b.makers() {
		for _, l := range tellers {
			if err := b.toldOf(w, l); err != nil {
				return fmt.Errorf("%s under %s: %w", w.name, l.name, err)
			}
		}
	}
	return nil
}

// maker is a command that makes processes or threads, by whose name they are known.
type maker struct {
	name, comm string
	argv       []string
}

func (b *bench) makers() (makers []maker) {
	for _, w := range all {
		if w.name == "getppid" || w.name == "pingpong" {
			continue // make none to speak of
		}
		makers = append(makers, maker{w.name, "pn-bench", w.command(b)})
	}
	if _, err := exec.LookPath("stress-ng"); err != nil {
		b.printf("stress-ng is not there: %v\n", err)
		return makers
	}
	each, long := strconv.Itoa(runtime.NumCPU()), strconv.Itoa(int(b.stress.Seconds()))
	return append(makers, maker{"stress-ng", "stress-n", []string{
		"stress-ng", "--fork", each, "--exec", each, "--clone", each, "--timeout", long, "--temp-path", b.dir, "--quiet",
	}})
}

// toldOf runs the maker under the tracer, and counts.
func (b *bench) toldOf(w maker, l live) error {
	path := b.file("complete")
	watching, err := b.start(l, path)
	if err != nil {
		return err
	}
	truth, err := openCensus(w.comm)
	if err != nil {
		return errors.Join(err, watching.stop())
	}
	out, err := exec.Command(w.argv[0], w.argv[1:]...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(out))
	}
	there, countErr := truth.births()
	time.Sleep(150 * time.Millisecond)
	if err := errors.Join(err, countErr, truth.Close(), watching.stop()); err != nil {
		return err
	}
	told, err := l.births(b, path, w.comm)
	if err != nil {
		return err
	}
	b.printf("%-10s %-10s %9d of %9d  %6.2f %%\n", w.name, l.name, told, there, 100*float64(told)/float64(there))
	return nil
}

// births counts those that the tracer has told, in what it wrote.
func (l live) births(b *bench, path, comm string) (n int, err error) {
	if l.name == "perf" {
		argv := withTracefs("perf", "script", "-i", b.file("perf.data"), "-F", "comm,event")
		script := exec.Command(argv[0], argv[1:]...)
		out, err := os.Create(path)
		if err != nil {
			return 0, err
		}
		script.Stdout = out
		if err := errors.Join(script.Run(), out.Close()); err != nil {
			return 0, err
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }() // only read
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if l.tellsBirth(lines.Text(), comm) {
			n++
		}
	}
	return n, lines.Err()
}

// tellsBirth reports whether a line of the tracer's output tells a birth by that maker.
func (l live) tellsBirth(line, comm string) bool {
	switch l.name {
	case "ptrace-ns":
		return (strings.Contains(line, `"event":"fork"`) || strings.Contains(line, `"event":"thread_start"`)) &&
			strings.Contains(line, `"comm":"`+comm)
	case "bpftrace":
		return strings.HasPrefix(line, "fork ") && strings.Contains(line, " "+comm)
	case "perf":
		return strings.Contains(line, "sched_process_fork") && strings.HasPrefix(strings.TrimSpace(line), comm)
	default: // forkstat has names from /proc, too late for many: each of its births counts
		return strings.Contains(line, " parent ") && (strings.Contains(line, " fork ") || strings.Contains(line, " clone "))
	}
}
