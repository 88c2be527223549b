package events

// Process is what an event says of the process that it is about. Absent values
// are zero; see the fields for what tells absent from zero.
type Process struct {
	Key ProcKey
	// PIDIno is struct pid's inode, equal to fstat(pidfd).st_ino; Linux 6.9 and
	// later on 64-bit, else 0.
	PIDIno uint64
	// TID is the acting thread in the initial namespace; equal to Key.PID when
	// it is the leader.
	TID   int32
	Chain PIDChain
	// Parent is real_parent's thread group at that moment; the zero Ref when the
	// kernel gives none (parent is PID 0).
	Parent Ref
	Comm   string

	// Exe is the path of the running image as the kernel says it, with
	// "/memfd:…" and " (deleted)"; empty when not known.
	Exe  string
	Args Args
	// Env is the environment at exec, only when asked for.
	Env Args
	Cwd string

	// HasIDs says that UID and GID are known: effective, initial user namespace.
	HasIDs   bool
	UID, GID uint32

	NS Namespaces
	// PidnsOwner is the inum of the user namespace that owns the process's own
	// PID namespace; 0 is unknown.
	PidnsOwner uint32
	// NSInit says that the process is the child reaper, the PID 1, of its own PID
	// namespace, a child one or the initial.
	NSInit bool
	Cgroup Cgroup
	// Container is nil where the process is in none or it is not known.
	Container *Container
	// Role is what the process is for in the making and keeping of containers: daemon,
	// shim, monitor, runtime, init, proxy, sandbox, exec …; empty where it is for
	// nothing of that kind or where it is not known.
	Role string
	// Genealogy is the line of programs that the one with a role belongs to, where its
	// name tells: docker-1.x, containerd-shim-v1, containerd-shim-v2, conmon …
	Genealogy string
	// Serves is the container that a shim, monitor, runtime or proxy works for, as its
	// own arguments say. The process is not in it.
	Serves *Container

	Subreaper bool // PR_SET_CHILD_SUBREAPER is set
	// UnderSubreaper says that it or an ancestor was a subreaper when it was born or
	// since: its orphans are offered to the nearest one (has_child_subreaper).
	UnderSubreaper bool
	Kthread        bool // PF_KTHREAD
	// Zombie says, on a snapshot, that the process had ended before and waits to
	// be reaped; Event.Exit then holds its status.
	Zombie bool
	// Threads is, on a snapshot, how many threads the process has; else 0.
	Threads uint32
	// Job is known on snapshots only, as of that moment; else nil.
	Job *Job
	// Full says that the event carries the whole process and not only its
	// identity, chain, parent and name.
	Full bool
}

// Job is what ps tells of a process besides who it is and whose child.
type Job struct {
	// PGID and SID are the process group and the session, as numbers of the initial
	// PID namespace; 0 is none.
	PGID, SID int32
	// TTY is the controlling terminal below /dev, like pts/0; empty is none.
	TTY string
	// TPGID is the terminal's foreground process group; 0 is none.
	TPGID int32
	// State is what ps shows as STAT: the leader's state by the letter of
	// /proc/PID/stat, then < or N (nice below or above 0), L (locked memory), s
	// (session leader), l (several threads), + (in the foreground process group).
	State string
	// CPUNS is the CPU time of all threads, user and system, those that have ended
	// included, in nanoseconds; HasCPU says that it is known.
	HasCPU bool
	CPUNS  uint64
	// Ptracer is the process that traces it by ptrace; the zero Ref is none. It gets the
	// leader's stops and its end, and is no parent.
	Ptracer Ref
}

// Ref returns the reference by which other events name the process.
func (p *Process) Ref() Ref { return Ref{Key: p.Key, Comm: p.Comm} }

// Namespaces holds the inode numbers of a process's namespaces; 0 is unknown.
type Namespaces struct {
	PID, PIDForChildren, Mnt, Net, UTS, IPC, User, Cgroup, Time uint32
}

// Cgroup is a process's place in the cgroup tree: the unified hierarchy's where
// the process is not at its root, else that of a v1 controller.
type Cgroup struct {
	// Hierarchy is cgroup_root.hierarchy_id; kernfs ids are unique only within one.
	Hierarchy uint32
	// ID is the kernfs node id, on 64-bit the inode number of its directory.
	ID uint64
	// Path is relative to the hierarchy's root; empty when not known.
	Path string
}

// Container says which container a process is in, only as far as it is known.
type Container struct {
	ID      string // the runtime's full id
	Runtime string // docker, containerd, podman, cri-o, runc, crun, lxc, nspawn …
	Source  string // what the latest of it was read from: cgroup, args, state or api
	Name    string
	Image   string
	// Namespace is containerd's, in which the id is unique: moby, k8s.io, default …; empty
	// where it is not containerd's or not known.
	Namespace string
	Pod       string
	PodNS     string // the pod's Kubernetes namespace
	PodUID    string
	PodQoS    string // guaranteed, burstable or besteffort
	// SandboxID is the container that holds the pod's namespaces; on that one, its own.
	SandboxID string
	// Outer is the container that this one runs in, as in Docker in Docker; nil is none.
	Outer *Container
}

// Equal reports whether both say the same of the same container. Nil equals nil.
func (c *Container) Equal(o *Container) bool {
	for c != nil && o != nil && c != o {
		a, b := *c, *o
		a.Outer, b.Outer = nil, nil
		if a != b {
			return false
		}
		c, o = c.Outer, o.Outer
	}
	return c == o
}
