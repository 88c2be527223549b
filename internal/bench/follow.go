//go:build linux

package main

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"

	ptracens "github.com/ptrace-ns/ptrace-ns/tracer"
)

// follow measures what it saves to leave others out in the kernel: a loop that nobody
// follows beside watch, and beside watch of a process that sleeps.
func (b *bench) follow() error {
	b.saying("what following saves")
	sleeper := exec.Command("sleep", "infinity")
	if err := sleeper.Start(); err != nil {
		return err
	}
	defer func() { _ = errors.Join(sleeper.Process.Kill(), sleeper.Wait()) }() // it always ends so
	ways := []way{
		{b.ourselves(), ptracens.Options{}},
		{b.ourselves("-p", strconv.Itoa(sleeper.Process.Pid), "--follow"), ptracens.Options{Follow: &ptracens.Follow{PIDs: []int32{int32(sleeper.Process.Pid)}}}},
	}
	b.printf("\nOthers recorded, and left out in the kernel (-p PID --follow of one that sleeps), %d rounds, median (quartiles):\n"+
		"the tracer's own CPU time, ms, and the programs' in one round of the loop, µs\n%-12s %-20s %-20s %-20s %s\n",
		b.pairs, "", "own, recorded", "left out", "programs, recorded", "left out")
	for _, w := range all[:2] {
		w.n *= 5
		own, programs, err := b.followed(w, ways)
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		b.printf("%-12s %-20s %-20s %-20s %s\n", fmt.Sprintf("%s, %d", w.name, w.n), spreadOf(own[0]).tenths(), spreadOf(own[1]).tenths(),
			spreadOf(programs[0]).tenths(), spreadOf(programs[1]).tenths())
	}
	return nil
}

// way is one way to trace, as a program and by the library.
type way struct {
	live    live
	options ptracens.Options
}

// followed runs the loop under each in turns: for the tracer's own time, and once more
// for the programs', since the kernel's statistics cost, too.
func (b *bench) followed(w workload, ways []way) (own, programs [2][]float64, err error) {
	for round := range b.pairs {
		if err := b.calm(); err != nil {
			return own, programs, err
		}
		for turn := range ways {
			i := (round + turn) % len(ways)
			t, err := b.liveRun(ways[i].live)(w)
			if err != nil {
				return own, programs, err
			}
			took, err := b.programTime(w, attachReader(ways[i].options))
			if err != nil {
				return own, programs, err
			}
			own[i] = append(own[i], ms(t.own))
			programs[i] = append(programs[i], float64(w.per(took))/1e3)
		}
	}
	return own, programs, nil
}
