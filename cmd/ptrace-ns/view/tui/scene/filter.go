package scene

import (
	"sync"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// Filter chooses rows by a predicate over events. A process is wanted when its
// predicate is true of all that is known of it now, told as a snapshot event, or of its
// exit event once it has ended. What was found is kept until something happens to it.
//
// A Filter may be asked by several at the same time; they wait for one another.
type Filter struct {
	mu    sync.Mutex
	wants func(*events.Event) bool
	known map[events.ProcKey]verdict
}

type verdict struct {
	changes   uint64
	state     tree.State
	container *events.Container
	hit       bool
}

// NewFilter returns a filter by the predicate.
func NewFilter(wants func(*events.Event) bool) *Filter {
	return &Filter{wants: wants, known: map[events.ProcKey]verdict{}}
}

// one waits until nobody else asks, and returns what lets the next.
func (f *Filter) one() func() {
	if f == nil {
		return func() {}
	}
	f.mu.Lock()
	return f.mu.Unlock
}

// question is a row of which it is not known whether it is wanted.
type question struct {
	row   int32
	event *events.Event // nil is no question
	about verdict
}

// ask says of a row whether it is wanted, or what must be asked for that. To answer
// takes a thousand times as long, and has not to be done while the model stands still.
func (f *Filter) ask(p *tree.Process, a *aside, row *Row, at int32, nowNS uint64) question {
	if f == nil {
		row.Hit = true
		return question{}
	}
	about := verdict{changes: a.changes, state: p.State, container: p.Container}
	if v, ok := f.known[p.Key]; ok {
		about.hit = v.hit
		if row.Hit = v.hit; v == about {
			return question{}
		}
	}
	ev := events.Event{Kind: events.Snapshot, BootNS: nowNS, Process: p.Describe()}
	if end, ok := p.End(); ok {
		ev.Kind, ev.BootNS = events.Exit, end.AtNS
		ev.Exit = &events.ExitDetail{Status: end.Status, LifetimeNS: end.LifetimeNS, Threads: end.Threads, Killer: end.Killer}
	}
	return question{row: at, event: ev.Clone(), about: about}
}

// answer decides on the open questions of a scene.
func (f *Filter) answer(sc *Scene, open []question) {
	if f == nil {
		return
	}
	for _, q := range open {
		q.about.hit = f.wants(q.event)
		f.known[q.event.Process.Key] = q.about
		sc.Rows[q.row].Hit = q.about.hit
	}
	if len(f.known) < 2*len(sc.Rows)+4096 {
		return
	}
	there := make(map[events.ProcKey]struct{}, len(sc.Rows))
	for i := range sc.Rows {
		there[sc.Rows[i].Key] = struct{}{}
	}
	for key := range f.known {
		if _, ok := there[key]; !ok {
			delete(f.known, key)
		}
	}
}
