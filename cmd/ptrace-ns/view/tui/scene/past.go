package scene

import (
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// How many lines are kept of each process: of what is about it, and of what it did to
// others, which would push that out of a shell that forks.
const (
	keptOwn    = 32
	keptOthers = 32
)

// past is what a process went through and what it did to others, the latest of each.
type past struct {
	own, others latest
}

// latest holds the last lines of those that were added, in their order.
type latest struct {
	lines   []told
	next    int
	dropped uint64
}

// told is a line and its number in the stream. All who have it share the text.
type told struct {
	number uint64
	text   string
}

func (l *latest) add(t told, room int) {
	if len(l.lines) < room {
		l.lines = append(l.lines, t)
		return
	}
	l.lines[l.next] = t
	l.next = (l.next + 1) % room
	l.dropped++
}

// lines returns all that is kept, in the stream's order, and how much is not.
func (p *past) lines() (texts []string, dropped uint64) {
	all := slices.Concat(p.own.lines, p.others.lines)
	slices.SortFunc(all, func(a, b told) int { return int(int64(a.number - b.number)) })
	for _, t := range all {
		texts = append(texts, t.text)
	}
	return texts, p.own.dropped + p.others.dropped
}

// others returns whom an event concerns beside the process that it is about: who made
// it, signalled or killed it, was its parent or becomes that, and the PID 1 whose end
// is the cause. None comes twice.
func others(ev *events.Event) []events.ProcKey {
	var all []events.ProcKey
	add := func(refs ...events.Ref) {
		for _, r := range refs {
			if !r.IsZero() && r.Key != ev.Process.Key && !slices.Contains(all, r.Key) {
				all = append(all, r.Key)
			}
		}
	}
	if ev.Kind == events.Fork {
		add(ev.Process.Parent)
	}
	if d := ev.Fork; d != nil {
		add(d.Creator)
	}
	if d := ev.Signal; d != nil {
		add(d.Sender)
	}
	if d := ev.Exit; d != nil && d.Killer != nil {
		add(d.Killer.Sender)
		add(d.Killer.OneOf...)
	}
	if d := ev.Reparent; d != nil {
		add(d.From, d.To)
	}
	if d := ev.Pidns; d != nil {
		add(d.Creator, d.Init)
	}
	return all
}
