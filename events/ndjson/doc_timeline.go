package ndjson

// TimelineDoc is the life of one container, or of a PID namespace that is none's, as
// phases.
type TimelineDoc struct {
	// What selects it: the container's id, else the name that the runtime's arguments give it, else the PID namespace's inum.
	ID string `json:"id"`
	// Who made it: docker, containerd, podman, cri-o, runc, crun, unshare …
	Runtime string `json:"runtime,omitzero"`
	// The line of programs that made it: docker-1.x, containerd-shim-v1, containerd-shim-v2, conmon …
	Genealogy string `json:"genealogy,omitzero"`
	// The container, where it is one.
	Container *ContainerDoc `json:"container,omitzero"`
	// The PID namespace that its init lives in.
	Pidns PidnsDoc `json:"pidns"`
	// That namespace was there before and has another PID 1.
	Shared bool `json:"shared,omitzero"`
	// Its first process, and what that ran: the entrypoint.
	Init InitDoc `json:"init"`
	// The kinds of namespace that were made for it.
	Namespaces []string `json:"namespaces,omitzero"`
	// Those that it has, its maker has not, and somebody had before.
	Joined []string `json:"joined,omitzero"`
	// Who made the PID namespace.
	Creator *RefDoc `json:"creator,omitzero"`
	// The parent of the init, as last known.
	Parent *RefDoc `json:"parent,omitzero"`
	// How that became its parent, where another was before.
	Reparent *AdoptedDoc `json:"reparent,omitzero"`
	// CLOCK_BOOTTIME of the first sign of it; absent where that was before the stream.
	BeganNS uint64 `json:"began_ns,omitzero"`
	// Of the entrypoint's exec.
	RunsNS uint64 `json:"runs_ns,omitzero"`
	// The init ended before it executed anything: the start failed.
	NeverRan bool `json:"never_ran,omitzero"`
	// CLOCK_BOOTTIME of its first event, where its start was before that.
	SeenNS uint64 `json:"seen_ns,omitzero"`
	// The parent of the init and those above it, as last known.
	Above []RefDoc `json:"above,omitzero"`
	// Of the init's end.
	EndedNS uint64 `json:"ended_ns,omitzero"`
	// How the init ended.
	Exit *ExitDoc `json:"exit,omitzero"`
	// Who ended it, when a signal did and its sender was seen.
	Killer *KillerDoc `json:"killer,omitzero"`
	// Those that the kernel killed in its PID namespace because the init was gone.
	Reaped []RefDoc `json:"reaped"`
	// Nothing lives in its PID namespace any more.
	Gone bool `json:"gone"`
	// Its phases in the order in which they began.
	Phases []PhaseDoc `json:"phases"`
	// The phases that such a start has and the stream does not show.
	Absent []AbsenceDoc `json:"absent"`
	// A string of this object was not valid UTF-8.
	Lossy bool `json:"lossy,omitzero"`
	// Those strings' bytes in base64, by name; of a vector each string with its NUL.
	Raw map[string]string `json:"raw,omitzero"`
}

// AdoptedDoc is one change of parent, as in the event reparent.
type AdoptedDoc struct {
	// The parent that died.
	From *RefDoc `json:"from,omitzero"`
	// The new parent.
	To *RefDoc `json:"to,omitzero"`
	// Why the kernel chose that parent.
	Reason string `json:"reason,omitzero" jsonschema:"enum=subreaper,enum=pidns_init,enum=init,enum=thread"`
	// How the parent that died ended.
	FromExit *ExitDoc `json:"from_exit,omitzero"`
	// The new parent was seen, not only predicted by the kernel's rule.
	Confirmed bool `json:"confirmed"`
	// The parent that was foretold.
	Foretold *RefDoc `json:"foretold,omitzero"`
}

