package recording

import (
	"cmp"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/events/record"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// living is who lives, by what was put into a recording: what of the files before it one
// who reads a later file alone must know. It knows no more than they told.
type living struct {
	// Of one PID lives one process: who has it now. So an end that was lost or left out
	// costs no memory for ever.
	byPID map[int32]*resident
	last  events.Event // latest number, latest time
	gaps  gaps
}

type resident struct {
	p    events.Process
	seen int // how many gaps there were when it was told last
}

func newLiving() *living { return &living{byPID: map[int32]*resident{}} }

// put learns from an event.
func (l *living) put(ev *events.Event) {
	l.last.Seq, l.last.CPU, l.last.BootNS = ev.Seq, ev.CPU, max(l.last.BootNS, ev.BootNS)
	l.sweep(ev.Kind)
	switch ev.Kind {
	case events.Snapshot, events.Fork, events.Exec:
		l.tell(ev)
	case events.Exit:
		if l.of(&ev.Process) != nil {
			delete(l.byPID, ev.Process.Key.PID)
		}
	case events.PidnsDestroy:
		l.destroy(ev)
	case events.ContainerKnown:
		if ev.Shared {
			l.part(&ev.Process)
		} else {
			l.rename(ev.Process.Container)
		}
	default:
		if r := l.of(&ev.Process); r != nil {
			r.seen = l.gaps.told
			r.learn(ev)
		}
	}
}

// of returns who is known by that identity; nil is nobody.
func (l *living) of(p *events.Process) *resident {
	if r := l.byPID[p.Key.PID]; r != nil && r.p.Key == p.Key {
		return r
	}
	return nil
}

// tell takes over a whole process.
func (l *living) tell(ev *events.Event) {
	if ev.Process.Zombie {
		delete(l.byPID, ev.Process.Key.PID)
		return
	}
	p := ev.Process.Clone()
	// A snapshot in a child PID namespace has no arguments, and none has the environment.
	if r := l.of(&p); r != nil && ev.Kind == events.Snapshot && r.p.Exe == p.Exe {
		if len(p.Args.Raw) == 0 && p.Args.Size == 0 {
			p.Args = r.p.Args
		}
		p.Env = r.p.Env
	}
	steady(&p)
	l.byPID[p.Key.PID] = &resident{p: p, seen: l.gaps.told}
}

// steady takes from a process what was true of that moment alone, and what may have changed
// since and no event says: by setuid(2), chdir(2), prctl(2), and by unshare(2) and setns(2)
// where system calls are not recorded. Its own PID namespace never changes.
func steady(p *events.Process) {
	p.Job, p.Threads, p.TID = nil, 0, p.Key.PID
	p.HasIDs, p.UID, p.GID, p.Cwd, p.Subreaper = false, 0, 0, "", false
	p.NS = events.Namespaces{PID: p.NS.PID}
}

// learn takes over what an event says of whom it is about.
func (r *resident) learn(ev *events.Event) {
	p, said := &r.p, &ev.Process
	if said.Comm != "" && said.TID == said.Key.PID {
		p.Comm = said.Comm
	}
	if !said.Parent.IsZero() {
		p.Parent = said.Parent
	}
	if said.Container != nil {
		p.Container = said.Container.Clone()
	}
	if said.Role != "" {
		p.Role, p.Genealogy, p.Serves = said.Role, said.Genealogy, said.Serves.Clone()
	}
	switch {
	case ev.Reparent != nil && !ev.Reparent.To.IsZero():
		p.Parent = ev.Reparent.To
	case ev.Kind == events.CgroupMove && ev.Cgroup != nil:
		p.Cgroup, p.Container = ev.Cgroup.To, said.Container.Clone()
	}
}

// rename takes over what was learnt of a container.
func (l *living) rename(known *events.Container) {
	if known == nil {
		return
	}
	for _, r := range l.byPID {
		if container.Same(r.p.Container, known) {
			r.p.Container = known.Clone()
		}
	}
}

// part takes the container back from those in a cgroup that turned out to be others', too,
// but for the members of child PID namespaces, of whom the init's are still in it.
func (l *living) part(shared *events.Process) {
	at := func(cg events.Cgroup) bool {
		return cg.Hierarchy == shared.Cgroup.Hierarchy && cg.ID == shared.Cgroup.ID
	}
	for _, r := range l.byPID {
		if r.p.Chain.Level() <= 0 && at(r.p.Cgroup) && container.Same(r.p.Container, shared.Container) {
			r.p.Container = nil
		}
	}
}

// destroy drops the members of a PID namespace that has none any more.
func (l *living) destroy(ev *events.Event) {
	if ev.Pidns == nil {
		return
	}
	in := func(e events.PIDEntry) bool { return e.NS == ev.Pidns.NS.ID }
	maps.DeleteFunc(l.byPID, func(_ int32, r *resident) bool { return slices.ContainsFunc(r.p.Chain, in) })
}

// sweep drops, when the look at all processes that follows a gap is over, those who were
// not seen in it: their end was lost.
func (l *living) sweep(kind events.Kind) {
	if l.gaps.settled(kind) {
		maps.DeleteFunc(l.byPID, func(_ int32, r *resident) bool { return r.seen < l.gaps.told })
	}
}

// snapshots returns those who live as events, parents before children, as of the latest
// event. Their numbers are those right before the next event's, so that no number is
// missing between them and it, and none must change.
func (l *living) snapshots(fits func([]*events.Process) []*events.Process) (all []events.Event, left int) {
	procs := make([]*events.Process, 0, len(l.byPID))
	for _, r := range l.byPID {
		procs = append(procs, &r.p)
	}
	slices.SortFunc(procs, func(a, b *events.Process) int {
		return cmp.Or(cmp.Compare(a.Key.Start, b.Key.Start), cmp.Compare(a.Key.PID, b.Key.PID))
	})
	told := fits(procs)
	told = told[:min(uint64(len(told)), l.last.Seq)]
	first := l.last.Seq - uint64(len(told)) + 1
	for i, p := range told {
		all = append(all, events.Event{
			Kind: events.Snapshot, Seq: first + uint64(i), BootNS: l.last.BootNS, CPU: l.last.CPU, Process: *p,
		})
	}
	return all, len(procs) - len(told)
}

// within returns those of the processes that fit, in order of their birth. Who is left out
// first are kernel threads, then the youngest. fit returns how many of the first ones do.
func within(procs []*events.Process, fit func([]*events.Process) int) []*events.Process {
	if fit(procs) == len(procs) {
		return procs
	}
	procs = slices.DeleteFunc(procs, func(p *events.Process) bool { return p.Kthread })
	return procs[:fit(procs)]
}

// longest is the event of a process whose line is longer than that of any other time.
func longest(p *events.Process) *events.Event {
	return &events.Event{Kind: events.Snapshot, Seq: math.MaxUint64, BootNS: math.MaxInt64, CPU: math.MaxUint32, Process: *p}
}

// linesWithin returns how many processes' lines take no more than that many bytes.
func linesWithin(procs []*events.Process, bytes int64) int {
	var line []byte
	for i, p := range procs {
		line = ndjson.AppendEvent(line[:0], longest(p), 0)
		if bytes -= int64(len(line)); bytes < 0 {
			return i
		}
	}
	return len(procs)
}

// framesWithin returns how many processes a recording of that many bytes has room for. It
// is tried: how well lines compress cannot be known before.
func framesWithin(h *events.Header, procs []*events.Process, bytes int64) int {
	trial, err := record.NewWriter(io.Discard, h, record.Options{MaxBytes: max(1, bytes), FlushEvery: math.MaxInt64})
	if err != nil {
		return 0
	}
	defer func() { _ = trial.Close(record.Trailer{}) }() // its clock ends with it
	for i, p := range procs {
		if trial.Put(longest(p)) != nil {
			return i
		}
	}
	return len(procs)
}
