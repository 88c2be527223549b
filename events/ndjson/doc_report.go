package ndjson

import "encoding/json"

// NodeDoc is one process of a tree and those below it.
type NodeDoc struct {
	LifeFields
	// Its children, oldest first.
	Children []NodeDoc `json:"children"`
}

// LifeFields are what a node of a tree and a lineage have in common.
type LifeFields struct {
	// The process; one of which no record came is only named.
	Process ProcessDoc `json:"process"`
	// How far it is in its life.
	State string `json:"state" jsonschema:"enum=live,enum=zombie,enum=ending,enum=exited,enum=gone,enum=unseen"`
	// How sure its parent is, where that was not seen: predicted by the kernel's rule,
	// inferred from before records were lost, or unknown; absent is confirmed.
	ParentCertainty string `json:"parent_certainty,omitzero" jsonschema:"enum=predicted,enum=inferred,enum=unknown"`
	// How it ended, when that is known.
	Exit *ExitDoc `json:"exit,omitzero"`
	// From its first moment to its last.
	LifetimeNS uint64 `json:"lifetime_ns,omitzero"`
	// The parents that it got after its first, oldest first.
	Reparented []AdoptionDoc `json:"reparented,omitzero"`
	// How many of them there were before those, which are not kept.
	ReparentedBefore uint64 `json:"reparented_before,omitzero"`
	// Its threads besides the leader, when asked for.
	Threads []ThreadDoc `json:"threads,omitzero"`
}

// AdoptionDoc is one change of parent.
type AdoptionDoc struct {
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
	// When, CLOCK_BOOTTIME; where nobody saw the parent before end, when the new one was
	// seen, which need not be the first since.
	BootNS uint64 `json:"boot_ns,omitzero"`
	// When the parent before ended, CLOCK_BOOTTIME; absent where nobody saw.
	EndedNS uint64 `json:"ended_ns,omitzero"`
	// CLOCK_BOOTTIME of a moment after which it ended, where nobody saw when.
	AfterNS uint64 `json:"after_ns,omitzero"`
}

// ThreadDoc is one thread that is not the leader.
type ThreadDoc struct {
	// Its number in the initial PID namespace.
	TID int32 `json:"tid"`
	// Its name.
	Comm string `json:"comm"`
	// Its number at every PID-namespace level, outermost first.
	TIDs []int32 `json:"tids"`
	// A string of this object was not valid UTF-8.
	Lossy bool `json:"lossy,omitzero"`
	// Those strings' bytes in base64, by name.
	Raw map[string]string `json:"raw,omitzero"`
}

// NamespaceDoc is one PID namespace and those below it.
type NamespaceDoc struct {
	NamespaceReportFields
	// The namespaces below it.
	Children []NamespaceDoc `json:"children"`
}

// NamespaceReportFields are what is told of a PID namespace.
type NamespaceReportFields struct {
	// Its identity and its place.
	Pidns PidnsDoc `json:"pidns"`
	// Its PID 1.
	Init *InitDoc `json:"init,omitzero"`
	// Who made it; absent when it was there before the first look.
	Creator *RefDoc `json:"creator,omitzero"`
	// How it was made.
	Via string `json:"via,omitzero" jsonschema:"enum=clone,enum=clone3,enum=unshare"`
	// The container of its PID 1.
	Container *ContainerDoc `json:"container,omitzero"`
	// All containers that its members are in, where these are not only that of its PID 1.
	Containers []ContainerDoc `json:"containers,omitzero"`
	// How many processes live in it, without those in namespaces below.
	Members int `json:"members"`
	// How many have a number in it, with those below.
	Visible int `json:"visible"`
	// How many of its members are dead and not waited for.
	Unreaped int `json:"unreaped,omitzero"`
	// When its first process was born, CLOCK_BOOTTIME; absent where nobody saw.
	BornNS uint64 `json:"born_ns,omitzero"`
	// Since its PID 1 started; of one that is over up to its end.
	AgeNS uint64 `json:"age_ns,omitzero"`
	// Nothing lives in it any more, and nothing is known to wait to be reaped.
	Over bool `json:"over,omitzero"`
	// CLOCK_BOOTTIME of that moment, when it is known.
	OverSinceNS uint64 `json:"over_since_ns,omitzero"`
	// How many of its members ended with their parents outside and were not seen reaped;
	// its PID 1 waits in the kernel until they are.
	Unsure int `json:"unsure,omitzero"`
	// Its PID 1 has ended, or the kernel has begun to kill what is left.
	Dying bool `json:"dying,omitzero"`
	// CLOCK_BOOTTIME of that moment, when it was seen.
	DyingSinceNS uint64 `json:"dying_since_ns,omitzero"`
	// How its PID 1 ended.
	Exit *ExitDoc `json:"exit,omitzero"`
	// Its PID 1 has ended and waits in the kernel until all other members are reaped;
	// it cannot be reaped itself before.
	InitWaits bool `json:"init_waits,omitzero"`
	// Those whom the kernel killed because its PID 1 had ended.
	SurvivorsKilled []RefDoc `json:"survivors_killed,omitzero"`
	// From the end of its PID 1 to that of the last of them.
	ReapNS uint64 `json:"reap_ns,omitzero"`
	// Of one in which no process lives: the processes whose children are to be born into it.
	Holders []RefDoc `json:"holders,omitzero"`
	// The members for which its PID 1 waits and that only a parent outside can reap.
	WaitingFor []WaitingDoc `json:"waiting_for,omitzero"`
}

