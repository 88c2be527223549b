package ndjson

// ProcessDoc is the process that an event is about. A full one (fork, exec,
// snapshot) has all that is known, the others what identifies it.
type ProcessDoc struct {
	// <pid>-<start_ns>: unique on one boot, the same in every event of the process.
	ID string `json:"id" jsonschema:"pattern=^[0-9]+-[0-9]+$"`
	// Thread-group id in the initial PID namespace.
	PID int32 `json:"pid"`
	// The acting thread, when it is not the leader.
	TID int32 `json:"tid,omitzero"`
	// Its PID at every PID-namespace level, outermost first.
	PIDs []PIDDoc `json:"pids" jsonschema:"minItems=1,maxItems=33"`
	// Thread-group id of real_parent at that moment; 0 is none.
	PPID int32 `json:"ppid"`
	// The process that is real_parent.
	Parent *RefDoc `json:"parent,omitzero"`
	// The leader's start, CLOCK_BOOTTIME.
	StartNS uint64 `json:"start_ns,omitzero"`
	// Inode of the kernel's struct pid, as fstat of a pidfd says it.
	PIDIno uint64 `json:"pid_ino,omitzero"`
	// The kernel's 15-byte name of the leader.
	Comm string `json:"comm"`
	// Path of the running image as the kernel says it.
	Exe string `json:"exe,omitzero"`
	// The argument vector exactly as passed.
	Args []string `json:"args,omitzero"`
	// The vector was longer than what was read; the last argument may be cut.
	ArgsTruncated bool `json:"args_truncated,omitzero"`
	// Its true size in bytes, when cut.
	ArgsBytes uint64 `json:"args_bytes,omitzero"`
	// Secrets were taken out of it before it was written: it is not what was passed.
	ArgsRedacted bool `json:"args_redacted,omitzero"`
	// The environment at exec: names, or NAME=value, only when asked for.
	Env []string `json:"env,omitzero"`
	// The environment was longer than what was read.
	EnvTruncated bool `json:"env_truncated,omitzero"`
	// Its true size in bytes, when cut.
	EnvBytes uint64 `json:"env_bytes,omitzero"`
	// Secrets were taken out of it.
	EnvRedacted bool `json:"env_redacted,omitzero"`
	// The working directory.
	Cwd string `json:"cwd,omitzero"`
	// Effective user id in the initial user namespace.
	UID *uint32 `json:"uid,omitzero"`
	// Effective group id in the initial user namespace.
	GID *uint32 `json:"gid,omitzero"`
	// Inums of its namespaces.
	NS NSDoc `json:"ns"`
	// Its cgroup.
	Cgroup *CgroupDoc `json:"cgroup,omitzero"`
	// The container that it is in.
	Container *ContainerDoc `json:"container,omitzero"`
	// What it is for in the making and keeping of containers.
	Role string `json:"role,omitzero" jsonschema:"enum=daemon,enum=shim,enum=monitor,enum=runtime,enum=init,enum=proxy,enum=sandbox,enum=exec,enum=client,enum=agent,enum=tool"`
	// The line of programs that the one with a role belongs to, where its name tells: docker-1.x, containerd-shim-v1, containerd-shim-v2, conmon …
	Genealogy string `json:"genealogy,omitzero"`
	// The container that a shim, monitor, runtime or proxy works for, by its own arguments. It is not in it.
	Serves *ContainerDoc `json:"serves,omitzero"`
	// It is the PID 1 of its own PID namespace.
	NSInit bool `json:"ns_init,omitzero"`
	// PR_SET_CHILD_SUBREAPER is set.
	Subreaper bool `json:"subreaper,omitzero"`
	// It or an ancestor was a subreaper when it was born or since.
	UnderSubreaper bool `json:"under_subreaper,omitzero"`
	// It is a kernel thread.
	Kthread bool `json:"kthread,omitzero"`
	// It had ended before and is not reaped.
	Zombie bool `json:"zombie,omitzero"`
	// On a snapshot how many threads it has.
	Threads uint32 `json:"threads,omitzero"`
	JobFields
	// A string of this object was not valid UTF-8.
	Lossy bool `json:"lossy,omitzero"`
	// Those strings' bytes in base64, by name; of a vector each string with its NUL.
	Raw map[string]string `json:"raw,omitzero"`
}

