//go:build linux

package main

import (
	"testing"
	"time"
)

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		in   []float64
		want spread
	}{
		{nil, spread{}},
		{[]float64{3}, spread{3, 3, 3}},
		{[]float64{4, 1, 3, 2}, spread{1.75, 2.5, 3.25}},
		{[]float64{5, 1, 1000, 3, 2}, spread{2, 3, 5}},
	} {
		if got := spreadOf(c.in); got != c.want {
			t.Errorf("%v: got %v, want %v", c.in, got, c.want)
		}
	}
}

func TestRatiosComparePairs(t *testing.T) {
	p := pairs{
		alone:  []cost{{wall: 10, cpu: 1}, {wall: 1000, cpu: 1}, {wall: 10, cpu: 1}},
		traced: []cost{{wall: 11, cpu: 2}, {wall: 1100, cpu: 3}, {wall: 11, cpu: 4}},
	}
	if got := p.ratios(wall); got != (spread{1.1, 1.1, 1.1}) {
		t.Errorf("wall: %v", got)
	}
	if got := p.ratios(cpu); got != (spread{2.5, 3, 3.5}) {
		t.Errorf("cpu: %v", got)
	}
}

func TestParseCost(t *testing.T) {
	got, err := parseCost("1500 20\n")
	if want := (cost{1500 * time.Nanosecond, 20 * time.Nanosecond}); err != nil || got != want {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	for _, line := range []string{"", "12", "Attaching 3 probes...", "0 5", "-1 5"} {
		if c, err := parseCost(line); err == nil {
			t.Errorf("%q: got %v, want an error", line, c)
		}
	}
}
