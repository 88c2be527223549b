//go:build linux

package main

import (
	"cmp"
	"slices"
	"time"
)

// pairs holds, for one workload and one tracer, the two runs of each pair.
type pairs struct{ alone, traced []cost }

// slowdown runs each workload alone and traced, in turns, so that what else the
// machine does falls on both alike. The two runs of a pair are compared, and the
// fastest of all: that is what is left when nothing else disturbs.
func (b *bench) slowdown() error {
	b.printf("\nWorkloads traced against untraced, %d pairs each: median (quartiles) of the pairs' ratios,\n"+
		"and the ratio of the fastest runs\n", b.pairs)
	tracers := b.tracers()
	b.printf("%-9s %11s  %-10s %-18s %-18s %7s\n", "workload", "untraced", "tracer", "wall time", "its CPU time", "fastest")
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
	results := make([]pairs, len(tracers))
	for round := range b.pairs {
		for i, t := range tracers {
			alone, traced, err := b.pair(w, t, round%2 == 1)
			if err != nil {
				return err
			}
			results[i].alone = append(results[i].alone, alone)
			results[i].traced = append(results[i].traced, traced)
		}
	}
	var alone []float64
	for _, r := range results {
		for _, c := range r.alone {
			alone = append(alone, float64(w.per(c.wall)))
		}
	}
	fastest := slices.Min(alone)
	for i, t := range tracers {
		b.printf("%-9s %11s  %-10s %-18s %-18s %7.2f\n", w.name,
			time.Duration(spreadOf(alone).median), t.name,
			results[i].ratios(wall).ratio(), results[i].ratios(cpu).ratio(),
			float64(w.per(slices.MinFunc(results[i].traced, faster).wall))/fastest)
	}
	return nil
}

func wall(c cost) time.Duration { return c.wall }
func cpu(c cost) time.Duration  { return c.cpu }

func faster(a, b cost) int { return cmp.Compare(a.wall, b.wall) }

// ratios compares one time of each pair's two runs.
func (p pairs) ratios(of func(cost) time.Duration) spread {
	var all []float64
	for i := range p.alone {
		all = append(all, float64(of(p.traced[i]))/float64(of(p.alone[i])))
	}
	return spreadOf(all)
}

// pair runs the workload alone and traced; every other pair the other way round.
func (b *bench) pair(w workload, t tracer, tracedFirst bool) (alone, traced cost, err error) {
	if err := b.calm(); err != nil {
		return alone, traced, err
	}
	if tracedFirst {
		if traced, err = t.run(w); err != nil {
			return alone, traced, err
		}
	}
	if alone, err = b.run(w); err != nil {
		return alone, traced, err
	}
	if !tracedFirst {
		traced, err = t.run(w)
	}
	return alone, traced, err
}
