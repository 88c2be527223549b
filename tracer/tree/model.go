// Package tree folds the event stream into what it means: which processes there
// are, whose children they are and why, what images they ran, what killed them,
// and which PID namespaces were born, live and die.
//
// It is a pure reducer. It has no clock, does no input or output and starts no
// goroutine: the same events give the same model and the same derived events, be
// they live, replayed or made up by a test. It must not know where events come
// from (BPF, files) nor how they are shown.
//
// Apply takes records and tells what they mean; Recall takes what was told and needs
// less: with it, a recording shows what was seen live.
//
// # What it never does
//
// Records can be lost. Even then it makes no cycle, merges no two processes and
// raises nobody from the dead. What it holds about a parent comes with a
// Certainty; what it does not know stays unknown.
package tree

import "github.com/ptrace-ns/ptrace-ns/events"

// DefaultKeep is how many exited processes are remembered when Options.Keep is 0.
const DefaultKeep = 1024

// Options configures a Model.
type Options struct {
	// Keep is how many of the latest exited processes stay known although nothing
	// living needs them any more; 0 means DefaultKeep.
	Keep int
}

// Stats counts what a reader of the model should not have to guess.
type Stats struct {
	Live         int    // processes that are alive
	Known        int    // all nodes: live, placeholders and exited ones
	Mispredicted uint64 // parents foretold at an exit that turned out otherwise
	Vanished     uint64 // processes whose exit was never seen
	Refused      uint64 // parents that cannot be: younger than their child
}

// Model folds events into processes and PID namespaces. It is not safe for
// concurrent use.
type Model struct {
	voice
	byPID namesakes
	known int // all processes that are
	// root stands for PID 0, the parent of those that have none or whose parent
	// is not known; it makes one tree of them all.
	root   Process
	window window
	free   []*Process
	names  interner

	freeSeldom []*seldom
	freeNested []*nested
	freeImages []*Image
	bytes      bytePool
	spaces     shared[events.Namespaces]
	learnt     events.Namespaces // see learnNamespaces, which makes them in it
	cgroups    shared[events.Cgroup]
	programs   shared[Program]
	// containers has the init of each container that has begun, by its id.
	containers map[string]begun
	groups     map[home]*group       // see index.go
	servants   map[*Process]struct{} // the living that work for a container
	stats      Stats

	nsByID          map[uint64]*Namespace
	nsByInum        map[uint32]*Namespace
	nsFirst, nsLast *Namespace
	freeHeld        []*heldRename
	pass            pass
	gap             uint32 // how many Lost were seen: what is older is inferred
	lossGap         uint32 // gap at the last loss
	gaps            gaps
	recall          memory
	looks           bool // see awaited.go
}

// New returns an empty model.
func New(o Options) *Model {
	if o.Keep <= 0 {
		o.Keep = DefaultKeep
	}
	return &Model{
		byPID:    namesakes{},
		window:   window{slots: make([]*Process, o.Keep)},
		nsByID:   map[uint64]*Namespace{},
		nsByInum: map[uint32]*Namespace{},

		containers: map[string]begun{},
		groups:     map[home]*group{},
		servants:   map[*Process]struct{}{},
	}
}

// Apply folds one event and calls tell, in order, for each event that is to be
// told: usually ev itself, completed with what the model knows, then those that
// follow from it. Every event is valid only during tell. Apply numbers them.
//
// Events that the model derives itself (PidnsCreate to Reparent) are ignored when
// they come in: they are derived anew. The first error of tell is returned; the
// event is folded to its end all the same, but nothing more of it is told.
func (m *Model) Apply(ev *events.Event, tell func(*events.Event) error) error {
	m.current, m.currentTold, m.tell, m.err = ev, false, tell, nil
	m.fold(ev)
	err := m.err
	m.lent.takeBack(ev)
	m.current, m.tell, m.err = nil, nil, nil
	return err
}

func (m *Model) fold(ev *events.Event) {
	switch ev.Kind {
	case events.Snapshot:
		m.snapshot(ev)
	case events.ContainerKnown:
		m.containerKnown(ev)
	case events.SnapshotEnd:
		m.snapshotEnd()
	case events.Fork:
		m.fork(ev)
	case events.Exec:
		m.exec(ev)
	case events.Exit:
		m.exit(ev)
	case events.Signal:
		m.signal(ev)
	case events.Rename:
		m.rename(ev)
	case events.CgroupMove:
		m.cgroupMove(ev)
	case events.OOM:
		m.oom(ev)
	case events.ThreadStart, events.ThreadExit:
		m.thread(ev)
	case events.Lost:
		m.lost(ev)
	case events.Shown:
		m.observe(m.subject(ev), ev)
	case events.Gap:
		m.gap++
		m.lossGap = m.gap
		m.gaps.begin(0)
	case events.Unshare, events.Setns, events.CloneFailed, events.Subreaper, events.PivotRoot:
		m.syscall(ev)
	case events.PidnsCreate, events.PidnsEnter, events.PidnsReap, events.PidnsDestroy, events.PidnsWait, events.Reparent:
	default:
		m.complete(ev, m.find(ev.Process.Key))
		m.say(ev)
	}
}

// lost opens a gap: whatever is known of parents now rests on records from
// before it.
func (m *Model) lost(ev *events.Event) {
	m.gap++
	m.lossGap = m.gap
	if ev.Lost != nil {
		m.gaps.lose(ev.Lost.SinceNS)
	}
	m.say(ev)
	m.lostSeq = ev.Seq
}

// Stats returns the counters.
func (m *Model) Stats() Stats {
	s := m.stats
	s.Known = m.known
	return s
}
