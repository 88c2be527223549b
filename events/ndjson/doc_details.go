package ndjson

import (
	"bytes"
	"encoding/json"
)

// ForkFields say how a process or thread came to be, or failed to.
type ForkFields struct {
	// The process that called clone; absent when it is the parent.
	Creator *RefDoc `json:"creator,omitzero" on:"fork thread_start pidns_create pidns_enter"`
	// The calling thread, when it was not its process's leader.
	CreatorTID int32 `json:"creator_tid,omitzero" on:"fork thread_start"`
	// Names of the clone flags; a bit without a name is in hex.
	CloneFlags []string `json:"clone_flags,omitzero" on:"fork! thread_start!"`
	// The signal that the parent gets at the end; absent when none.
	ExitSignal string `json:"exit_signal,omitzero" on:"fork thread_start"`
	// The system call.
	Syscall string `json:"syscall,omitzero" on:"fork thread_start unshare! setns! clone_failed! subreaper! pivot_root!" jsonschema:"enum=clone,enum=clone3,enum=fork,enum=vfork,enum=unshare,enum=setns,enum=prctl,enum=pivot_root"`
	// The flags it was called with.
	Flags []string `json:"flags,omitzero" on:"unshare! clone_failed"`
	// The file descriptor of the namespace or process.
	FD *int32 `json:"fd,omitzero" on:"setns!"`
	// Which kinds of namespace were allowed or asked for.
	NSType []string `json:"nstype,omitzero" on:"setns!"`
	// The subreaper mark was set, or taken away.
	Enable *bool `json:"enable,omitzero" on:"subreaper!"`
	// pivot_root's first argument.
	NewRoot string `json:"new_root,omitzero" on:"pivot_root"`
	// pivot_root's second argument.
	PutOld string `json:"put_old,omitzero" on:"pivot_root"`
	// Name of the error; absent when the call succeeded.
	Error string `json:"error,omitzero" on:"unshare setns clone_failed! subreaper pivot_root"`
}

// ExitFields say how a process ended.
type ExitFields struct {
	// Exit code or signal of the thread group, as wait(2) would tell it; for a
	// namespace, of its PID 1.
	Exit *ExitDoc `json:"exit,omitzero" on:"exit! thread_exit! container_exit! pidns_destroy snapshot"`
	// From the first moment to the last.
	LifetimeNS uint64 `json:"lifetime_ns,omitzero" on:"exit thread_exit container_exit pidns_destroy snapshot"`
	// How many threads it had since its last exec, the leader included.
	Threads uint32 `json:"threads,omitzero" on:"exit container_exit snapshot"`
	// Who ended it, when a signal did and its sender was seen.
	Killer *KillerDoc `json:"killer,omitzero" on:"exit container_exit"`
	// Who gets its children by the kernel's rule at that moment.
	Reaper *RefDoc `json:"reaper,omitzero" on:"exit container_exit"`
	// Why that one.
	ReaperReason string `json:"reaper_reason,omitzero" on:"exit container_exit" jsonschema:"enum=subreaper,enum=pidns_init,enum=init,enum=thread"`
}

// SignalFields say who sent what; process is the target.
type SignalFields struct {
	// Name of the signal.
	Signal string `json:"signal,omitzero" on:"signal!"`
	// The process in whose context it was sent; a dead init for origin pidns_reap.
	Sender *RefDoc `json:"sender,omitzero" on:"signal"`
	// The sending thread, when it is not its process's leader.
	SenderTID int32 `json:"sender_tid,omitzero" on:"signal"`
	// Where it came from.
	Origin string `json:"origin,omitzero" on:"signal" jsonschema:"enum=user,enum=kernel,enum=pidns_reap,enum=oom,enum=cgroup_kill"`
	// siginfo's si_code.
	Code *int32 `json:"code,omitzero" on:"signal!"`
	// The target is the PID 1 of a child PID namespace.
	TargetIsInit *bool `json:"target_is_init,omitzero" on:"signal!"`
	// Sent to the whole process, not to one thread.
	Group *bool `json:"group,omitzero" on:"signal!"`
	// What became of it when it was not delivered.
	Result string `json:"result,omitzero" on:"signal" jsonschema:"enum=ignored,enum=already_pending,enum=overflow,enum=lose_info,enum=unknown"`
	// It is the signal asked for with PR_SET_PDEATHSIG.
	ParentDeath bool `json:"parent_death,omitzero" on:"signal"`
}

// NamespaceFields are about one PID namespace.
type NamespaceFields struct {
	// The namespace; on a signal the one that is being emptied.
	Pidns *PidnsDoc `json:"pidns,omitzero" on:"pidns_create! pidns_enter! pidns_reap! pidns_destroy! pidns_wait! signal"`
	// How it was made or entered.
	Via string `json:"via,omitzero" on:"pidns_create pidns_enter" jsonschema:"enum=clone,enum=clone3,enum=unshare,enum=setns"`
	// The namespace's PID 1.
	Init *RefDoc `json:"init,omitzero" on:"pidns_create pidns_enter pidns_reap pidns_destroy pidns_wait"`
	// How many processes the kernel killed to empty it.
	Reaped *uint32 `json:"reaped,omitzero" on:"pidns_destroy!"`
	// Those processes.
	SurvivorsKilled []RefDoc `json:"survivors_killed,omitzero" on:"pidns_destroy!"`
	// From the init's exit to the last victim's.
	ReapNS uint64 `json:"reap_ns,omitzero" on:"pidns_destroy"`
	// What was seen of the PID 1 after its exit: it waits in the kernel until all other
	// members are reaped; or no longer, and is a zombie itself or reaped, too.
	InitState string `json:"init_state,omitzero" on:"pidns_wait!" jsonschema:"enum=waits,enum=zombie,enum=gone"`
	// Those members, with their parents outside, as far as known.
	WaitingFor []WaitingDoc `json:"waiting_for,omitzero" on:"pidns_wait"`
}

// SideDoc is one end of a move: the path of a cgroup (kind cgroup) or a process
// (kind reparent).
type SideDoc struct {
	Path string
	Ref  *RefDoc
}

// UnmarshalJSON takes a string or an object.
func (s *SideDoc) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(b, []byte{'{'}) {
		return json.Unmarshal(b, &s.Ref)
	}
	return json.Unmarshal(b, &s.Path)
}

// MarshalJSON is the reverse.
func (s SideDoc) MarshalJSON() ([]byte, error) {
	if s.Ref != nil {
		return json.Marshal(s.Ref)
	}
	return json.Marshal(s.Path)
}
