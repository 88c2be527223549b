package tree

import (
	"iter"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// State is how far a process is in its life.
type State uint8

// The states, in the only order in which a process goes through them.
const (
	// Placeholder is known only because another's record names it.
	Placeholder State = iota
	Live
	// Zombie had ended before a snapshot found it waiting to be reaped.
	Zombie
	// Gone ended in a gap: nobody saw it exit.
	Gone
	// Exited ended and its exit record was seen. Whether it was reaped is not known.
	Exited
)

var stateNames = [...]string{"placeholder", "live", "zombie", "gone", "exited"}

// String returns the state's name.
func (s State) String() string { return stateNames[s] }

// Process is one process, all its threads and all images that it ran. It is
// valid until the next call of Apply and must not be changed.
type Process struct {
	Key       events.ProcKey
	PIDIno    uint64
	Comm      string
	Container *events.Container
	UID, GID  uint32
	Threads   uint32 // how many, as of the last snapshot or exec; 0 not known
	State     State
	HasIDs    bool
	Subreaper bool
	Kthread   bool

	holdsPID bool
	oom      bool
	inWindow bool
	edge     Certainty
	edgeGap  uint32
	pass     uint32 // the last snapshot pass that showed it
	passNS   uint64 // when it did
	shownNS  uint64 // of shownBy; 0 is none
	birth    birth
	shownBy  events.Kind // the latest record that shows all its namespaces

	spaces *events.Namespaces // shared with others, as its cgroup is
	cgroup *events.Cgroup

	born, image *Image // the first and the last
	seldom      *seldom
	held        *heldRename
	ns          *Namespace // its own
	nested      *nested    // see chain.go; nil outside child PID namespaces

	// Of siblings the first has the last before it.
	parent, first, next, prev *Process

	namesake           *Process // see find.go
	group              *group   // see index.go
	nextMate, prevMate *Process
}

// Birth says how a process came to be.
type Birth struct {
	Seen    bool       // its fork was
	Entered bool       // into a PID namespace that is neither new nor its creator's
	Setns   bool       // its creator had called setns for that, and not made the namespace
	Creator events.Ref // who called clone
	TID     int32      // the thread of it that called; 0 is not known
	Under   events.Ref // real_parent at birth
	Flags   uint64     // clone flags
	AtNS    uint64
}

// birth is what is kept of it. The parent is seldom another than the creator.
type birth struct {
	creator              events.Ref
	flags, atNS          uint64
	tid                  int32
	seen, entered, setns bool
	adopted              bool // by another than the creator, see seldom
}

// Birth returns how the process came to be.
func (p *Process) Birth() Birth {
	b := &p.birth
	if !b.seen {
		return Birth{}
	}
	under := b.creator
	if b.adopted {
		under = p.few().under
	}
	return Birth{
		Seen: true, Entered: b.entered, Setns: b.setns,
		Creator: b.creator, TID: b.tid, Under: under, Flags: b.flags, AtNS: b.atNS,
	}
}

// End says how a process ended.
type End struct {
	Status     events.ExitStatus
	AtNS       uint64 // 0 for a zombie: nobody saw when
	LifetimeNS uint64
	Threads    uint32
	Seq        uint64     // of the exit event
	Reaper     events.Ref // who gets its children
	Reason     events.ReparentReason
	Killer     *events.Killer

	unseen bool // a zombie whose status its snapshot does not tell
}

// Ref returns the reference by which events name the process.
func (p *Process) Ref() events.Ref { return events.Ref{Key: p.Key, Comm: p.Comm} }

// Namespace returns the process's own PID namespace, nil when not known.
func (p *Process) Namespace() *Namespace { return p.ns }

// End returns how the process ended, and whether that is known: a process that
// is Gone ended in a gap.
func (p *Process) End() (End, bool) {
	end := p.few().end
	if p.State != Exited && p.State != Zombie || end == nil || end.unseen {
		return End{}, false
	}
	return *end, true
}

// TIDs returns the threads besides the leader, as far as they were told.
func (p *Process) TIDs() []int32 { return p.few().tids }

// Adoptions returns who became its parent after its first one, oldest first. They are
// all there are but for DroppedAdoptions.
func (p *Process) Adoptions() []Adoption { return p.few().adoptions }

// DroppedAdoptions returns how many there were before those that are kept: none where
// the records are a kernel's, up to a depth of 256 ancestors.
func (p *Process) DroppedAdoptions() int { return int(p.few().dropped) }

// Parent returns the process whose child it is. An exited process keeps the
// parent that it had.
func (p *Process) Parent() (*Process, bool) {
	if p.parent == nil || p.parent.Key.PID == 0 {
		return nil, false
	}
	return p.parent, true
}

// Children yields its children, oldest link first, exited ones included while
// they are known.
func (p *Process) Children() iter.Seq[*Process] {
	return func(yield func(*Process) bool) {
		for c := p.first; c != nil; c = c.next {
			if !yield(c) {
				return
			}
		}
	}
}

// Ending reports whether it is a PID 1 that has ended but that nobody can reap yet:
// the kernel lets it wait, inside its own exit, until every other member of its
// namespace is reaped (zap_pid_ns_processes, kernel/pid_namespace.c). Of one that was
// seen to exit it is said while members live, and when a look saw it wait.
func (p *Process) Ending() bool {
	if p.ns == nil || p.ns.init != p {
		return false
	}
	if p.ns.waits || p.ns.left {
		return p.ns.waits
	}
	switch p.State {
	case Zombie:
		return p.ns.Members+p.ns.Unreaped > 1 // one is itself
	case Exited:
		return p.ns.Members > 0
	}
	return false
}

// adopts reports whether the kernel would take it for a parent: it is alive, or
// it is an init that waits inside zap_pid_ns_processes for its last member, and
// gets the orphans of its dying namespace until then (kernel/pid_namespace.c).
func (p *Process) adopts() bool {
	if p.State == Live || p.State == Placeholder {
		return true
	}
	return p.ns != nil && p.ns.init == p && !p.ns.dead() && p.State != Gone
}

// describe fills what an event says of a process that it is about, all but its chain.
func (p *Process) describe(to *events.Process) {
	to.Key, to.PIDIno, to.TID = p.Key, p.PIDIno, p.Key.PID
	to.Comm, to.NSInit = p.Comm, p.isInit()
	if parent, ok := p.Parent(); ok {
		to.Parent = parent.Ref()
	}
	to.NS.PID = p.own().NS.Inum
	to.Cgroup, to.Container = p.Cgroup(), p.Container
	to.Subreaper, to.Kthread = p.Subreaper, p.Kthread
	if i := p.Image(); i != nil {
		to.Exe = i.Exe
	}
	p.few().duty.show(to)
}
