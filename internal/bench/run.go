//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// What make bench has built before, seen from the module's root.
const (
	program   = "bin/ptrace-ns"
	workloads = "bin/helpers/pn-bench"
	results   = "docs/bench"
)

// bench is one run of the harness.
type bench struct {
	pairs    int
	lives    int           // events that are folded at most
	only     []string      // parts; none is all
	patience time.Duration // left to wait for quiet moments
	program  string
	workload string
	stress   time.Duration // how long stress-ng makes processes
	dir      string        // for what the tracers write
	out      io.Writer
	progress io.Writer
}

// run measures everything, and keeps what it printed.
func run(out, progress io.Writer) (err error) {
	b := &bench{progress: progress}
	if err := b.knobs(); err != nil {
		return err
	}
	if os.Geteuid() != 0 {
		return errors.New("root is needed")
	}
	if b.program, err = filepath.Abs(program); err != nil {
		return err
	}
	if b.workload, err = filepath.Abs(workloads); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "ptrace-ns-bench"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.dir) }()

	kernel, err := kernelVersion()
	if err != nil {
		return err
	}
	var text strings.Builder
	b.out = io.MultiWriter(out, &text)
	b.printf("ptrace-ns on Linux %s, %s, %d CPUs, %s\n", kernel, runtime.GOARCH, runtime.NumCPU(), time.Now().UTC().Format(time.DateOnly))
	b.printf("commit %s\n", commit())
	b.printf("load average before: %s\n", load())
	for _, part := range b.parts() {
		if err := errors.Join(b.calm(), part()); err != nil {
			return err
		}
	}
	b.printf("\nload average after: %s\n", load())
	if len(b.only) > 0 {
		return nil // a part is no result to keep
	}
	name := time.Now().UTC().Format(time.DateOnly) + "-" + kernel + ".txt"
	if err := os.MkdirAll(results, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(results, name), []byte(text.String()), 0o644)
}

// parts returns what is to be measured, in its order.
func (b *bench) parts() (parts []func() error) {
	for _, part := range []struct {
		name    string
		measure func() error
	}{
		{"programs", b.programs}, {"costs", b.costs}, {"startup", b.startup}, {"crowd", b.crowd}, {"latency", b.latency},
		{"slowdown", b.slowdown}, {"complete", b.complete}, {"recorded", b.recorded}, {"follow", b.follow}, {"linear", b.linear}, {"units", b.units},
	} {
		if len(b.only) == 0 || slices.Contains(b.only, part.name) {
			parts = append(parts, part.measure)
		}
	}
	return parts
}

// knobs reads what the environment changes.
func (b *bench) knobs() (err error) {
	b.pairs, b.lives, b.patience = 7, 10_000_000, time.Minute
	if n := os.Getenv("BENCH_PAIRS"); n != "" {
		if b.pairs, err = strconv.Atoi(n); err != nil || b.pairs < 1 {
			return fmt.Errorf("BENCH_PAIRS=%s: must be a number from 1", n)
		}
	}
	if n := os.Getenv("BENCH_EVENTS"); n != "" {
		if b.lives, err = strconv.Atoi(n); err != nil || b.lives < 1 {
			return fmt.Errorf("BENCH_EVENTS=%s: must be a number from 1", n)
		}
	}
	if d := os.Getenv("BENCH_PATIENCE"); d != "" {
		if b.patience, err = time.ParseDuration(d); err != nil {
			return fmt.Errorf("BENCH_PATIENCE=%s: must be a duration, such as 5m", d)
		}
	}
	b.stress = time.Minute
	if d := os.Getenv("BENCH_STRESS"); d != "" {
		if b.stress, err = time.ParseDuration(d); err != nil || b.stress < time.Second {
			return fmt.Errorf("BENCH_STRESS=%s: must be a duration from 1s on", d)
		}
	}
	b.only = strings.Fields(os.Getenv("BENCH_PARTS"))
	return nil
}

// A failed write shows in the file, which is written at once.
func (b *bench) printf(format string, args ...any) { _, _ = fmt.Fprintf(b.out, format, args...) }

func (b *bench) saying(format string, args ...any) {
	_, _ = fmt.Fprintf(b.progress, "bench: "+format+"\n", args...)
}

func kernelVersion() (string, error) {
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		return "", fmt.Errorf("kernel version: %w", err)
	}
	return unix.ByteSliceToString(uts.Release[:]), nil
}

func commit() string {
	out, err := exec.Command("git", "describe", "--tags", "--always", "--dirty").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
