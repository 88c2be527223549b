package events

// Event is one line of the stream. Exactly the detail that its Kind names is set.
type Event struct {
	// Seq is the position in the stream, from 1, given when the event is told.
	Seq uint64
	// Cause is the Seq of the event that a derived one follows from, else 0.
	Cause uint64
	// BootNS is the kernel event's time, CLOCK_BOOTTIME nanoseconds. It is data:
	// the order of the stream, not of these times, is the order of what happened.
	BootNS uint64
	CPU    uint32
	Kind   Kind

	// Process is whom it is about. ContainerKnown has no process but a container, and the
	// cgroup whose processes are in it: zero is none besides those that are said to be.
	Process Process

	Fork    *ForkDetail    // Fork, ThreadStart
	Exec    *ExecDetail    // Exec
	Exit    *ExitDetail    // Exit, ThreadExit, ContainerExit; Snapshot of a zombie
	Signal  *SignalDetail  // Signal
	Rename  *RenameDetail  // Rename
	Cgroup  *CgroupDetail  // CgroupMove, CgroupMkdir, CgroupRmdir
	Syscall *SyscallDetail // Unshare, Setns, CloneFailed, Subreaper, PivotRoot
	Pidns   *PidnsDetail   // PidnsCreate, PidnsEnter, PidnsReap, PidnsDestroy, PidnsWait
	Lost    *LostDetail
	// Servant, of ContainerKnown, is a program that turned out to work for the container.
	Servant Ref

	Reparent *ReparentDetail
}

// ForkDetail says how a process or thread was made.
type ForkDetail struct {
	// Creator is the process that called clone. It is the parent too, unless
	// CLONE_PARENT made the creator's own parent the parent.
	Creator Ref
	// CreatorTID is the thread that called.
	CreatorTID int32
	// CreatorNS is the creator's own PID namespace and CreatorLevel its depth.
	CreatorNS    NSID
	CreatorLevel int
	Flags        uint64 // clone flags, 64 bits
	ExitSignal   int32  // sent to the parent at the end; 0 none
	// Syscall is the system call's name (clone, clone3, fork, vfork) when it was
	// looked at: only with CLONE_NEWPID. Empty is unknown.
	Syscall string
}

// NSInfo describes a PID namespace as the kernel holds it.
type NSInfo struct {
	ID     NSID
	Level  int
	Parent NSID
	UserNS uint32 // inum of the owning user namespace
}

// ExecDetail says what was executed; the image is in Process.Exe and Args.
type ExecDetail struct {
	Filename       string     // as passed to execve
	FilenameStatus ReadStatus // Truncated past the kernel's PATH_MAX
	Interpreter    string     // when it is a script or a binfmt_misc format
	OldTID         int32      // when a thread that is not the leader did it, else 0
}

// ExitStatus is the thread group's end as wait(2) would tell it.
type ExitStatus struct {
	Code   int   // exit code, when Signal is 0
	Signal int32 // the signal that ended it
	Core   bool  // a core was dumped
}

// ExitDetail says how a process ended.
type ExitDetail struct {
	Status     ExitStatus
	LifetimeNS uint64
	// Threads is how many threads it had since its last exec, the leader included; 0
	// is not known.
	Threads uint32
	// Reaper is who gets its children by the kernel's rule at that moment, and
	// ReaperReason why; the zero Ref when it is not known.
	Reaper       Ref
	ReaperReason ReparentReason
	Killer       *Killer
}

// Origin says where a signal came from.
type Origin uint8

// The origins of a signal.
const (
	OriginUnknown Origin = iota
	OriginUser
	OriginKernel
	OriginPidnsReap
	OriginOOM
	OriginCgroupKill
)

var originNames = [...]string{"unknown", "user", "kernel", "pidns_reap", "oom", "cgroup_kill"}

// String returns the origin's name in the event stream.
func (o Origin) String() string {
	if int(o) >= len(originNames) {
		return originNames[0]
	}
	return originNames[o]
}

