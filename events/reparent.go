package events

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
