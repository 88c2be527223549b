//go:build linux

package tracer_test

import (
	"fmt"
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/oracle"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// witness is a sink that remembers what the model forgets, and says what both know
// in the oracle's words.
type witness struct {
	model     *tree.Model
	forked    []events.ProcKey
	counts    map[events.ProcKey]*counts
	ours      map[oracle.ID]bool // who belongs to the workload
	signals   []oracle.Signal
	corrected []string
	name      string    // the last that a process took
	ended     oracle.ID // who ended last
	lost      uint64
	distort   func(*oracle.Life) // a mistake on purpose
}

type counts struct{ forks, execs, exits, reaps int }

func newWitness(model *tree.Model) *witness {
	w := &witness{model: model, distort: func(*oracle.Life) {}}
	w.reset()
	return w
}

// reset forgets the workload before.
func (w *witness) reset() {
	w.forked, w.signals, w.corrected = nil, nil, nil
	w.counts, w.ours = map[events.ProcKey]*counts{}, map[oracle.ID]bool{}
}

func (w *witness) Flush() error { return nil }

func (w *witness) Put(ev *events.Event) error {
	key := ev.Process.Key
	if ev.Kind == events.Fork {
		w.forked = append(w.forked, key)
		if w.counts[key] == nil {
			w.counts[key] = &counts{}
		}
	}
	if ev.Kind == events.Lost {
		w.lost += ev.Lost.Count
	}
	c := w.counts[key]
	if c == nil {
		return nil // was there before
	}
	switch ev.Kind {
	case events.Fork:
		c.forks++
	case events.Exec:
		c.execs++
	case events.Exit:
		c.exits++
		w.ended = idOf(key)
	case events.PidnsReap:
		c.reaps++
	case events.Rename:
		w.name = ev.Process.Comm
	case events.Signal:
		w.signal(ev)
	case events.Reparent:
		w.reparent(ev)
	}
	return nil
}

func (w *witness) signal(ev *events.Event) {
	d := ev.Signal
	if d.Origin == events.OriginUser && (d.Signal == 9 || d.Signal == 15 || d.Signal == 19) {
		w.signals = append(w.signals, oracle.Signal{
			Sender: idOf(d.Sender.Key), Target: idOf(ev.Process.Key), Signal: int(d.Signal),
			Ignored: d.Result == events.SignalIgnored,
		})
	}
}

// reparent notes a parent that was foretold and turned out otherwise: a process
// leaves a parent that lives only when it never was its child.
func (w *witness) reparent(ev *events.Event) {
	if from, ok := w.model.Process(ev.Reparent.From.Key); ok && from.State == tree.Live {
		w.corrected = append(w.corrected, fmt.Sprintf("process %v: %v was foretold as parent, %v is",
			ev.Process.Key, ev.Reparent.From.Key, ev.Reparent.To.Key))
	}
}

// ticksNS is the unit of a start in /proc, USER_HZ on every architecture.
const ticksNS = 10_000_000

func idOf(key events.ProcKey) oracle.ID {
	return oracle.ID{PID: int(key.PID), Ticks: key.Start / ticksNS}
}

func idOfProcess(p *tree.Process, ok bool) oracle.ID {
	if !ok {
		return oracle.ID{}
	}
	return idOf(p.Key)
}

// keys finds each process among those that were born meanwhile: a PID can be used
// again within one tick, and then the order of births tells them apart.
func (w *witness) keys(lives []oracle.Life) ([]events.ProcKey, error) {
	born := map[oracle.ID][]events.ProcKey{}
	for _, key := range w.forked {
		born[idOf(key)] = append(born[idOf(key)], key)
	}
	keys := make([]events.ProcKey, 0, len(lives))
	for _, l := range lives {
		left := born[l.ID]
		if len(left) == 0 {
			return nil, fmt.Errorf("process %v: its birth was not seen", l.ID)
		}
		keys, born[l.ID] = append(keys, left[0]), left[1:]
	}
	for _, l := range lives {
		if left := born[l.ID]; len(left) > 0 {
			return nil, fmt.Errorf("process %v: seen to be born too often: %v", l.ID, left)
		}
	}
	return keys, nil
}

// compare returns what differs from the truth.
func (w *witness) compare(world *oracle.World, lives []oracle.Life) []string {
	for _, l := range lives {
		w.ours[l.ID] = true
	}
	keys, err := w.keys(lives)
	if err != nil {
		return []string{err.Error()}
	}
	differences := slices.Clone(w.corrected)
	for i, truth := range lives {
		told, err := w.life(keys[i])
		if err != nil {
			differences = append(differences, fmt.Sprintf("process %v: %v", truth.ID, err))
			continue
		}
		for _, line := range truth.Diff(&told) {
			differences = append(differences, fmt.Sprintf("process %v: %s", truth.ID, line))
		}
	}
	differences = append(differences, differ("PID namespaces", world.Spaces(), w.spaces())...)
	return append(differences, differ("signals", world.Signals(), w.sent())...)
}

// differ compares two lists line by line.
func differ[T any](what string, truth, told []T) []string {
	var all []string
	for i := range max(len(truth), len(told)) {
		want, got := "nothing", "nothing"
		if i < len(truth) {
			want = fmt.Sprintf("%+v", truth[i])
		}
		if i < len(told) {
			got = fmt.Sprintf("%+v", told[i])
		}
		if want != got {
			all = append(all, fmt.Sprintf("%s: told %s, true is %s", what, got, want))
		}
	}
	return all
}

// life says what is known of one process.
func (w *witness) life(key events.ProcKey) (oracle.Life, error) {
	p, ok := w.model.Process(key)
	if !ok {
		return oracle.Life{}, fmt.Errorf("not in the model")
	}
	c := *w.counts[key]
	alive := p.State == tree.Live
	if c.forks != 1 || alive != (c.exits == 0) || c.exits > 1 || c.reaps > 1 {
		return oracle.Life{}, fmt.Errorf("%v with events %+v", p.State, c)
	}
	told := oracle.Life{
		ID: idOf(p.Key), Creator: idOf(p.Birth().Creator.Key), Under: idOf(p.Birth().Under.Key),
		Parent: idOfProcess(p.Parent()), Execs: c.execs, Alive: alive, Comm: p.Comm, Reaped: c.reaps == 1,
	}
	for _, a := range p.Adoptions() {
		told.Adoptions = append(told.Adoptions, oracle.Adoption{To: idOf(a.To.Key), Reason: a.Reason.String()})
	}
	for _, e := range p.Chain() {
		told.Chain = append(told.Chain, oracle.Number{Inum: e.NS.Inum, PID: int(e.PID)})
	}
	for _, tid := range p.TIDs() {
		told.TIDs = append(told.TIDs, int(tid))
	}
	slices.Sort(told.TIDs)
	if i := p.Image(); i != nil {
		told.Exe, told.Args = i.Exe, string(i.Args.Raw)
	}
	if end, ok := p.End(); ok {
		told.Status = oracle.Status{Code: end.Status.Code, Signal: int(end.Status.Signal)}
		if k := end.Killer; k != nil {
			told.Killer = oracle.Killer{Origin: k.Origin.String(), Sender: idOf(k.Sender.Key), ParentDeath: k.ParentDeath}
		}
	}
	w.distort(&told)
	return told, nil
}

// spaces returns the namespaces whose init belongs to the workload.
func (w *witness) spaces() []oracle.Space {
	var all []oracle.Space
	for ns := range w.model.Namespaces() {
		if !w.ours[idOf(ns.Init.Key)] || ns.Level == 0 {
			continue
		}
		info := ns.Info()
		all = append(all, oracle.Space{
			Inum: ns.ID.Inum, Parent: info.Parent.Inum, Level: ns.Level, Init: idOf(ns.Init.Key),
			Creator: idOf(ns.Creator.Key), Via: ns.Via, Members: ns.Members,
		})
	}
	return all
}

// sent returns the signals to processes of the workload.
func (w *witness) sent() []oracle.Signal {
	return slices.DeleteFunc(slices.Clone(w.signals), func(s oracle.Signal) bool { return !w.ours[s.Target] })
}