// SignalResult is what became of a signal (enum in include/trace/events/signal.h).
type SignalResult uint8

// The results of trace event signal_generate.
const (
	SignalDelivered SignalResult = iota
	SignalIgnored
	SignalAlreadyPending
	SignalOverflow
	SignalLoseInfo
)

var resultNames = [...]string{"delivered", "ignored", "already_pending", "overflow", "lose_info"}

// String returns the result's name in the event stream.
func (r SignalResult) String() string {
	if int(r) >= len(resultNames) {
		return "unknown"
	}
	return resultNames[r]
}

// SignalDetail says who sent what; Event.Process is the target.
type SignalDetail struct {
	Signal int32
	// Sender is the process in whose context it was sent; for OriginPidnsReap the
	// dead init, in whose context the kernel kills.
	Sender    Ref
	SenderTID int32
	Origin    Origin
	// Code is siginfo's si_code (SI_USER 0, SI_KERNEL 0x80, SI_TKILL -6 …).
	Code         int32
	Result       SignalResult
	TargetIsInit bool // the target is the PID 1 of a child PID namespace
	Group        bool // sent to the thread group, not to one thread
	ParentDeath  bool // PR_SET_PDEATHSIG of the target
	// SenderLives says that with ParentDeath only the thread SenderTID ended, of a
	// process that lives on.
	SenderLives bool
	// Unasked says that nobody asked for signals of this number: it is there for the
	// model, which joins it with the exit that it causes or comes before, and is not told.
	Unasked bool
	// The rest only the model needs, and no stream has it: what the target was like
	// once the signal was sent.

	Deadly bool // delivered; it ends by default and was neither handled nor ignored
	Ending bool // the target was on its way out: by this very signal, if delivered
	Traced bool // the target is, by ptrace: what was taken may be held, or changed
	// Taken says that it was not sent: a thread of the process takes one that waited, which
	// meets its default action and ends all. Nothing is known of a sender.
	Taken bool
	// SIPID is the si_pid that the target is told, 0 where that is no process.
	SIPID int32
	// Own and Shared are how many of this number wait in the thread's own queue and in the
	// group's, with the one that was sent and without the one that was taken.
	Own, Shared Waiting
	NSID        NSID // OriginPidnsReap: the namespace that is being emptied
}

// Waiting is a number of signals, or ManyWait: so many that they were not counted.
type Waiting int16

// ManyWait is more than are looked through.
const ManyWait Waiting = -1

// Killer says who ended a process.
type Killer struct {
	Origin      Origin
	Signal      int32
	Sender      Ref // zero where the kernel sent it on nobody's behalf
	SenderChain []Ref
	// ParentDeath says that it was the signal asked for by PR_SET_PDEATHSIG; Sender
	// is the parent that ended, or whose thread SenderTID did: the kernel sends it when
	// the thread that forked ends (forget_original_parent, kernel/exit.c). SenderLives
	// says that the process lived on.
	ParentDeath bool
	SenderLives bool
	SenderTID   int32 // the sending thread; 0 is not known
	// Code is siginfo's si_code.
	Code int32
	// Why is WhySeccomp or empty: not known.
	Why Why
	// OneOf are the senders of whom one it was, where it is not certain which: two signals
	// of one number waited, and whether the first was taken by a handler nobody saw. Sender
	// is zero then.
	OneOf []Ref
	// Preceded are the signals of others that did not end it before: a SIGTERM that PID 1
	// ignored, say. Oldest first; MorePreceded others are forgotten.
	Preceded     []PriorSignal
	MorePreceded uint32
}

// Why says for what the kernel ended a process.
type Why string

// WhySeccomp is for a system call that strict mode or a filter forbids: by SIGSYS, or
// by a status that no signal was sent for (strict mode's SIGKILL).
const WhySeccomp Why = "seccomp"

