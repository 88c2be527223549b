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
	Chain     events.PIDChain
	Comm      string
	State     State
	HasIDs    bool
	Subreaper bool
	Kthread   bool
	UID, GID  uint32
	Threads   uint32            // how many, as of the last snapshot or exec; 0 not known
	NS        events.Namespaces // as of the last record that shows them
	Cgroup    events.Cgroup
	Container *events.Container
	duty      *duty  // nil for nearly all
	deeds     *deeds // nil for nearly all
	Birth     Birth

	images    []*Image
	tids      []int32
	adoptions []Adoption
	inbox     *inbox // nil for nearly all
	end       *End   // kept when the node is reused; State tells whether it holds

	ns       *Namespace // its own
	reapedIn *Namespace // whose death killed it
	held     *heldRename
	oom      bool
	inWindow bool
	edge     Certainty
	shownBy  events.Kind // the latest record that shows all its namespaces
	edgeGap  uint32
	dropped  uint32 // adoptions before the first that is kept
	pass     uint32 // the last snapshot pass that showed it
	passNS   uint64 // when it did
	shownNS  uint64 // of shownBy; 0 is none

	parent, next, prev, first, last *Process

	group                  *group // see index.go
	nextMate, prevMate     *Process
	nextMember, prevMember *Process
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
	if p.State != Exited && p.State != Zombie || p.end == nil || p.end.unseen {
		return End{}, false
	}
	return *p.end, true
}

// TIDs returns the threads besides the leader, as far as they were told.
func (p *Process) TIDs() []int32 { return p.tids }

// Adoptions returns who became its parent after its first one, oldest first. They are
// all there are but for DroppedAdoptions.
func (p *Process) Adoptions() []Adoption { return p.adoptions }

// DroppedAdoptions returns how many there were before those that are kept: none where
// the records are a kernel's, up to a depth of 256 ancestors.
func (p *Process) DroppedAdoptions() int { return int(p.dropped) }

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

// isInit reports whether it is the PID 1 of its own namespace.
func (p *Process) isInit() bool { return p.Chain.Own().PID == 1 }

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

// describe fills what an event says of a process that it is about.
func (p *Process) describe(to *events.Process) {
	to.Key, to.PIDIno, to.TID = p.Key, p.PIDIno, p.Key.PID
	to.Chain, to.Comm, to.NSInit = p.Chain, p.Comm, p.isInit()
	if parent, ok := p.Parent(); ok {
		to.Parent = parent.Ref()
	}
	to.NS.PID = p.Chain.Own().NS.Inum
	to.Cgroup, to.Container = p.Cgroup, p.Container
	to.Subreaper, to.Kthread = p.Subreaper, p.Kthread
	if i := p.Image(); i != nil {
		to.Exe = i.Exe
	}
	p.duty.show(to)
}
