package scene

import (
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// keptDeaths is how many lines are kept of signals and deaths.
const keptDeaths = 2048

// deadly reports whether an event is a signal, an end, or says why there was one. What
// the kernel sends to the members of a PID namespace that is reaped is told once.
func deadly(ev *events.Event) bool {
	switch ev.Kind {
	case events.Signal:
		return ev.Signal == nil || ev.Signal.Origin != events.OriginPidnsReap
	case events.Exit, events.OOM, events.PidnsReap, events.PidnsDestroy, events.PidnsWait, events.ContainerExit:
		return true
	}
	return false
}

// Deaths returns the latest signals and deaths in which a process that is wanted had a
// part, the oldest first. The model is read as by Look.
func (s *Stage) Deaths(look func(func(*tree.Model) error) error, nowNS uint64, f *Filter) ([]Line, error) {
	defer f.one()()
	var all []Line
	var open []question
	err := look(func(m *tree.Model) error {
		all = slices.AppendSeq(make([]Line, 0, len(s.deaths.lines)), s.deaths.all)
		open = s.doubted(m, all, nowNS, f)
		return nil
	})
	if err != nil || f == nil {
		return all, err
	}
	for _, q := range open {
		q.about.hit = f.wants(q.event)
		f.known[q.event.Process.Key] = q.about
	}
	hit := func(key events.ProcKey) bool { return f.known[key].hit }
	return slices.DeleteFunc(all, func(l Line) bool { return !hit(l.Key) && !slices.ContainsFunc(l.Others, hit) }), nil
}

// doubted are the questions about those in the lines.
func (s *Stage) doubted(m *tree.Model, all []Line, nowNS uint64, f *Filter) (open []question) {
	if f == nil {
		return nil
	}
	asked := map[events.ProcKey]bool{}
	for _, l := range all {
		for _, key := range append([]events.ProcKey{l.Key}, l.Others...) {
			p, ok := m.Process(key)
			if asked[key] || !ok {
				continue
			}
			asked[key] = true
			if q := f.ask(p, s.aside(key), &Row{}, 0, nowNS); q.event != nil {
				open = append(open, q)
			}
		}
	}
	return open
}
