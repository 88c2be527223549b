//go:build linux

package main

import (
	"fmt"
	"os/exec"
	"strconv"
	"time"
)

// workload is something that testdata/helpers/bench.c does n times.
type workload struct {
	name string
	n    int
	what string
}

// Each takes some 0.2 s: long against what a clock tells, and short enough that the
// two runs of a pair fall into the same weather.
var all = []workload{
	{"spawn", 1000, "fork, exec of a tiny static binary, wait"},
	{"fork", 1500, "fork, _exit, wait"},
	{"both", 2000, "spawn on two CPUs at once"},
	{"thread", 5000, "thread create, join"},
	{"burst", 3000, "fork 3000 and hold them, end all at once"},
	{"getppid", 1_000_000, "getppid"},
	{"pingpong", 40_000, "a byte through a pipe and back"},
	{"newns", 200, "new PID, mount, UTS and IPC namespaces; their init executes and leaves two children"},
}

// cost is what one run took.
type cost struct{ wall, cpu time.Duration }

func (w workload) per(d time.Duration) time.Duration { return d / time.Duration(w.n) }

func (w workload) command(b *bench) []string {
	return []string{b.workload, w.name, strconv.Itoa(w.n)}
}

// run runs the workload, under the given command line when there is one.
func (b *bench) run(w workload, under ...string) (cost, error) {
	argv := append(append([]string(nil), under...), w.command(b)...)
	out, err := exec.Command(argv[0], argv[1:]...).Output()
	if err != nil {
		return cost{}, fmt.Errorf("workload %s: %w", w.name, withStderr(err))
	}
	return parseCost(string(out))
}

func parseCost(line string) (c cost, err error) {
	if _, err := fmt.Sscan(line, &c.wall, &c.cpu); err != nil || c.wall <= 0 || c.cpu <= 0 {
		return cost{}, fmt.Errorf("workload printed %q, not two times", line)
	}
	return c, nil
}