// JobFields are what ps tells of a process besides, as of a snapshot or one look.
type JobFields struct {
	// Its process group, by the number in the initial PID namespace; absent when none.
	PGID int32 `json:"pgid,omitzero"`
	// Its session, by the number in the initial PID namespace; absent when none.
	SID int32 `json:"sid,omitzero"`
	// Its controlling terminal below /dev, like pts/0.
	TTY string `json:"tty,omitzero"`
	// The terminal's foreground process group, in the initial PID namespace.
	TPGID int32 `json:"tpgid,omitzero"`
	// The leader's state by the letter of /proc/PID/stat, then the marks of ps: < or N
	// (nice below or above 0), L (locked memory), s (session leader), l (threads), +
	// (in the foreground process group).
	State string `json:"state,omitzero" jsonschema:"pattern=^[A-Za-z][<N]?L?s?l?[+]?$"`
	// CPU time of all its threads, user and system, those that have ended included.
	CPUNS *uint64 `json:"cpu_ns,omitzero"`
	// The process that traces it by ptrace, which is no parent.
	Ptracer *RefDoc `json:"ptracer,omitzero"`
}

// RefDoc names another process.
type RefDoc struct {
	// As process.id.
	ID string `json:"id" jsonschema:"pattern=^[0-9]+-[0-9]+$"`
	// Thread-group id in the initial PID namespace.
	PID int32 `json:"pid"`
	// The kernel's 15-byte name.
	Comm string `json:"comm"`
	// A string of this object was not valid UTF-8.
	Lossy bool `json:"lossy,omitzero"`
	// Those strings' bytes in base64, by name; of a vector each string with its NUL.
	Raw map[string]string `json:"raw,omitzero"`
}

// PIDDoc is a process's number in one PID namespace.
type PIDDoc struct {
	// Inum of the namespace.
	NS uint32 `json:"ns"`
	// The kernel's id of the namespace that is never reused on one boot, where it has one.
	ID uint64 `json:"id,omitzero"`
	// The number there.
	PID int32 `json:"pid"`
}

// NSDoc holds the inums of a process's namespaces.
type NSDoc struct {
	// The PID namespace that it lives in.
	PID uint32 `json:"pid"`
	// The one that its children will be born into.
	PIDForChildren uint32 `json:"pid_for_children,omitzero"`
	// The user namespace that owns the PID namespace.
	PIDOwner uint32 `json:"pid_owner,omitzero"`
	// Mount namespace.
	Mnt uint32 `json:"mnt,omitzero"`
	// Network namespace.
	Net uint32 `json:"net,omitzero"`
	// UTS namespace.
	UTS uint32 `json:"uts,omitzero"`
	// IPC namespace.
	IPC uint32 `json:"ipc,omitzero"`
	// User namespace.
	User uint32 `json:"user,omitzero"`
	// Cgroup namespace.
	Cgroup uint32 `json:"cgroup,omitzero"`
	// Time namespace.
	Time uint32 `json:"time,omitzero"`
}

// CgroupDoc is a place in the cgroup tree.
type CgroupDoc struct {
	// Kernfs id, on 64-bit the inode number of its directory.
	ID uint64 `json:"id,omitzero"`
	// Path from the hierarchy's root.
	Path string `json:"path,omitzero"`
	// Id of the cgroup v1 hierarchy; absent for cgroup v2.
	Hierarchy uint32 `json:"hierarchy,omitzero"`
	// A string of this object was not valid UTF-8.
	Lossy bool `json:"lossy,omitzero"`
	// Those strings' bytes in base64, by name; of a vector each string with its NUL.
	Raw map[string]string `json:"raw,omitzero"`
}

// ContainerDoc is a container as far as it is known.
type ContainerDoc struct {
	OuterDoc
	// The containers that it runs in, as in Docker in Docker, the outermost first.
	Within []OuterDoc `json:"within,omitzero"`
}

