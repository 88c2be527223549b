//go:build linux

package main

import (
	"time"
)

// series holds, for one workload and one tracer, the runs of each round.
type series struct {
	pairs
	own []float64 // what the tracer took, ms
}

// pairs are runs without and with something, taken at nearly the same time.
type pairs struct{ alone, traced []cost }

// slowdown runs each workload alone and under each tracer, in rounds, so that what else
// the machine does falls on all alike. What is compared are the runs of one round.
func (b *bench) slowdown() error {
	b.printf("\nWorkloads traced against untraced, %d rounds: median (quartiles) of the rounds' ratios; the CPU time's median\n"+
		"above that of the floor, which are counting programs without a reader; what the tracer itself took\n", b.pairs)
	tracers := b.tracers()
	b.printf("%-9s %11s  %-10s %-18s %-18s %11s %8s\n", "workload", "untraced", "tracer", "wall time", "its CPU time", "above floor", "own, ms")
	for _, w := range all {
		b.saying("%s: %s", w.name, w.what)
		if err := b.compare(w, tracers); err != nil {
			return err
		}
	}
	b.printf("\n")
	for _, w := range all {
		b.printf("%-9s %d times: %s\n", w.name, w.n, w.what)
	}
	return nil
}

func (b *bench) compare(w workload, tracers []tracer) error {
	results := make([]series, len(tracers))
	var alone []float64
	for round := range b.pairs {
		c, err := b.round(w, tracers, results, round)
		if err != nil {
			return err
		}
		alone = append(alone, float64(w.per(c.wall)))
	}
	floor := results[0].ratios(cpu).median
	for i, t := range tracers {
		r := results[i]
		b.printf("%-9s %11s  %-10s %-18s %-18s %11.2f %8.1f\n", w.name,
			time.Duration(spreadOf(alone).median), t.name,
			r.ratios(wall).ratio(), r.ratios(cpu).ratio(), r.ratios(cpu).median-floor, spreadOf(r.own).median)
	}
	return nil
}

// round runs the workload once alone and once under each tracer, beginning with
// another one each time.
func (b *bench) round(w workload, tracers []tracer, results []series, round int) (alone cost, err error) {
	if err := b.calm(); err != nil {
		return alone, err
	}
	order := make([]int, 0, len(tracers)+1) // -1 is none
	for i := range len(tracers) + 1 {
		order = append(order, (i+round)%(len(tracers)+1)-1)
	}
	runs := make([]traced, len(tracers))
	for _, i := range order {
		if i < 0 {
			alone, err = b.run(w)
		} else {
			runs[i], err = tracers[i].run(w)
		}
		if err != nil {
			return alone, err
		}
	}
	for i, r := range runs {
		results[i].alone = append(results[i].alone, alone)
		results[i].traced = append(results[i].traced, r.workload)
		results[i].own = append(results[i].own, ms(r.own))
	}
	return alone, nil
}

func wall(c cost) time.Duration { return c.wall }
func cpu(c cost) time.Duration  { return c.cpu }

// ratios compares one time of each pair's two runs.
func (p pairs) ratios(of func(cost) time.Duration) spread {
	var all []float64
	for i := range p.alone {
		all = append(all, float64(of(p.traced[i]))/float64(of(p.alone[i])))
	}
	return spreadOf(all)
}
