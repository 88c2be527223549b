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
	// Shared, of ContainerKnown, says that the cgroup turned out to be others', too: in it
	// only who has the container's init in his PID namespace is the container's for certain.
	Shared bool

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

// ManyWait is more than are looked through.
const ManyWait Waiting = -1

// WhySeccomp is for a system call that strict mode or a filter forbids: by SIGSYS, or
// by a status that no signal was sent for (strict mode's SIGKILL).
const WhySeccomp Why = "seccomp"

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
