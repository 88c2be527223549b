package ndjson

// MoveDoc is a change of namespaces that a process brought about in itself, by unshare or
// setns.
type MoveDoc struct {
	// Which of the two; absent where only what came of it was seen, and it may be either.
	Call string `json:"call,omitzero" jsonschema:"enum=unshare,enum=setns"`
	// Names of the namespaces that the call asked for; a setns without them took whatever
	// its descriptor stood for.
	Flags []string `json:"flags,omitzero"`
	// The latest record that shows the namespaces before, CLOCK_BOOTTIME; absent where the
	// call itself was seen.
	AfterNS uint64 `json:"after_ns,omitzero"`
	// When the call returned or, where it was not seen, the first record that shows the
	// namespaces since.
	BootNS uint64 `json:"boot_ns"`
	// That record: the call, or the birth of a child, an exec, a snapshot, a cgroup move.
	SeenBy string `json:"seen_by" jsonschema:"enum=unshare,enum=setns,enum=fork,enum=exec,enum=snapshot,enum=cgroup"`
	// The child whose birth it is.
	Child *RefDoc `json:"child,omitzero"`
	// What changed, as far as records have shown.
	Changes []NSChangeDoc `json:"changes"`
}

// NSChangeDoc is one of a process's namespaces.
type NSChangeDoc struct {
	// Its name in /proc/PID/ns; pid_for_children is where children are born.
	Name string `json:"name" jsonschema:"enum=pid_for_children,enum=cgroup,enum=ipc,enum=mnt,enum=net,enum=time,enum=user,enum=uts"`
	// Inode number before.
	From uint32 `json:"from"`
	// Inode number since.
	To uint32 `json:"to"`
}

// ReapingDoc is a time for which a process was a subreaper.
type ReapingDoc struct {
	// The latest record that shows it was none yet, CLOCK_BOOTTIME.
	AfterNS uint64 `json:"after_ns,omitzero"`
	// When its call returned or, where that was not seen, the first record that shows it.
	BootNS uint64 `json:"boot_ns"`
	// That is the call.
	Called bool `json:"called,omitzero"`
	// When it was over; absent is not at all.
	UntilNS uint64 `json:"until_ns,omitzero"`
	// That is the call; else a record that shows it.
	UntilCalled bool `json:"until_called,omitzero"`
}

// ThreadApartDoc is a thread whose children are born into another PID namespace than its
// process's own.
type ThreadApartDoc struct {
	// The thread, which is not the leader.
	TID int32 `json:"tid"`
	// Inode number of the namespace.
	ChildrenPidns uint32 `json:"children_pidns"`
	// What led there; absent where it may be either.
	Call string `json:"call,omitzero" jsonschema:"enum=unshare,enum=setns"`
	// The birth that shows it first, CLOCK_BOOTTIME.
	BootNS uint64 `json:"boot_ns"`
	// Whose birth that is.
	Child *RefDoc `json:"child,omitzero"`
}
