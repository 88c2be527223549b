package tree

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"pgregory.net/rapid"
)

// readable returns all that can be read of a model, a line for each process and
// each namespace.
func readable(m *Model) []string {
	var lines []string
	for p := range m.All() {
		lines = append(lines, fmt.Sprintf("%v %v: %s", p.Key, p.State, processLine(m, p)))
	}
	for ns := range m.Namespaces() {
		lines = append(lines, "namespace "+namespaceLine(m, ns))
	}
	slices.Sort(lines)
	return lines
}

func processLine(m *Model, p *Process) string {
	var parent events.ProcKey
	if up, ok := p.Parent(); ok {
		parent = up.Key
	}
	var children []events.ProcKey
	for c := range p.Children() {
		children = append(children, c.Key)
	}
	slices.SortFunc(children, func(a, b events.ProcKey) int { return cmp.Compare(a.Start, b.Start) })
	holder, holds := m.ByPID(p.Key.PID)
	end, ended := p.End()
	adoptions := slices.Clone(p.Adoptions())
	for i := range adoptions {
		adoptions[i].seq = 0
	}
	moves, before := p.Moves()
	moves = slices.Clone(moves)
	for i := range moves {
		moves[i].loss = 0
	}
	said := p.Describe()
	said.Cgroup = events.Cgroup{Path: said.Cgroup.Path} // its place in another hierarchy is not told
	return fmt.Sprintf("parent %v %v, children %v, holds %v, ending %v, pidns %v, %s", parent, m.Certainty(p), children,
		holds && holder == p, p.Ending(), nsKey(p.Namespace()), asJSON(map[string]any{
			"said": said, "images": p.Images(), "adoptions": adoptions, "dropped": p.DroppedAdoptions(),
			"moves": moves, "moved before": before, "by threads": p.ThreadMoves(), "reaping": p.Reaping(), "end": end, "ended": ended, "birth": p.Birth(), "tids": slices.Clone(p.TIDs()), "ino": p.PIDIno, "chain": p.Chain(),
		}))
}

func namespaceLine(m *Model, ns *Namespace) string {
	var blockers []events.ProcKey
	for p := range m.Blockers(ns) {
		blockers = append(blockers, p.Key)
	}
	slices.SortFunc(blockers, func(a, b events.ProcKey) int { return cmp.Compare(a.Start, b.Start) })
	exit, seen := ns.Exit()
	at, when := ns.EndedNS()
	init, known := ns.InitProcess()
	return fmt.Sprint(nsKey(ns), ns.Info(), known, known && init.Key == ns.Init.Key, ns.initRef(), ns.Creator, ns.Via, ns.Born, ns.BornNS,
		ns.Dying(), ns.DyingNS, ns.Dead(), ns.Members, ns.Unreaped, exit, seen, at, when, blockers)
}

