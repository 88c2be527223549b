//go:build linux

package main

import (
	"fmt"
	"slices"
)

// spread is what is told of several measurements of one thing: none of them is
// thrown away, and a single disturbed one moves neither of the three.
type spread struct{ low, median, high float64 }

// spreadOf returns the quartiles.
func spreadOf(values []float64) spread {
	if len(values) == 0 {
		return spread{}
	}
	sorted := slices.Sorted(slices.Values(values))
	at := func(q float64) float64 {
		pos := q * float64(len(sorted)-1)
		i := int(pos)
		if i+1 == len(sorted) {
			return sorted[i]
		}
		return sorted[i] + (pos-float64(i))*(sorted[i+1]-sorted[i])
	}
	return spread{at(0.25), at(0.5), at(0.75)}
}

// ratio prints the median and the quartiles around it.
func (s spread) ratio() string { return fmt.Sprintf("%.2f (%.2f–%.2f)", s.median, s.low, s.high) }

func (s spread) whole() string { return fmt.Sprintf("%.0f (%.0f–%.0f)", s.median, s.low, s.high) }

func (s spread) tenths() string { return fmt.Sprintf("%.1f (%.1f–%.1f)", s.median, s.low, s.high) }