// OuterDoc is a container without those around it.
type OuterDoc struct {
	// The runtime's full id.
	ID string `json:"id"`
	// docker, containerd, podman, cri-o, runc, crun, lxc, nspawn …
	Runtime string `json:"runtime,omitzero"`
	// What the latest of it was read from: its cgroup's path, a runtime's arguments, the runtime's state on disk, or the daemon's API.
	Source string `json:"source,omitzero" jsonschema:"enum=cgroup,enum=args,enum=state,enum=api"`
	// Its name.
	Name string `json:"name,omitzero"`
	// Its image.
	Image string `json:"image,omitzero"`
	// Name of its pod.
	Pod string `json:"pod,omitzero"`
	// Kubernetes namespace of that pod.
	PodNamespace string `json:"pod_namespace,omitzero"`
	// Uid of that pod.
	PodUID string `json:"pod_uid,omitzero"`
	// Kubernetes' quality of service of that pod.
	PodQoS string `json:"pod_qos,omitzero" jsonschema:"enum=guaranteed,enum=burstable,enum=besteffort"`
	// Containerd's namespace, in which the id is unique: moby, k8s.io, default …
	Namespace string `json:"namespace,omitzero"`
	// Id of the container that holds the pod's namespaces; on that one, its own.
	SandboxID string `json:"sandbox_id,omitzero"`
	// A string of this object was not valid UTF-8.
	Lossy bool `json:"lossy,omitzero"`
	// Those strings' bytes in base64, by name; of a vector each string with its NUL.
	Raw map[string]string `json:"raw,omitzero"`
}

// ExitDoc is either an exit code or a signal.
type ExitDoc struct {
	// Exit code.
	Code *int `json:"code,omitzero"`
	// Name of the signal that ended it.
	Signal string `json:"signal,omitzero"`
	// A core was dumped.
	Core *bool `json:"core,omitzero"`
}

// KillerDoc says who ended a process.
type KillerDoc struct {
	// Where the signal came from.
	Origin string `json:"origin,omitzero" jsonschema:"enum=user,enum=kernel,enum=pidns_reap,enum=oom,enum=cgroup_kill"`
	// Its name.
	Signal string `json:"signal"`
	// Who sent it; for pidns_reap the dead init; absent where the kernel did on nobody's behalf.
	Sender *RefDoc `json:"sender,omitzero"`
	// The sending thread, when it is not its process's leader.
	SenderTID int32 `json:"sender_tid,omitzero"`
	// It was the signal asked for by PR_SET_PDEATHSIG, and sender the parent that ended,
	// or whose thread sender_tid did.
	ParentDeath bool `json:"parent_death,omitzero"`
	// Only that thread ended, and the sender's process lived on.
	SenderLives bool `json:"sender_lives,omitzero"`
	// The si_code, when not 0: 1 with SIGSYS is seccomp.
	Code int32 `json:"code,omitzero"`
	// For what the kernel did it, when that is certain: seccomp is a system call that
	// strict mode or a filter forbids.
	Why string `json:"why,omitzero" jsonschema:"enum=seccomp"`
	// The sender's ancestors up to the first process of another container or the host's init.
	SenderChain []RefDoc `json:"sender_chain,omitzero"`
	// It goes on, and who comes next is not known, or is more than are kept.
	SenderChainCut bool `json:"sender_chain_cut,omitzero"`
	// Instead of a sender: one of these it was, and which is not certain.
	OneOf []RefDoc `json:"one_of,omitzero"`
	// Signals of others that did not end it before, oldest first: at most four entries.
	PrecededBy []PriorSignalDoc `json:"preceded_by,omitzero"`
	// How many more came before and are forgotten.
	PrecededMore uint32 `json:"preceded_more,omitzero"`
}

// PriorSignalDoc is a signal that its target outlived, or several equal ones.
type PriorSignalDoc struct {
	// Its name.
	Signal string `json:"signal"`
	// What became of it; absent when it was delivered.
	Result string `json:"result,omitzero" jsonschema:"enum=ignored,enum=already_pending,enum=overflow,enum=lose_info"`
	// Who sent it, of several the latest; absent where the kernel did on nobody's behalf.
	Sender *RefDoc `json:"sender,omitzero"`
	// When, of several the latest, CLOCK_BOOTTIME in nanoseconds.
	BootNS uint64 `json:"boot_ns"`
	// How many there were, when more than one.
	Count uint32 `json:"count,omitzero"`
}

// PidnsDoc is a PID namespace.
type PidnsDoc struct {
	// The number that /proc/PID/ns/pid shows; recycled at once.
	Inum uint32 `json:"inum"`
	// The kernel's id that is never reused on one boot, where it has one.
	ID uint64 `json:"id,omitzero"`
	// Depth: 0 is the initial namespace.
	Level *int `json:"level,omitzero"`
	// Inum of the parent namespace.
	Parent uint32 `json:"parent,omitzero"`
	// The parent's id, where the kernel has one.
	ParentID uint64 `json:"parent_id,omitzero"`
	// Inum of the owning user namespace.
	UserNS uint32 `json:"user_ns,omitzero"`
}
