//go:build linux

package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// calm waits until the machine does little else, as long as patience lasts: on a
// shared machine the figures would be the neighbours'.
func (b *bench) calm() error {
	for b.patience > 0 {
		began := time.Now()
		before, err := busy()
		if err != nil {
			return err
		}
		time.Sleep(200 * time.Millisecond)
		after, err := busy()
		if err != nil {
			return err
		}
		// Ticks of 10 ms, of all CPUs: a fifth of one.
		if after-before <= 4 {
			return nil
		}
		b.patience -= time.Since(began)
	}
	return nil
}

// busy returns the ticks that all CPUs have spent on anything (proc(5), stat).
func busy() (uint64, error) {
	raw, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	var t struct{ user, nice, system, idle, iowait, irq, softirq, steal uint64 }
	line, _, _ := strings.Cut(string(raw), "\n")
	if _, err := fmt.Sscanf(line, "cpu %d %d %d %d %d %d %d %d",
		&t.user, &t.nice, &t.system, &t.idle, &t.iowait, &t.irq, &t.softirq, &t.steal); err != nil {
		return 0, fmt.Errorf("/proc/stat: %w", err)
	}
	return t.user + t.nice + t.system + t.irq + t.softirq + t.steal, nil
}

// load is what else the machine did, which a reader of the figures must know.
func load() string {
	raw, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(raw))[:3], " ")
}
