//go:build linux

package tracer

import (
	"cmp"
	"slices"
	"strconv"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
	"github.com/ptrace-ns/ptrace-ns/internal/scenario"
)

// conformance is what must be told of each scenario besides what its report says
// by itself (told.checkReport).
var conformance = map[string]struct {
	args  []string
	opts  Options
	check func(*told)
}{
	"T01": {args: []string{"300"}, check: checkT01},
	"T02": {args: []string{"2000"}, check: checkT02},
	"T03": {opts: Options{Threads: true}, check: checkT03},
	"T04": {args: []string{"300"}, check: checkT04},
	"T05": {args: []string{often(10000)}, check: checkT05},
	"T06": {check: checkT06},
	"T07": {check: checkT07},
	"T08": {check: checkT08},
	"T09": {check: checkT09},
	"T10": {check: checkT10},
	"T11": {check: checkT11},
	"T12": {check: checkT12},
	"T13": {check: checkT13},
	"T14": {check: checkT14},
	"T15": {check: checkT15},
	"T16": {check: checkT16},
	"T17": {opts: Options{Threads: true}, check: checkT17},
	"N01": {check: func(s *told) { checkReaped(s, 3) }},
	"N02": {check: func(s *told) { checkReaped(s, 4) }},
	"N03": {check: checkN03},
	"N04": {check: checkN04},
	"N05": {args: []string{often(10000)}, check: checkN05},
	"N06": {check: checkN06},
	"N07": {opts: Options{Syscalls: true}, check: checkN07},
	"N08": {check: checkN08},
	"N09": {check: checkN09},
	"N11": {check: checkN11},
	"N13": {check: checkN13},
	"N14": {check: checkN14},
	"S01": {check: checkS01},
	"S02": {check: checkS02},
	"S03": {check: func(s *told) { s.count(execKind, 2) }},
	"S04": {check: checkS04},
	"S06": {check: checkS06},
	"S07": {check: checkS07},
	"S08": {check: checkS08},
	"S09": {check: checkS09},
}

func often(n int) string { return strconv.Itoa(kerneltest.Times(n)) }

// TestScenarios runs each scenario's program under the tracer and compares what is
// told of its processes with what they said of themselves.
func TestScenarios(t *testing.T) {
	kerneltest.RequireBPF(t)
	for _, sc := range scenario.All() {
		t.Run(sc.ID, func(t *testing.T) {
			kerneltest.RequireBPF(t)
			c, ok := conformance[sc.ID]
			if !ok {
				t.Fatalf("nothing is expected of %q", sc.What)
			}
			var report kerneltest.Report
			all := live(t, c.opts, func() { report = runScenario(t, sc.ID, c.args...) })
			s := toldOf(t, report, all)
			s.checkReport()
			c.check(s)
		})
	}
	if n := len(scenario.All()); n != len(conformance) {
		t.Errorf("scenarios: %d, but %d are expected", n, len(conformance))
	}
}

// TestScenarioTwoTracers (R03): two tracers at once do not take events from each
// other.
func TestScenarioTwoTracers(t *testing.T) {
	kerneltest.RequireBPF(t)
	var report kerneltest.Report
	var inner []string
	outer := live(t, Options{}, func() {
		all := live(t, Options{}, func() { report = runScenario(t, "N03") })
		inner = lines(toldOf(t, report, all))
	})
	s := toldOf(t, report, outer)
	s.checkReport()
	checkN03(s)
	if got := lines(s); !slices.Equal(got, inner) {
		t.Errorf("the tracers differ:\n%q\n%q", got, inner)
	}
}

// lines is what two tracers must agree about: what each process did, in order. What
// two processes did at one moment may come either way in two rings.
func lines(s *told) []string {
	all := slices.Clone(s.events)
	slices.SortStableFunc(all, func(a, b *events.Event) int {
		return cmp.Compare(a.Process.Key.Start, b.Process.Key.Start)
	})
	var said []string
	for _, ev := range all {
		said = append(said, ev.Process.Key.String()+" "+ev.Kind.String())
	}
	return said
}