// InitDoc is a namespace's PID 1.
type InitDoc struct {
	RefDoc
	// Its PID at every PID-namespace level, outermost first.
	PIDs []PIDDoc `json:"pids,omitzero"`
	// Its effective user id, in the initial user namespace.
	UID *uint32 `json:"uid,omitzero"`
	// Path of its image as the kernel says it.
	Exe string `json:"exe,omitzero"`
	// Its arguments, at most the first 4096 bytes.
	Args []string `json:"args,omitzero"`
	// The vector was longer.
	ArgsTruncated bool `json:"args_truncated,omitzero"`
	// Its true size in bytes, when cut.
	ArgsBytes uint64 `json:"args_bytes,omitzero"`
}

// WaitingDoc is a member that a dying namespace waits for.
type WaitingDoc struct {
	// The member.
	Process RefDoc `json:"process"`
	// Its parent outside.
	Parent RefDoc `json:"parent"`
	// It is dead already, and not reaped.
	Zombie bool `json:"zombie,omitzero"`
}

// LineageDoc is what is known of one process's life.
type LineageDoc struct {
	LifeFields
	// Who ended it, when a signal did and its sender was seen.
	Killer *KillerDoc `json:"killer,omitzero"`
	// Its birth, when that was seen.
	Birth *BirthDoc `json:"birth,omitzero"`
	// Why its birth was not seen: it was before this look, at which nothing was attached,
	// or before the start of tracing; a filter left it out of the recording; or its record
	// was lost.
	BirthUnseen string `json:"birth_unseen,omitzero" jsonschema:"enum=look,enum=start,enum=filter,enum=loss"`
	// The processes above it, its parent first.
	Ancestors []AncestorDoc `json:"ancestors"`
	// What it ran, oldest first; the first is what it was born with.
	Images []ImageDoc `json:"images"`
	// How it came into its PID namespace from outside.
	Entered *EntryDoc `json:"entered,omitzero"`
	// Its other namespaces that are not its parent's.
	Apart *ApartDoc `json:"apart,omitzero"`
	// The changes of namespaces that it brought about in itself, oldest first.
	Moved []MoveDoc `json:"moved,omitzero"`
	// How many of them there were before those, which are not kept.
	MovedBefore int `json:"moved_before,omitzero"`
	// How often threads other than its leader called unshare or setns, for themselves alone.
	MovedByThreads int `json:"moved_by_threads,omitzero"`
	// The PID namespace that its children are born into, where that is not its own and
	// none of these changes tells it.
	ChildrenPidns uint32 `json:"children_pidns,omitzero"`
	// Threads other than its leader whose children are born into another PID namespace than
	// its own.
	ThreadsApart []ThreadApartDoc `json:"threads_apart,omitzero"`
	// The latest time for which it was seen to be a subreaper.
	Subreaper *ReapingDoc `json:"subreaper,omitzero"`
	// Its PID namespace.
	Namespace *NamespaceReportFields `json:"namespace,omitzero"`
	// Its living children.
	Children []RefDoc `json:"children"`
	// What cannot be known because it was before the first look, or is not in the recording.
	Unknown []string `json:"unknown" jsonschema:"enum=birth,enum=creator,enum=reparented,enum=images,enum=killer,enum=ended"`
	// The events about it, as in the stream, when it was followed.
	Events []json.RawMessage `json:"events,omitzero"`
}

// BirthDoc says how a process came to be.
type BirthDoc struct {
	// When, CLOCK_BOOTTIME.
	BootNS uint64 `json:"boot_ns"`
	// Who called clone.
	Creator *RefDoc `json:"creator,omitzero"`
	// The thread that called, when it was not the leader.
	CreatorTID int32 `json:"creator_tid,omitzero"`
	// Its first parent.
	Parent *RefDoc `json:"parent,omitzero"`
	// Names of the clone flags.
	CloneFlags []string `json:"clone_flags"`
}

// EntryDoc says how a process came into a PID namespace that was there and is not its
// creator's.
type EntryDoc struct {
	// Who called clone; absent when its birth was not seen, and only its parent is outside.
	Creator *RefDoc `json:"creator,omitzero"`
	// The creator had called setns; absent where it had made the namespace by unshare.
	Via string `json:"via,omitzero" jsonschema:"enum=setns"`
}

// ApartDoc names the namespaces of a process, but for PID namespaces, that are not its
// parent's.
type ApartDoc struct {
	// Its parent.
	Parent RefDoc `json:"parent"`
	// Their names in /proc/PID/ns.
	Names []string `json:"names"`
	// The PID 1 of its PID namespace, where these are that one's.
	Init *RefDoc `json:"init,omitzero"`
}

// AncestorDoc is one process above another.
type AncestorDoc struct {
	RefDoc
	// What it is for, in words, when that is known.
	Role string `json:"role,omitzero"`
	// Its container.
	Container *ContainerDoc `json:"container,omitzero"`
}

// ImageDoc is one program that a process ran.
type ImageDoc struct {
	// When it was executed; absent when that was not seen.
	BootNS uint64 `json:"boot_ns,omitzero"`
	// Path of the image as the kernel says it.
	Exe string `json:"exe,omitzero"`
	// The argument vector, at most its first 4096 bytes.
	Args []string `json:"args,omitzero"`
	// The vector was longer.
	ArgsTruncated bool `json:"args_truncated,omitzero"`
	// Its true size in bytes, when cut.
	ArgsBytes uint64 `json:"args_bytes,omitzero"`
	// The path as passed to execve.
	Filename string `json:"filename,omitzero"`
	// What runs the file, when it is a script.
	Interpreter string `json:"interpreter,omitzero"`
	// The thread that executed it and became the leader, when that was not the leader.
	OldTID int32 `json:"old_tid,omitzero"`
	// A string of this object was not valid UTF-8.
	Lossy bool `json:"lossy,omitzero"`
	// Those strings' bytes in base64, by name.
	Raw map[string]string `json:"raw,omitzero"`
}
