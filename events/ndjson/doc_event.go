package ndjson

// Doc is one line of the stream after the header. The tag `on` names the kinds
// that carry a field, with ! where it is always there; without it every kind
// does, always unless the JSON tag says omitzero. *! is every kind and -kind
// takes one out.
type Doc struct {
	// Position in the stream, from 1; a filter leaves gaps, loss does not.
	Seq uint64 `json:"seq" jsonschema:"minimum=1"`
	// Wall clock in UTC with nanoseconds, computed from boot_ns.
	Time string `json:"time" jsonschema:"format=date-time"`
	// CLOCK_BOOTTIME of the kernel event; a derived event has its cause's, and what a look found
	// the time of the look.
	BootNS uint64 `json:"boot_ns"`
	// CPU on which the kernel event ran.
	CPU uint32 `json:"cpu"`
	// What happened: the kind.
	Event string `json:"event"`
	// On derived events the seq of the event that it follows from.
	Cause uint64 `json:"cause,omitzero"`
	// The process that the event is about.
	Process *ProcessDoc `json:"process,omitzero" on:"*! -lost -container_known cgroup_mkdir cgroup_rmdir pidns_destroy"`

	ForkFields
	ExitFields
	SignalFields
	NamespaceFields

	// The path as passed to execve.
	Filename string `json:"filename,omitzero" on:"exec container_start"`
	// The path was longer than the kernel allows and is cut.
	FilenameTruncated bool `json:"filename_truncated,omitzero" on:"exec container_start"`
	// The program that runs the file when that is a script.
	Interpreter string `json:"interpreter,omitzero" on:"exec container_start"`
	// The thread that called execve when it was not the leader; it is the leader now.
	OldTID int32 `json:"old_tid,omitzero" on:"exec container_start"`

	// The container, as in process; or what was found out of one after its processes were told.
	Container *ContainerDoc `json:"container,omitzero" on:"container_start! container_exit! container_known!"`
	// A program that turned out to work for the container.
	Servant *RefDoc `json:"servant,omitzero" on:"container_known"`
	// The cgroup turned out to be another container's, too: in it only the init and who is in its PID namespace are this one's.
	Shared bool `json:"shared,omitzero" on:"container_known"`
	// The name before.
	OldComm *string `json:"old_comm,omitzero" on:"rename!"`
	// The rename belongs to an execve that then failed.
	InExec bool `json:"in_exec,omitzero" on:"rename"`
	// The cgroup that was made or removed, or that turned out to be the container's.
	Cgroup *CgroupDoc `json:"cgroup,omitzero" on:"cgroup_mkdir! cgroup_rmdir! container_known"`
	// From where: a cgroup's path, or the parent that died.
	From *SideDoc `json:"from,omitzero" on:"cgroup reparent"`
	// To where: a cgroup's path, or the new parent.
	To *SideDoc `json:"to,omitzero" on:"cgroup reparent"`
	// Why the kernel chose that parent.
	Reason string `json:"reason,omitzero" on:"reparent" jsonschema:"enum=subreaper,enum=pidns_init,enum=init,enum=thread"`
	// How the parent that died ended.
	FromExit *ExitDoc `json:"from_exit,omitzero" on:"reparent"`
	// The new parent was seen, not only predicted by the kernel's rule.
	Confirmed *bool `json:"confirmed,omitzero" on:"reparent!"`
	// The parent that the event named by cause foretold: this one confirms or corrects it.
	Foretold *RefDoc `json:"foretold,omitzero" on:"reparent"`

	// How many kernel events found no room.
	Count *uint64 `json:"count,omitzero" on:"lost!"`
	// That count by kind, as far as the kind is known.
	ByEvent map[string]uint64 `json:"by_event,omitzero" on:"lost!"`
	// CLOCK_BOOTTIME of the last event before the gap.
	SinceNS uint64 `json:"since_ns,omitzero" on:"lost"`
	// CLOCK_BOOTTIME when these were counted; what was lost until then is among them.
	UntilNS uint64 `json:"until_ns,omitzero" on:"lost"`

	// A string of this object was not valid UTF-8: U+FFFD stands for the bad bytes.
	Lossy bool `json:"lossy,omitzero"`
	// Those strings' bytes in base64, by name.
	Raw map[string]string `json:"raw,omitzero"`
}

// HeaderDoc is the first line of a stream: what its times and numbers rest on.
type HeaderDoc struct {
	// Always "header".
	Event string `json:"event" jsonschema:"enum=header"`
	// Name and major version of this contract.
	Schema string `json:"schema" jsonschema:"enum=ptrace-ns/1"`
	// Version of the program.
	Version string `json:"version"`
	// Name of the machine.
	Host string `json:"host,omitzero"`
	// Kernel release, as uname -r says it.
	Kernel string `json:"kernel,omitzero"`
	// The kernel's random id of this boot; process ids are unique within one.
	BootID string `json:"boot_id,omitzero"`
	// Wall clock of the moment that boot_ns counts from, in UTC.
	BootTime string `json:"boot_time" jsonschema:"format=date-time"`
	// CLOCK_BOOTTIME when tracing began.
	StartNS uint64 `json:"start_ns"`
	// PID of the tracer itself.
	TracerPID int32 `json:"tracer_pid"`
	// Inum of the initial PID namespace.
	Pidns uint32 `json:"pidns,omitzero"`
	// What was asked for.
	Options map[string]any `json:"options"`
	// A string of this object was not valid UTF-8.
	Lossy bool `json:"lossy,omitzero"`
	// Those strings' bytes in base64, by name.
	Raw map[string]string `json:"raw,omitzero"`
}

// TrailerDoc is the last line of a recording: what was written and what was counted.
type TrailerDoc struct {
	// Always "trailer".
	Event string `json:"event" jsonschema:"enum=trailer"`
	// How many lines of events there are.
	Events uint64 `json:"events"`
	// That count by kind.
	ByEvent map[string]uint64 `json:"by_event"`
	// How many kernel events found no room; absent where nobody knows, as of a copy that
	// ends before its original.
	Lost uint64 `json:"lost,omitzero"`
	// Where the kernel's events went, by kind.
	Kernel map[string]CountsDoc `json:"kernel,omitzero"`
	// Births of processes, counted at two places of the kernel.
	Births *BirthsDoc `json:"births,omitzero"`
	// New parents that turned out otherwise than predicted.
	Mispredicted uint64 `json:"mispredicted,omitzero"`
}

// CountsDoc is where the kernel events of one kind went.
type CountsDoc struct {
	// Wanted to be told, counted in the kernel.
	Emitted uint64 `json:"emitted"`
	// Read from the ring buffer.
	Received uint64 `json:"received"`
	// Found no room in it.
	Dropped uint64 `json:"dropped"`
	// Not even begun.
	Missed uint64 `json:"missed"`
	// Left out in the kernel: of others than those who are followed.
	Filtered uint64 `json:"filtered,omitzero"`
}

// BirthsDoc holds two counts of process births that do not know of each other.
type BirthsDoc struct {
	// By the tracepoint task_newtask.
	TaskNewtask uint64 `json:"task_newtask"`
	// By the tracepoint sched_process_fork.
	SchedProcessFork uint64 `json:"sched_process_fork"`
}
