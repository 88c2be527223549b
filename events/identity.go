package events

import (
	"strconv"
)

// ProcKey identifies one process on one boot: a PID alone is recycled, often
// within a millisecond. It is the only map key for processes.
type ProcKey struct {
	// PID is the thread-group id in the initial PID namespace.
	PID int32
	// Start is the leader's start in CLOCK_BOOTTIME nanoseconds. An exec from
	// a thread that is not the leader keeps it (kernel/exec: de_thread copies it).
	Start uint64
}

// IsZero reports whether the key names no process.
func (k ProcKey) IsZero() bool { return k == ProcKey{} }

// String returns "<pid>-<start_ns>", the "id" of the event stream.
func (k ProcKey) String() string { return string(k.Append(nil)) }

// Append appends the key's String to b.
func (k ProcKey) Append(b []byte) []byte {
	b = strconv.AppendInt(b, int64(k.PID), 10)
	b = append(b, '-')
	return strconv.AppendUint(b, k.Start, 10)
}

// Ref names another process. The zero Ref means that there is none, or that it
// is not known.
type Ref struct {
	Key  ProcKey
	Comm string
}

// IsZero reports whether the reference names no process. PID 0, the idle task,
// is the parent of the first processes and counts as none.
func (r Ref) IsZero() bool { return r.Key.PID == 0 }

// NSID identifies one PID namespace. Inum alone is recycled at once: the
// lowest free number is the next to be handed out.
type NSID struct {
	// Inum is the number that /proc/PID/ns/pid shows.
	Inum uint32
	// ID is ns_common.ns_id (Linux 6.18 and later), never reused on one boot and
	// not ordered; 0 where the kernel has none.
	ID uint64
}

// IsZero reports whether the identity names no namespace.
func (n NSID) IsZero() bool { return n.Inum == 0 }

// PIDEntry is a process's number in one PID namespace.
type PIDEntry struct {
	NS  NSID
	PID int32
}

// MaxLevels is how many PID namespaces a process can be a member of:
// MAX_PID_NS_LEVEL nested ones and the initial one (kernel/pid_namespace.c).
const MaxLevels = 33

// PIDChain is a process's PID at every level, outermost first; the last entry
// is its own namespace.
type PIDChain []PIDEntry

// Own returns the innermost entry: the number that the process itself sees.
func (c PIDChain) Own() PIDEntry {
	if len(c) == 0 {
		return PIDEntry{}
	}
	return c[len(c)-1]
}

// Level returns the depth of the process's own namespace: 0 is the initial one.
func (c PIDChain) Level() int { return len(c) - 1 }

// Contains reports whether the process has a number in the namespace.
func (c PIDChain) Contains(inum uint32) bool {
	for _, e := range c {
		if e.NS.Inum == inum {
			return true
		}
	}
	return false
}
