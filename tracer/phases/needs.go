package phases

import (
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// meets reports whether the rule is for a start of this kind; recorded says that what
// it needs must also be in the stream.
func (p *play) meets(rule *rule, recorded bool) bool {
	for _, n := range rule.when {
		if (n == syscalls || n == cgroupDirs) && !recorded {
			continue
		}
		if !p.is(n) {
			return false
		}
	}
	return true
}

func (p *play) is(n need) bool {
	maker := p.one(runtime)
	oci := maker != nil && maker.is(roleRuntime)
	switch n {
	case syscalls:
		return p.recorded(events.Unshare, events.Setns, events.PivotRoot, events.Subreaper, events.CloneFailed)
	case cgroupDirs:
		return p.recorded(events.CgroupMkdir, events.CgroupRmdir)
	case ownPidns:
		return !p.shared
	case aStarter:
		return p.one(starter) != nil
	case anOwnShim:
		return p.ownShim()
	case ociRuntime:
		return oci
	case otherMaker:
		return maker != nil && !oci
	case aLongMaker:
		return p.stays(maker)
	case aShortMaker:
		return !p.stays(maker)
	}
	return true
}

// stays reports whether the maker waits for the container's end, as `runc run` does
// without --detach.
func (p *play) stays(maker *life) bool {
	if maker == nil || commandOf(maker.image(roleRuntime), roleRuntime).verb != "run" {
		return false
	}
	return p.adoption(p.init, initial) == nil
}

// recorded reports whether the stream has any event of these kinds.
func (p *play) recorded(kinds ...events.Kind) bool {
	return slices.ContainsFunc(kinds, func(k events.Kind) bool { return p.index.seen[k] })
}

// The reasons why a phase is absent.
const (
	whyBefore      = "before"
	whyNotRecorded = "not_recorded"
	whyLost        = "lost"
	whyNotSeen     = "not_seen"
	whyOthers      = "others"
)

// absences tells which phases a start of this kind has that the stream does not show.
func (p *play) absences(t *report.Timeline) {
	if !p.init.seenBorn() {
		t.Absent = append(t.Absent, report.Absence{Phase: "start", Why: p.whyUnborn()})
		return
	}
	if l := p.one(daemon); l != nil && p.one(client) == nil {
		t.Absent = append(t.Absent, report.Absence{Phase: "asked", Why: whyNotSeen})
	}
	if p.busy {
		t.Absent = append(t.Absent, report.Absence{Phase: "network", Why: whyOthers})
	}
	for i := range rules {
		rule := &rules[i]
		unasked := !p.meets(rule, true)
		// What a start that failed has not is no gap: it did not come to that.
		if t.NeverRan && !unasked {
			continue
		}
		if !rule.absent && !unasked || !p.meets(rule, false) || p.one(rule.from.who) == nil || told(t, rule.name) {
			continue
		}
		t.Absent = append(t.Absent, report.Absence{Phase: rule.name, Why: p.why(rule)})
	}
}

// told reports whether the timeline has the phase, or says that it is absent.
func told(t *report.Timeline, name string) bool {
	return slices.ContainsFunc(t.Phases, func(f report.Phase) bool { return f.Name == name }) ||
		slices.ContainsFunc(t.Absent, func(a report.Absence) bool { return a.Phase == name })
}

func (p *play) whyUnborn() string {
	if p.init.birth == nil && p.index.seen[events.Lost] {
		return whyLost
	}
	return whyBefore
}

func (p *play) why(rule *rule) string {
	switch l := p.one(rule.from.who); {
	case !p.meets(rule, true):
		return whyNotRecorded
	case !l.seenBorn() && (l.birth != nil || !p.index.seen[events.Lost]):
		return whyBefore
	case p.index.seen[events.Lost]:
		return whyLost
	}
	return whyNotSeen
}
