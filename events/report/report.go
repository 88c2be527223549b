// Package report is what the commands tell that do not tell events: the tree of
// the processes, the hierarchy of the PID namespaces, the life of one process.
//
// These are plain values in the words of package events. They know neither the
// model that they are taken from nor how they are shown.
package report

import "github.com/ptrace-ns/ptrace-ns/events"

// State is how far a process is in its life.
type State string

// The states of a process.
const (
	Live   State = "live"
	Zombie State = "zombie" // ended, and waits to be reaped
	// Ending is a PID 1 that has ended and cannot be reaped yet: it waits in the kernel
	// for the other members of its namespace.
	Ending State = "ending"
	Exited State = "exited" // ended, and was seen to
	Gone   State = "gone"   // ended, unseen
	Unseen State = "unseen" // only named by others: its own record never came
)

// Node is one process and those below it.
type Node struct {
	Process events.Process
	State   State
	// Label says in words what it is for, and for which container; empty is nothing.
	Label string
	// Exit is how it ended, nil while it lives or when nobody saw.
	Exit       *events.ExitStatus
	LifetimeNS uint64         // 0 is not known
	Killer     *events.Killer // nil is not known
	// Certainty says how sure its parent is.
	Certainty Certainty
	// Reparented holds the parents that it got after its first, oldest first, and
	// ReparentedBefore is how many of them there were before those.
	Reparented       []Adoption
	ReparentedBefore int
	// Outside is its parent where that is in none of the trees; nil where it is, and where
	// there is none.
	Outside *events.Process
	// Context says that it was not asked for, and is there for those whose parent it became.
	Context bool
	// Threads are those besides the leader, only when asked for.
	Threads  []Thread
	Children []*Node
}

// Certainty says what is known of a parent.
type Certainty string

// The certainties of a parent; Confirmed is the empty string.
const (
	Confirmed Certainty = ""
	Predicted Certainty = "predicted" // by the kernel's rule, at the end of the one before
	Inferred  Certainty = "inferred"  // it was so before records were lost, and nobody looked since
	Unknown   Certainty = "unknown"   // who came after one that has ended, or any
)

// Adoption is one change of parent.
type Adoption struct {
	events.ReparentDetail
	BootNS uint64
	// EndNS is when the parent before ended, CLOCK_BOOTTIME. It is 0 where nobody saw:
	// then that was after AfterNS, and at BootNS the new parent was seen, which need not
	// be the first since.
	EndNS, AfterNS uint64
}

// UnseenBirth says why nobody saw a birth.
type UnseenBirth string

// The reasons why a birth was not seen; the empty string is that it was, or that the
// process itself never was.
const (
	BeforeLook    UnseenBirth = "look"   // nothing was attached: there is but this look
	BeforeTracing UnseenBirth = "start"  // it was there when tracing began
	NotAsked      UnseenBirth = "filter" // it was not asked for
	WasLost       UnseenBirth = "loss"   // its record was lost
)

// Thread is one thread that is not the leader.
type Thread struct {
	TID  int32
	Comm string
	PIDs []int32 // its number at every level, outermost first
}

