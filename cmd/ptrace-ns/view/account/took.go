package account

import (
	"cmp"
	"slices"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/timeline"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// took tells how long it was to the entrypoint, and what that was spent on most: a phase,
// or what lies between two.
func (a *teller) took() {
	if a.t.NeverRan {
		return
	}
	if a.t.RunsNS <= a.t.BeganNS {
		a.unknown("entrypoint", "Its entrypoint was not seen")
		return
	}
	text := "To the entrypoint it took " + words.Duration(a.t.RunsNS-a.t.BeganNS)
	all := append(a.steps(), a.gaps()...)
	if len(all) > 0 {
		longest := slices.MaxFunc(all, func(x, y step) int { return cmp.Compare(x.to-x.from, y.to-y.from) })
		text += ", the longest of it " + words.Duration(longest.to-longest.from) + " " + longest.text
	}
	a.say("took", text)
}

// step is a part of the time to the entrypoint.
type step struct {
	from, to uint64
	text     string // what it was
}

// around are the phases that wait for others: what they last is told by those.
var around = map[string]bool{"stage_2": true, "runtime_create": true, "runtime_run": true}

// steps are the phases that have a length of their own, as far as the entrypoint.
func (a *teller) steps() (all []step) {
	for i := range a.t.Phases {
		f := &a.t.Phases[i]
		end := min(f.EndNS, a.t.RunsNS)
		if f.Section != report.Starting || f.Moment || end <= f.BeginNS || around[f.Name] {
			continue
		}
		all = append(all, step{f.BeginNS, end, "for " + timeline.Label(f.Name) + " (" + ref(timeline.Named(f)) + ")"})
	}
	return all
}

// gaps are what lies between two points of the start while no phase of length lasts.
func (a *teller) gaps() (all []step) {
	points := a.points()
	covered := a.steps()
	for i := 1; i < len(points); i++ {
		from, to := points[i-1], points[i]
		within := func(s step) bool { return s.from < to.ns && s.to > from.ns }
		if to.ns > from.ns && !slices.ContainsFunc(covered, within) {
			all = append(all, step{from.ns, to.ns, "between " + from.text + " and " + to.text})
		}
	}
	return all
}

// point is a time at which a phase begins or ends.
type point struct {
	ns   uint64
	text string
}

// points are those up to the entrypoint, one for each time: a moment says most.
func (a *teller) points() []point {
	all := []point{{a.t.RunsNS, "the entrypoint"}}
	var bounds []point
	for i := range a.t.Phases {
		f := &a.t.Phases[i]
		if f.Section != report.Starting {
			continue
		}
		label := timeline.Label(f.Name)
		if f.Moment {
			all = append(all, point{f.BeginNS, label})
			continue
		}
		bounds = append(bounds, point{f.BeginNS, "the beginning of " + label})
		if f.EndNS != 0 {
			bounds = append(bounds, point{f.EndNS, "the end of " + label})
		}
	}
	all = append(all, bounds...)
	slices.SortStableFunc(all, func(x, y point) int { return cmp.Compare(x.ns, y.ns) })
	all = slices.CompactFunc(all, func(x, y point) bool { return x.ns == y.ns })
	return slices.DeleteFunc(all, func(p point) bool { return p.ns > a.t.RunsNS })
}
