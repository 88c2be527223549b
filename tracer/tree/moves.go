package tree

import (
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// deeds are what a process did to itself besides executing programs; nearly all did
// nothing of it.
type deeds struct {
	moves    []Move
	before   uint32 // moves before those that are kept
	byThread uint32 // calls of threads other than the leader
	apart    []Apart
	reaping  Reaping
}

// Move is a change of namespaces that a process brought about in itself: of its own, or
// of the PID namespace that its children are born into.
type Move struct {
	// Call is unshare or setns, and empty where only what came of it was seen.
	Call string
	// Flags are the CLONE_NEW… flags of the call. Of setns 0 is whatever kind of namespace
	// the descriptor stood for.
	Flags uint64
	// At is the return of the call where that was seen. Else it came between After, which
	// shows the namespaces before, and At, which shows them since.
	After, At Sight
	// Changes are those that records have shown; a call need not have changed anything.
	Changes []Change

	loss uint32 // the gap by loss before it
}

// Seen reports whether the call itself was.
func (m *Move) Seen() bool { return m.At.Kind == events.Unshare || m.At.Kind == events.Setns }

// Sight is a record that shows the namespaces of a process.
type Sight struct {
	AtNS uint64
	Kind events.Kind
	// Child is the newborn that has them, with Fork; zero is the process's own birth.
	Child events.Ref
}

// Change is one of a process's namespaces, in the words of /proc/PID/ns.
type Change struct {
	Name     string
	From, To uint32
}

// Reaping is a time for which a process was a subreaper.
type Reaping struct {
	// FromNS is when it was first seen to be one, or when its call returned; 0 is never.
	// AfterNS is the last record that shows it was none before; 0 is none such.
	AfterNS, FromNS uint64
	// UntilNS is when it was first seen to be none any more; 0 is not at all.
	UntilNS              uint64
	BeganCall, EndedCall bool // the moment is that of its own call
}

// Moves returns the changes of its namespaces, oldest first, and how many there were
// before those that are kept.
func (p *Process) Moves() (kept []Move, before int) {
	d := p.few().deeds
	if d == nil {
		return nil, 0
	}
	return d.moves, int(d.before)
}

// ThreadMoves returns how often threads other than its leader were seen to call unshare
// or setns: what they change is theirs alone.
func (p *Process) ThreadMoves() int {
	d := p.few().deeds
	if d == nil {
		return 0
	}
	return int(d.byThread)
}

// Reaping returns the latest time for which it was a subreaper.
func (p *Process) Reaping() Reaping {
	d := p.few().deeds
	if d == nil {
		return Reaping{}
	}
	return d.reaping
}

func (m *Model) past(p *Process) *deeds {
	s := m.need(p)
	if s.deeds == nil {
		s.deeds = &deeds{}
	}
	return s.deeds
}

// keptMoves bounds what is kept of one that goes from namespace to namespace.
const keptMoves = 16

func (d *deeds) add(mv Move) *Move {
	if len(d.moves) == keptMoves {
		d.moves = slices.Delete(d.moves, 0, 1)
		d.before++
	}
	d.moves = append(d.moves, mv)
	return &d.moves[len(d.moves)-1]
}

// called notes an unshare or a setns that succeeded.
func (m *Model) called(p *Process, ev *events.Event) {
	d := ev.Syscall
	flags := d.Flags & newNamespaces
	switch {
	case ev.Kind != events.Setns && ev.Kind != events.Unshare, ev.Kind == events.Unshare && flags == 0:
	case ev.Process.TID != 0 && ev.Process.TID != p.Key.PID:
		m.past(p).byThread++
	default:
		m.past(p).add(Move{Call: ev.Kind.String(), Flags: flags, At: Sight{AtNS: ev.BootNS, Kind: ev.Kind}, loss: m.lossGap})
	}
}

// shownNamespaces takes over a record's namespaces of a live process. One that waited
// while a later one was read knows less than that.
func (m *Model) shownNamespaces(p *Process, now *events.Namespaces) {
	at := Sight{AtNS: m.current.BootNS, Kind: m.current.Kind}
	if at.AtNS < p.shownNS {
		return
	}
	if before := p.shown(); *before != *now { // as hardly ever
		for i := range nsKinds {
			k := &nsKinds[i]
			if had, has := *k.of(before), *k.of(now); had != 0 && has != 0 && had != has {
				m.moved(p, k, had, has, "", at)
			}
		}
		p.spaces = m.spaces.of(*now, p.parent.spaces)
	}
	p.shownNS, p.shownBy = at.AtNS, at.Kind
}

// moved keeps one change: with the call that made it, where that was seen; else with
// what is known of when and by what.
func (m *Model) moved(p *Process, k *nsKind, from, to uint32, call string, at Sight) {
	h, c := m.past(p), Change{Name: k.name, From: from, To: to}
	if made := h.callOf(k, p.shownNS, m.lossGap); made != nil {
		made.Changes = append(made.Changes, c)
		return
	}
	if k.flag == cloneNewTime {
		return // by an exec, of what unshare had made for its children long ago, perhaps
	}
	if n := len(h.moves); n > 0 {
		if last := &h.moves[n-1]; last.Call == call && last.At == at {
			last.Changes = append(last.Changes, c)
			return
		}
	}
	h.add(Move{
		Call: call, After: Sight{AtNS: p.shownNS, Kind: p.shownBy}, At: at, Changes: []Change{c}, loss: m.lossGap,
	})
}

// callOf returns the call since a moment that must have brought the change about: the
// last that asked for that kind of namespace. A setns that does not say what its
// descriptor stood for is it only where there is no other.
func (d *deeds) callOf(k *nsKind, sinceNS uint64, loss uint32) (found *Move) {
	for i := range slices.Backward(d.moves) {
		mv := &d.moves[i]
		if !mv.Seen() || mv.At.AtNS < sinceNS || mv.loss != loss {
			break
		}
		anything := mv.At.Kind == events.Setns && mv.Flags == 0
		switch {
		case !anything && mv.Flags&k.flag == 0:
		case k.flag == cloneNewTime && mv.At.Kind == events.Unshare: // its children's until it executes
		case found != nil:
			return nil
		case !anything:
			return mv
		default:
			found = mv
		}
	}
	return found
}

// shownReaping notes whether a record shows a subreaper.
func (m *Model) shownReaping(p *Process, is bool) {
	now := m.current.BootNS
	if is == p.Subreaper || now < p.shownNS {
		return
	}
	p.Subreaper = is
	if is {
		m.past(p).reaping = Reaping{AfterNS: p.shownNS, FromNS: now}
	} else if r := &m.past(p).reaping; r.FromNS != 0 {
		r.UntilNS = now
	}
}

// calledReaping notes a prctl(PR_SET_CHILD_SUBREAPER) that succeeded.
func (m *Model) calledReaping(p *Process, is bool) {
	if is == p.Subreaper {
		return
	}
	m.shownReaping(p, is)
	if r := &m.past(p).reaping; p.Subreaper == is {
		r.BeganCall, r.EndedCall = r.BeganCall || is, !is
	}
}