// PriorSignal is a signal that its target outlived, or several equal ones: then Count
// says how many, and Sender and BootNS are the latest one's.
type PriorSignal struct {
	Signal int32
	Result SignalResult
	Sender Ref // zero where the kernel sent it on nobody's behalf
	BootNS uint64
	Count  uint32 // 0 when it was one
}

// RenameDetail holds the name before.
type RenameDetail struct {
	OldComm string
	// InExec marks a rename that belongs to an execve under way. It is told only
	// when that execve then fails.
	InExec bool
}

// CgroupDetail says from where to where; for CgroupMkdir and CgroupRmdir only To
// is set.
type CgroupDetail struct{ From, To Cgroup }

// SyscallDetail is a system call of the clone family and its result.
type SyscallDetail struct {
	Name  string // clone, clone3, fork, vfork, unshare, setns, prctl, pivot_root
	Flags uint64 // clone, unshare: flags; setns: nstype
	FD    int32  // setns
	Arg   int64  // prctl: the value
	Ret   int64  // ≥ 0 result, < 0 -errno
	// DurationNS is the time from entry to exit.
	DurationNS uint64
	// NewRoot and PutOld are pivot_root's arguments.
	NewRoot, PutOld string
}

// PidnsDetail is about one PID namespace.
type PidnsDetail struct {
	NS      NSInfo
	Via     string // clone, clone3, unshare, setns
	Creator Ref
	Init    Ref

	// The rest is PidnsDestroy's.
	Exit            *ExitStatus // of the init; nil when it was not seen
	LifetimeNS      uint64      // 0 when the birth was not seen
	Reaped          uint32
	SurvivorsKilled []Ref
	ReapNS          uint64

	// InitState and Awaited are PidnsWait's.
	InitState InitState
	Awaited   []Awaited
}

// InitState is what was seen of a namespace's PID 1 after its exit.
type InitState uint8

// The states. Until every other member is reaped the PID 1 waits inside its own exit
// (zap_pid_ns_processes, kernel/pid_namespace.c).
const (
	InitUnknown InitState = iota
	InitWaits             // it does
	InitZombie            // no longer: it is dead, and not reaped itself
	InitGone              // no longer: it is reaped
)

var initStateNames = [...]string{"unknown", "waits", "zombie", "gone"}

// String returns the state's name in the event stream.
func (s InitState) String() string {
	if int(s) >= len(initStateNames) {
		return initStateNames[0]
	}
	return initStateNames[s]
}

// Awaited is a dead member of a dying namespace, and its parent outside, which alone
// can reap it.
type Awaited struct{ Process, Parent Ref }

// ReparentReason says why the kernel chose a new parent.
type ReparentReason uint8

// The reasons, in the order in which find_new_reaper (kernel/exit.c) tries them.
const (
	ReparentUnknown ReparentReason = iota
	ReparentThread
	ReparentSubreaper
	ReparentPidnsInit
	ReparentInit
)

var reasonNames = [...]string{"unknown", "thread", "subreaper", "pidns_init", "init"}

// String returns the reason's name in the event stream.
func (r ReparentReason) String() string {
	if int(r) >= len(reasonNames) {
		return reasonNames[0]
	}
	return reasonNames[r]
}

// ReparentDetail says whose child the process was and is.
type ReparentDetail struct {
	From, To  Ref
	Reason    ReparentReason
	FromExit  *ExitStatus
	Confirmed bool
	// Foretold is set when an earlier event foretold this change of parent: to To,
	// which is confirmed now, or to another, which is corrected.
	Foretold Ref
}

// LostDetail says how many kernel events found no room.
type LostDetail struct {
	Count   uint64
	ByKind  map[Kind]uint64
	SinceNS uint64 // CLOCK_BOOTTIME of the last event before the gap
	// UntilNS is the CLOCK_BOOTTIME when these were counted. While nobody reads, small
	// records may still find room: then losses behind this event are among the count,
	// none of them later than this.
	UntilNS uint64
}
