package report

import "github.com/ptrace-ns/ptrace-ns/events"

// Move is a change of namespaces that a process brought about in itself.
type Move struct {
	// Call is unshare or setns; empty where only what came of it was seen.
	Call string
	// Flags are those of the call; of setns 0 is whatever its descriptor stood for.
	Flags uint64
	// At is the return of the call where that was seen, which Exact says. Else it came
	// between After, which shows the namespaces before, and At, which shows them since.
	After, At Sight
	Exact     bool
	Changes   []NSChange
}

// Sight is a record that shows the namespaces of a process, CLOCK_BOOTTIME.
type Sight struct {
	BootNS uint64
	Kind   events.Kind
	Child  events.Ref // whose birth it is; zero is the process's own, with Fork
}

// NSChange is one of a process's namespaces, in the words of /proc/PID/ns.
type NSChange struct {
	Name     string
	From, To uint32
}

// Reaping is a time for which a process was a subreaper, CLOCK_BOOTTIME.
type Reaping struct {
	// FromNS is when that began, exact where BeganCall says so; else it was seen then, and
	// not yet at AfterNS, of which 0 is not known.
	AfterNS, FromNS uint64
	UntilNS         uint64 // when it was over, likewise; 0 is not at all
	BeganCall       bool
	EndedCall       bool
}

// ThreadApart is a thread whose children are born into a PID namespace that is not its
// process's own.
type ThreadApart struct {
	TID   int32
	Pidns uint32
	Call  string // that led there: unshare or setns; empty is not known
	At    Sight  // the birth that shows it first
}