// PhaseDoc is one step of a start or an end, and the process that did it.
type PhaseDoc struct {
	// Its name: asked, shim_start, runtime_create, stage_0, pidns_created, entrypoint … (docs/timeline.md has all)
	Phase string `json:"phase"`
	// What it belongs to.
	Section string `json:"section" jsonschema:"enum=start,enum=run,enum=end"`
	// What the process is in this start.
	Part string `json:"part" jsonschema:"enum=client,enum=daemon,enum=starter,enum=shim,enum=runtime,enum=stage0,enum=stage1,enum=init,enum=helper,enum=first_child,enum=entered,enum=command,enum=cleanup,enum=stopper,enum=sender"`
	// Wall clock of its beginning, in UTC.
	Time string `json:"time" jsonschema:"format=date-time"`
	// CLOCK_BOOTTIME of its beginning.
	BeginNS uint64 `json:"begin_ns"`
	// It has no length.
	Moment bool `json:"moment,omitzero"`
	// CLOCK_BOOTTIME of its end; absent where that is not seen.
	EndNS uint64 `json:"end_ns,omitzero"`
	// From its beginning to its end.
	DurationNS *uint64 `json:"duration_ns,omitzero"`
	// The seq of the event with which it begins.
	Seq uint64 `json:"seq"`
	// Who did it.
	Process *RefDoc `json:"process,omitzero"`
	// The name of the executable.
	Program string `json:"program,omitzero"`
	// The arguments, at most their first 4096 bytes.
	Args []string `json:"args,omitzero"`
	// The vector was longer.
	ArgsTruncated bool `json:"args_truncated,omitzero"`
	// Its true size in bytes, when cut.
	ArgsBytes uint64 `json:"args_bytes,omitzero"`
	// The parent of the process then.
	Parent *RefDoc `json:"parent,omitzero"`
	// Who called clone, when that is not the parent.
	Creator *RefDoc `json:"creator,omitzero"`
	// What ties the process to this container where no record of the kernel does: its arguments name it, or it was the only one asking then, or was run while only one was.
	Link string `json:"link,omitzero" jsonschema:"enum=arguments,enum=time"`
	// The change of parent.
	Reparent *AdoptedDoc `json:"reparent,omitzero"`
	// The clone flags of the namespaces that were made.
	Flags []string `json:"flags,omitzero"`
	// How the PID namespace was made.
	Via string `json:"via,omitzero" jsonschema:"enum=clone,enum=clone3,enum=unshare"`
	// The path of the cgroup.
	Cgroup string `json:"cgroup,omitzero"`
	// pivot_root's first argument.
	NewRoot string `json:"new_root,omitzero"`
	// The signal, its sender and what became of it; of a runtime's kill, what it was to send.
	Signal string `json:"signal,omitzero"`
	// Who sent it, or in whose context the kernel did; see origin.
	Sender *RefDoc `json:"sender,omitzero"`
	// Whose will the signal was.
	Origin string `json:"origin,omitzero" jsonschema:"enum=user,enum=kernel,enum=pidns_reap,enum=oom,enum=cgroup_kill"`
	// What became of it.
	Result string `json:"result,omitzero" jsonschema:"enum=delivered,enum=ignored,enum=already_pending,enum=overflow,enum=lose_info,enum=unknown"`
	// How the process ended.
	Exit *ExitDoc `json:"exit,omitzero"`
	// Who sent the signal that ended it, of an exit.
	Killer *KillerDoc `json:"killer,omitzero"`
	// How many processes: of reaped those that the kernel killed, of network and helper those of one program, of which process is the first.
	Count uint64 `json:"count,omitzero"`
	// A string of this object was not valid UTF-8.
	Lossy bool `json:"lossy,omitzero"`
	// Those strings' bytes in base64, by name; of a vector each string with its NUL.
	Raw map[string]string `json:"raw,omitzero"`
}

// AbsenceDoc is a phase that the stream does not show.
type AbsenceDoc struct {
	// Its name; start is the whole start.
	Phase string `json:"phase"`
	// It was before the stream began, such events were not asked for, events were lost, it may as well have been for others, or it was not seen.
	Why string `json:"why" jsonschema:"enum=before,enum=not_recorded,enum=lost,enum=others,enum=not_seen"`
}

// TimelinesDoc is all containers of a stream, where none was chosen.
type TimelinesDoc struct {
	// In the order in which they were first seen.
	Timelines []TimelineDoc `json:"timelines"`
}

// DifferenceDoc is what one start has and another has not.
type DifferenceDoc struct {
	// Both have the same sequence, whatever time it took.
	Same bool `json:"same"`
	// How many phases both have.
	Compared int `json:"compared"`
	// The first.
	A SideDiffDoc `json:"a"`
	// The second.
	B SideDiffDoc `json:"b"`
	// What is not the same.
	Changes []ChangeDoc `json:"changes"`
	// Phases of which one stream does not show whether the start had them.
	Unknown []ChangeDoc `json:"unknown"`
	// Phases that took a different time, by more than the tolerance.
	Timings []TimingDoc `json:"timings"`
}

// SideDiffDoc is one of the two that are compared.
type SideDiffDoc struct {
	// As timeline.id.
	ID string `json:"id"`
	// As timeline.runtime.
	Runtime string `json:"runtime,omitzero"`
	// From the first sign of it to the entrypoint.
	StartNS uint64 `json:"start_ns,omitzero"`
	// A string of this object was not valid UTF-8.
	Lossy bool `json:"lossy,omitzero"`
	// Those strings' bytes in base64, by name.
	Raw map[string]string `json:"raw,omitzero"`
}

// ChangeDoc is one difference.
type ChangeDoc struct {
	// The phase, with which of several it is; absent for the whole.
	Phase string `json:"phase,omitzero"`
	// What is not the same: added, missing, order, process, arguments, parent, creator, reparented, namespaces, joined, via, cgroup, root, signal, exit, runtime, genealogy.
	What string `json:"what"`
	// Of the first, with what stands for ids, PIDs and names of its own.
	A string `json:"a,omitzero"`
	// Of the second.
	B string `json:"b,omitzero"`
	// A string of this object was not valid UTF-8.
	Lossy bool `json:"lossy,omitzero"`
	// Those strings' bytes in base64, by name.
	Raw map[string]string `json:"raw,omitzero"`
}

// TimingDoc is a phase that took a different time.
type TimingDoc struct {
	// The phase; start is all of it.
	Phase string `json:"phase"`
	// In the first.
	ANS uint64 `json:"a_ns"`
	// In the second.
	BNS uint64 `json:"b_ns"`
	// How many times as long in the second.
	Ratio float64 `json:"ratio,omitzero"`
	// A string of this object was not valid UTF-8.
	Lossy bool `json:"lossy,omitzero"`
	// Those strings' bytes in base64, by name.
	Raw map[string]string `json:"raw,omitzero"`
}

// AccountDoc is a container's life in sentences.
type AccountDoc struct {
	// The sentences in their order.
	Sentences []SentenceDoc `json:"sentences"`
	// What the stream does not show: start, asked, entrypoint, parent, killer, namespace.
	Unknown []string `json:"unknown"`
	// What they are taken from.
	Timeline TimelineDoc `json:"timeline"`
}

// SentenceDoc is one sentence.
type SentenceDoc struct {
	// What it is about: container, asked, shim, runtime, pidns, took, parent, end, reaped …
	About string `json:"about"`
	// The sentence without its full stop, fit for a terminal.
	Text string `json:"text"`
}