func nsKey(ns *Namespace) string {
	if ns == nil {
		return "none"
	}
	return fmt.Sprint(ns.ID, ns.Init.Key)
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// recaller holds beside a model that applies one that recalls what the first tells.
type recaller struct {
	t        rapid.TB
	told, by *Model
	// thin takes from an event what a reader may not have; false drops it.
	thin func(*events.Event) bool
}

func newRecaller(t rapid.TB) *recaller {
	return &recaller{t: t, told: New(Options{}), by: New(Options{}), thin: func(*events.Event) bool { return true }}
}

func (r *recaller) apply(ev *events.Event) {
	r.t.Helper()
	err := r.told.Apply(ev.Clone(), func(e *events.Event) error {
		c := e.Clone()
		if r.thin(c) {
			before := asJSON(c)
			r.by.Recall(c)
			if after := asJSON(c); after != before {
				r.t.Fatalf("recalling changed the event\n%s\n%s", before, after)
			}
			scribble(c)
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// scribble overwrites what an event points to, as a reader that uses it again does.
func scribble(ev *events.Event) {
	clear(ev.Process.Chain)
	clear(ev.Process.Args.Raw)
	if ev.Process.Container != nil {
		*ev.Process.Container = events.Container{ID: "scribbled"}
	}
	if d := ev.Exit; d != nil {
		if d.Killer != nil {
			clear(d.Killer.SenderChain)
			clear(d.Killer.Preceded)
			*d.Killer = events.Killer{}
		}
		*d = events.ExitDetail{}
	}
	if d := ev.Reparent; d != nil && d.FromExit != nil {
		*d.FromExit = events.ExitStatus{}
	}
	if d := ev.Pidns; d != nil && d.Exit != nil {
		*d.Exit = events.ExitStatus{}
	}
}

// wantEqual compares the two models.
func (r *recaller) wantEqual(when any) {
	r.t.Helper()
	want, got := readable(r.told), readable(r.by)
	if len(got) != len(want) {
		r.t.Errorf("%v: %d lines, want %d", when, len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			r.t.Fatalf("%v: recalled\n%s\ntold\n%s", when, got[i], want[i])
		}
	}
	if r.t.Failed() {
		r.t.FailNow()
	}
}

// asRead takes from an event what its line in a recording does not have: identities of
// namespaces in chains, and the parent's start where the process is not told in full.
func asRead(ev *events.Event) bool {
	for i := range ev.Process.Chain {
		ev.Process.Chain[i].NS.ID = 0
	}
	if !ev.Process.Full {
		ev.Process.Parent = events.Ref{Key: events.ProcKey{PID: ev.Process.Parent.Key.PID}}
	}
	if ev.Fork != nil {
		ev.Fork.CreatorNS, ev.Fork.CreatorLevel = events.NSID{}, 0
	}
	return true
}

// settled reports whether all that the record says is told by now: a rename inside an
// exec and the end of a pass are not.
func settled(ev *events.Event) bool {
	return ev.Kind != events.SnapshotEnd && ev.Kind != events.Snapshot && !inExec(ev)
}

func inExec(ev *events.Event) bool { return ev.Rename != nil && ev.Rename.InExec }

// Whatever happens, a recorded stream gives the model that told it, after each record.
func TestPropertyRecall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newRun(t)
		r := newRecaller(t)
		drop, burst := rapid.IntRange(2, 4*steps).Draw(t, "drop"), rapid.IntRange(1, 8).Draw(t, "burst")
		lost := func(i int) bool { return i >= drop && i < drop+burst }
		next := 0
		catchUp := func() {
			for ; next < len(h.k.log); next++ {
				ev := h.k.log[next]
				// The name of an execve that nobody saw succeed is not told.
				if lost(next) || next+1 < len(h.k.log) && lost(next+1) && inExec(ev) {
					ev = &events.Event{Kind: events.Lost, BootNS: ev.BootNS, Lost: &events.LostDetail{Count: 1}}
				}
				r.apply(ev)
				if settled(ev) {
					r.wantEqual(ev.Kind)
				}
			}
		}
		for range steps {
			h.step()
			catchUp()
		}
		drop = len(h.k.log) + steps*crowded // no record of a pass is ever lost
		h.k.snapshot()
		h.k.exec(h.k.init, "/bin/last")
		catchUp()
	})
}

// A recording has less than the model was told, and is enough.
func TestPropertyRecallAsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, r := newRun(t), newRecaller(t)
		r.thin = asRead
		for range steps {
			h.step()
			for ; h.next < len(h.k.log); h.next++ {
				r.apply(h.k.log[h.next])
			}
			if want, got := r.told.shape(), r.by.shape(); !slices.Equal(got, want) {
				t.Fatalf("recalled\n%v\ntold\n%v", got, want)
			}
		}
	})
}

// shape returns who lives, whose child and in which namespaces: a line each.
func (m *Model) shape() []string {
	var lines []string
	for p := range m.Processes() {
		up, _ := p.Parent()
		line := fmt.Sprint(p.Key, m.Certainty(p))
		if up != nil {
			line += " of " + up.Key.String()
		}
		for _, a := range p.Adoptions() {
			line += fmt.Sprint(" from ", a.From.Key, " to ", a.To.Key, a.Reason, a.AtNS, a.Confirmed, a.FromExit != nil)
		}
		for ns := p.ns; ns != nil; ns = ns.Parent {
			line += fmt.Sprint(" ", ns.ID.Inum, ns.Init.Key, ns.Creator.Key, ns.Via, ns.Members, ns.Dying())
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

// A reader who does not get every event claims nothing that is not so: whatever one
// filter or another leaves out.
func TestPropertyRecallFiltered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, r := newRun(t), newRecaller(t)
		h.m, h.ghosts = r.by, nil
		missing := rapid.SliceOfNDistinct(rapid.SampledFrom(events.Kinds()), 0, 4, rapid.ID[events.Kind]).Draw(t, "missing")
		some := rapid.Bool().Draw(t, "some")
		last := true // the last that was told was kept: nobody can miss what is not followed
		r.thin = func(ev *events.Event) bool {
			last = !slices.Contains(missing, ev.Kind) || some && rapid.Bool().Draw(t, "kept")
			return last
		}
		for range steps {
			h.step()
			for ; h.next < len(h.k.log); h.next++ {
				r.apply(h.k.log[h.next])
			}
			h.wantTree()
			if last {
				h.wantEdges()
			}
			h.wantMembers()
		}
	})
}
