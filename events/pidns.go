package events

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
