//go:build linux

package main

import (
	"errors"
	"os"
	"time"
)

// recorded compares watch with watch that writes a recording beside: what is traced,
// and what the tracer itself takes.
func (b *bench) recorded() error {
	w := all[0]
	var workload, own pairs
	for round := range b.pairs {
		if err := b.calm(); err != nil {
			return err
		}
		var runs [2]struct{ workload, own cost }
		for turn := range 2 {
			i := (round + turn) % 2 // every other pair the other way round
			var more []string
			if i == 1 {
				more = []string{"--force", "-w", b.file("recording") + ".zst"}
			}
			live, err := b.watch(b.file("ptrace-ns"), more...)
			if err != nil {
				return err
			}
			runs[i].workload, err = b.run(workload10(w))
			if err := errors.Join(err, live.stop()); err != nil {
				return err
			}
			runs[i].own = cost{cpu: used(live.cmd.ProcessState)}
		}
		workload.alone, workload.traced = append(workload.alone, runs[0].workload), append(workload.traced, runs[1].workload)
		own.alone, own.traced = append(own.alone, runs[0].own), append(own.traced, runs[1].own)
	}
	b.printf("\nwatch -w FILE against watch, both with -o json, %d pairs: median (quartiles) of the ratios\n", b.pairs)
	b.printf("%s, wall time %s, its CPU time %s; the tracer's own CPU time %s\n",
		w.name, workload.ratios(wall).ratio(), workload.ratios(cpu).ratio(), own.ratios(cpu).ratio())
	return nil
}

// workload10 is ten times the workload: the tracer's start and end are in its CPU time.
func workload10(w workload) workload {
	w.n *= 10
	return w
}

func used(p *os.ProcessState) time.Duration { return p.UserTime() + p.SystemTime() }
