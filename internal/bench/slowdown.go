//go:build linux

package main

import "time"

// pairs holds, for one workload and one tracer, what tracing did to each pair.
type pairs struct{ wall, cpu []float64 }

// slowdown runs each workload alone and traced, in turns, so that what else the
// machine does falls on both alike. Only the two runs of one pair are compared.
func (b *bench) slowdown() error {
	b.printf("\nWorkloads traced against untraced, %d pairs each: median (quartiles) of the ratios\n", b.pairs)
	tracers := b.tracers()
	b.printf("%-9s %11s  %-10s %-18s %-18s\n", "workload", "untraced", "tracer", "wall time", "its CPU time")
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
	var alone []float64
	for round := range b.pairs {
		for i, t := range tracers {
			before, after, err := b.pair(w, t, round%2 == 1)
			if err != nil {
				return err
			}
			alone = append(alone, float64(w.per(before.wall)))
			results[i].wall = append(results[i].wall, ratio(after.wall, before.wall))
			results[i].cpu = append(results[i].cpu, ratio(after.cpu, before.cpu))
		}
	}
	untraced := time.Duration(spreadOf(alone).median).String()
	for i, t := range tracers {
		b.printf("%-9s %11s  %-10s %-18s %-18s\n", w.name, untraced, t.name,
			spreadOf(results[i].wall).ratio(), spreadOf(results[i].cpu).ratio())
	}
	return nil
}

// pair runs the workload alone and traced; every other pair the other way round.
func (b *bench) pair(w workload, t tracer, tracedFirst bool) (alone, traced cost, err error) {
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

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }
