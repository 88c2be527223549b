package events

// Kind says what happened. Its String is the name in the public event stream.
type Kind uint8

// The kinds that the kernel emits, those that follow from them, and what looks found.
const (
	KindUnknown Kind = iota

	Snapshot    // a process that was already there
	Fork        // a new thread group
	Exec        // a successful execve
	Exit        // a whole thread group is dead
	Signal      // a signal was generated
	Rename      // comm changed other than by exec
	CgroupMove  // moved to another cgroup
	OOM         // chosen by the OOM killer
	ThreadStart // a new thread in an existing thread group
	ThreadExit  // one thread ended
	CgroupMkdir // a cgroup was made
	CgroupRmdir // a cgroup was removed

	Unshare     // the unshare system call
	Setns       // the setns system call
	CloneFailed // clone, clone3, fork or vfork failed
	Subreaper   // prctl(PR_SET_CHILD_SUBREAPER)
	PivotRoot   // the pivot_root system call

	PidnsCreate    // the first process of a new PID namespace is born
	PidnsEnter     // a process is born into an existing namespace not its creator's
	PidnsReap      // the kernel kills a member because PID 1 is gone
	PidnsDestroy   // nothing lives in the namespace any more
	Reparent       // a process got a new parent because the old one died
	ContainerStart // a container's init executes its entrypoint
	ContainerExit  // that init is dead
	PidnsWait      // a PID 1 that has ended was seen to wait in the kernel, or no longer to
	ContainerKnown // found out of a container after its processes were told
	Lost           // kernel events found no room

	kindCount
)

// SnapshotEnd tells a model that the pass over all processes is complete: who
// was alive before it began and was not in it is gone. It is never part of the
// event stream.
const SnapshotEnd Kind = 255

// Gap tells a model that records are missing here which a Lost before has counted
// already: it was told when the reader came to the first gap, and counts what had
// been dropped by then. It is never part of the event stream.
const Gap Kind = 254

// Shown tells a model of a process, and where it descends from, whose birth was left
// out because others are followed. It is never part of the event stream.
const Shown Kind = 253

var kindNames = [kindCount]string{
	KindUnknown: "unknown",
	Snapshot:    "snapshot", Fork: "fork", Exec: "exec", Exit: "exit",
	Signal: "signal", Rename: "rename", CgroupMove: "cgroup", OOM: "oom",
	ThreadStart: "thread_start", ThreadExit: "thread_exit",
	CgroupMkdir: "cgroup_mkdir", CgroupRmdir: "cgroup_rmdir",
	Unshare: "unshare", Setns: "setns", CloneFailed: "clone_failed",
	Subreaper: "subreaper", PivotRoot: "pivot_root",
	PidnsCreate: "pidns_create", PidnsEnter: "pidns_enter",
	PidnsReap: "pidns_reap", PidnsDestroy: "pidns_destroy",
	Reparent: "reparent", ContainerStart: "container_start",
	ContainerExit: "container_exit", PidnsWait: "pidns_wait", ContainerKnown: "container_known", Lost: "lost",
}

// String returns the kind's name in the event stream.
func (k Kind) String() string {
	if k >= kindCount {
		return kindNames[KindUnknown]
	}
	return kindNames[k]
}

// ParseKind returns the kind of that name and whether there is one.
func ParseKind(name string) (Kind, bool) {
	for k := Snapshot; k < kindCount; k++ {
		if kindNames[k] == name {
			return k, true
		}
	}
	return KindUnknown, false
}

// Kinds returns every kind but KindUnknown, in the order of their declaration.
func Kinds() []Kind {
	all := make([]Kind, 0, kindCount-1)
	for k := Snapshot; k < kindCount; k++ {
		all = append(all, k)
	}
	return all
}

// Derived reports whether the kind follows from another event rather than
// being read from the kernel.
func (k Kind) Derived() bool { return k >= PidnsCreate && k <= ContainerExit }
