//go:build linux

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// launches is how often the program is launched: often enough for a median.
const launches = 9

// startup tells how long it is from launch to the first event and to the end, how
// much memory the program holds when little happens, and its own CPU time.
func (b *bench) startup() error {
	b.saying("start-up, memory, own CPU time")
	var first, end []float64
	for range launches {
		if err := b.calm(); err != nil {
			return err
		}
		f, e, err := b.launch()
		if err != nil {
			return err
		}
		first, end = append(first, ms(f)), append(end, ms(e))
	}
	b.printf("\nThe program\n")
	b.printf("%-44s %s\n", "launch to first event, ms", spreadOf(first).whole())
	b.printf("%-44s %s\n", "interrupt to end, ms", spreadOf(end).whole())
	return errors.Join(b.memory(), b.calm(), b.ownCPU())
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// launch provokes events from the launch on, and reads until the first.
func (b *bench) launch() (first, end time.Duration, err error) {
	cmd := exec.Command(b.program, "watch", "-o", "json", "-q", "-e", "fork,exec,exit", "--log-level", "error")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	stop := b.provoke()
	defer stop()
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return 0, 0, errors.Join(fmt.Errorf("first event: %w", err), cmd.Wait())
		}
		if !bytes.HasPrefix(line, []byte(`{"event":"header"`)) {
			break
		}
	}
	first = time.Since(began)
	stop()
	began = time.Now()
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		return 0, 0, err
	}
	// To the end of the stream: on a busy machine what is left may not fit the pipe.
	if _, err := io.Copy(io.Discard, lines); err != nil {
		return 0, 0, err
	}
	if err := cmd.Wait(); err != nil {
		return 0, 0, fmt.Errorf("ptrace-ns: %w", err)
	}
	return first, time.Since(began), nil
}

// provoke makes a process every few milliseconds until it is stopped.
func (b *bench) provoke() (stop func()) {
	enough, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for tick := time.NewTicker(5 * time.Millisecond); ; {
			select {
			case <-enough:
				tick.Stop()
				return
			case <-tick.C:
				// That it ran is told by what follows.
				_ = exec.Command(filepath.Join(filepath.Dir(b.workload), "pn-nothing")).Run()
			}
		}
	}()
	stopped := false
	return func() {
		if !stopped {
			stopped = true
			close(enough)
			<-done
		}
	}
}

func (b *bench) memory() error {
	of, err := b.resident("VmRSS:", "VmHWM:")
	if err != nil {
		return err
	}
	b.printf("%-44s %.0f\n", "resident memory after 2 s, MB", of["VmRSS:"])
	b.printf("%-44s %.0f\n", "resident memory at most, MB", of["VmHWM:"])
	return nil
}

// resident returns what /proc/PID/status says of the program after 2 s, MB.
func (b *bench) resident(names ...string) (map[string]float64, error) {
	live, err := b.watch(b.file("memory"))
	if err != nil {
		return nil, err
	}
	time.Sleep(2 * time.Second)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", live.cmd.Process.Pid))
	if err := errors.Join(err, live.stop()); err != nil {
		return nil, err
	}
	of := map[string]float64{}
	for line := range strings.Lines(string(status)) {
		for _, name := range names {
			if value, ok := strings.CutPrefix(line, name); ok {
				kb, err := strconv.ParseFloat(strings.Fields(value)[0], 64)
				if err != nil {
					return nil, fmt.Errorf("resident memory: %w", err)
				}
				of[name] = kb / 1024
			}
		}
	}
	return of, nil
}

// ownCPU counts what the reader itself uses; that of the programs in the kernel
// is the workload's.
func (b *bench) ownCPU() error {
	path := b.file("cpu")
	live, err := b.watch(path)
	if err != nil {
		return err
	}
	pid := live.cmd.Process.Pid
	time.Sleep(200 * time.Millisecond)
	linesBefore, cpuBefore, err := told(path, pid)
	if err == nil {
		_, err = b.run(workload{name: "spawn", n: 10_000})
	}
	time.Sleep(200 * time.Millisecond)
	lines, cpu, toldErr := told(path, pid)
	if err := errors.Join(err, toldErr, live.stop()); err != nil {
		return err
	}
	per := (cpu - cpuBefore).Seconds() / float64(lines-linesBefore) * 10_000
	b.printf("%-44s %.3f (of %d)\n", "own CPU time for 10 000 events, s", per, lines-linesBefore)
	return nil
}

// told returns the lines written so far and the CPU time used.
func told(path string, pid int) (lines int, cpu time.Duration, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return 0, 0, err
	}
	cpu, err = usedBy(pid)
	return bytes.Count(raw, []byte{'\n'}), cpu, err
}

// usedBy returns the CPU time of a process's threads.
func usedBy(pid int) (cpu time.Duration, err error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return 0, err
	}
	for _, task := range tasks {
		stat, err := os.ReadFile(task)
		if err != nil {
			return 0, err
		}
		ran, _, _ := strings.Cut(string(stat), " ")
		ns, err := strconv.ParseInt(ran, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", task, err)
		}
		cpu += time.Duration(ns)
	}
	return cpu, nil
}