// Namespace is one PID namespace and those below it.
type Namespace struct {
	Info    events.NSInfo
	Init    events.Ref
	Chain   events.PIDChain // of the init
	Args    events.Args     // of the init
	Exe     string          // of the init
	Creator events.Ref      // zero is not known
	Via     string
	HasUID  bool // UID, of the init, is known
	UID     uint32
	// Container is the init's; Containers are all that its members are in, the init's
	// first.
	Container  *events.Container
	Containers []*events.Container
	// Members live in it and in none below it; Visible counts those, too.
	Members, Visible int
	Unreaped         int // dead and not waited for
	// AgeNS is the time since its init started, of one that is over up to EndNS; 0 is
	// not known.
	AgeNS uint64
	Dying bool
	// Over says that nothing lives in it any more and nothing is known to wait to be
	// reaped, and EndNS since when, CLOCK_BOOTTIME; 0 is not known. Unsure is how many
	// members ended with their parents outside and were not seen reaped: until they are,
	// its PID 1 waits in the kernel (zap_pid_ns_processes).
	Over   bool
	EndNS  uint64
	Unsure int
	// BornNS is when its first process was born, CLOCK_BOOTTIME; 0 where nobody saw.
	BornNS  uint64
	DyingNS uint64 // since when; 0 is not known
	// InitExit is how its init ended, when that is known.
	InitExit *events.ExitStatus
	// InitWaits says that its PID 1 has ended and waits in the kernel until all other
	// members are reaped: it cannot be reaped itself before.
	InitWaits bool
	// Killed are those whom the kernel killed because its init had ended, within ReapNS of
	// that; 0 is not known.
	Killed []events.Ref
	ReapNS uint64
	// Holders are, where no process lives in it that is known, those whose children are to
	// be born into it: it has had none yet, or can have none any more.
	Holders []events.Ref
	// WaitingFor are members that only a parent outside can reap.
	WaitingFor []Waiting
	Children   []*Namespace
}

// Waiting is a member for which a dying namespace waits, and its parent outside.
type Waiting struct {
	Process, Parent events.Ref
	Zombie          bool // dead, but not reaped
}

// Life is what is known of one process from its birth on.
type Life struct {
	Node // without Children
	// Birth is nil when it was not seen; Unborn says why.
	Birth  *Birth
	Unborn UnseenBirth
	// Asked are the filters, as a command line has them, because of which a birth may not
	// be there.
	Asked     []string
	Ancestors []Ancestor // parent first
	Images    []Image    // oldest first: the first is the one that it was born with
	// Role says in words what it is for, besides being the PID 1 of its namespace; empty
	// is nothing.
	Role string
	// Entered says how it came into its PID namespace from outside; nil is not at all.
	Entered *Entry
	// Apart are the other namespaces that are not its parent's; nil is none.
	Apart *Apart
	// Moves are the changes of namespaces that it brought about in itself, oldest first;
	// MovesBefore is how many there were before those, and ThreadMoves how often threads
	// other than its leader called unshare or setns, for themselves alone.
	Moves                    []Move
	MovesBefore, ThreadMoves int
	// ThreadsApart are threads other than its leader whose children are born into another
	// PID namespace than its own.
	ThreadsApart []ThreadApart
	// ChildrenPidns is the PID namespace that its children are born into where that is not
	// its own and no move tells it; 0 is none such.
	ChildrenPidns uint32
	// Reaping is the latest time for which it was seen to be a subreaper; nil is never.
	Reaping *Reaping
	// Pidns is its own namespace, nil when not known.
	Pidns    *Namespace
	Children []events.Ref
	// Unknown names what cannot be known because it was before the first look, or is not
	// in what was asked for.
	Unknown []string
	// Events are lines of the event stream about the process, without line breaks.
	Events [][]byte
}

// Birth says how a process came to be.
type Birth struct {
	BootNS          uint64
	Creator, Parent events.Ref
	CreatorTID      int32  // the thread that called; 0 is not known
	Flags           uint64 // clone flags
}

// Entry is how a process came into a PID namespace that was there and is neither its
// creator's nor its parent's.
type Entry struct {
	Creator events.Ref // zero when its birth was not seen: then its parent lives outside
	// Setns says that its creator had called setns, else it had made the namespace by
	// unshare.
	Setns bool
}

// Apart compares the namespaces of a process, but for PID namespaces, with those of its
// parent.
type Apart struct {
	Names  []string // in the words of /proc/PID/ns
	Parent events.Ref
	// Shared is the PID 1 of its PID namespace, where these are that one's.
	Shared events.Ref
}

// Ancestor is one process above another.
type Ancestor struct {
	events.Ref
	Role      string // what it is for, in words; empty is not known
	Container *events.Container
}

// Image is one program that a process ran.
type Image struct {
	BootNS      uint64 // of the exec; 0 when that was not seen
	Exe         string
	Args        events.Args
	Filename    string
	Interpreter string
	// OldTID is the thread that executed it and became the leader; 0 is the leader.
	OldTID int32
}
