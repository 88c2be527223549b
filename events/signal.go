package events

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

// Killer says who ended a process.
type Killer struct {
	Origin      Origin
	Signal      int32
	Sender      Ref // zero where the kernel sent it on nobody's behalf
	SenderChain []Ref
	// SenderChainCut says that the last of SenderChain had a parent who is not known, or
	// that there were more than are kept.
	SenderChainCut bool
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

// PriorSignal is a signal that its target outlived, or several equal ones: then Count
// says how many, and Sender and BootNS are the latest one's.
type PriorSignal struct {
	Signal int32
	Result SignalResult
	Sender Ref // zero where the kernel sent it on nobody's behalf
	BootNS uint64
	Count  uint32 // 0 when it was one
}
