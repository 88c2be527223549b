package ndjson

import (
	"unsafe"

	"github.com/ptrace-ns/ptrace-ns/events"
)

func (e *encoder) process(p *events.Process) {
	outer := e.open("process")
	e.key(p.Key)
	if p.TID != 0 && p.TID != p.Key.PID {
		e.int("tid", int64(p.TID))
	}
	e.chain(p.Chain)
	// A process of which only the key is known has no chain either.
	if p.Parent.Key.PID != 0 || len(p.Chain) > 0 {
		e.int("ppid", int64(p.Parent.Key.PID))
	}
	e.ref("parent", p.Parent)
	if p.Full {
		// Always: by it a reader knows a full process.
		e.uint("start_ns", p.Key.Start)
		e.known("pid_ino", p.PIDIno)
	}
	e.string("comm", p.Comm)
	if p.Full {
		e.image(p)
	}
	e.namespaces(p)
	if p.Full {
		e.cgroup("cgroup", p.Cgroup)
	}
	e.container("container", p.Container)
	e.text("role", p.Role)
	e.text("genealogy", p.Genealogy)
	e.container("serves", p.Serves)
	if p.Full {
		e.flag("ns_init", p.NSInit)
		e.flag("subreaper", p.Subreaper)
		e.flag("under_subreaper", p.UnderSubreaper)
		e.flag("kthread", p.Kthread)
	}
	e.flag("zombie", p.Zombie)
	e.known("threads", uint64(p.Threads))
	if p.Job != nil {
		e.job(p.Job)
	}
	e.close(outer)
}

// job writes what ps tells besides.
func (e *encoder) job(j *events.Job) {
	e.known("pgid", uint64(max(j.PGID, 0)))
	e.known("sid", uint64(max(j.SID, 0)))
	e.text("tty", j.TTY)
	e.known("tpgid", uint64(max(j.TPGID, 0)))
	e.text("state", j.State)
	if j.HasCPU {
		e.uint("cpu_ns", j.CPUNS)
	}
	e.ref("ptracer", j.Ptracer)
}

// image writes what the process runs and as whom.
func (e *encoder) image(p *events.Process) {
	e.text("exe", p.Exe)
	if e.vector("args", p.Args) {
		e.bool("args_truncated", true)
		e.uint("args_bytes", p.Args.Size)
	}
	e.flag("args_redacted", p.Args.Redacted)
	if e.vector("env", p.Env) {
		e.bool("env_truncated", true)
		e.uint("env_bytes", p.Env.Size)
	}
	e.flag("env_redacted", p.Env.Redacted)
	e.text("cwd", p.Cwd)
	if p.HasIDs {
		e.uint("uid", uint64(p.UID))
		e.uint("gid", uint64(p.GID))
	}
}

// vector writes the strings that are known and reports whether some are missing.
func (e *encoder) vector(name string, a events.Args) (truncated bool) {
	if !a.Known() {
		return false
	}
	e.array(name)
	lossy := false
	for s := range a.All {
		e.next()
		lossy = appendQuoted(e, s) || lossy
	}
	e.endArray()
	if lossy {
		e.keep(name, unsafe.String(unsafe.SliceData(a.Raw), len(a.Raw)))
	}
	return a.Status == events.Truncated
}

func (e *encoder) key(k events.ProcKey) {
	e.name("id")
	e.b = append(k.Append(append(e.b, '"')), '"')
	e.int("pid", int64(k.PID))
}

func (e *encoder) ref(name string, r events.Ref) {
	if r.IsZero() {
		return
	}
	e.refObject(e.open(name), r)
}

func (e *encoder) refs(name string, all []events.Ref) {
	e.array(name)
	for _, r := range all {
		e.refObject(e.open(""), r)
	}
	e.endArray()
}

func (e *encoder) refObject(outer int, r events.Ref) {
	e.key(r.Key)
	e.string("comm", r.Comm)
	e.close(outer)
}

func (e *encoder) chain(c events.PIDChain) {
	if len(c) == 0 {
		return
	}
	e.array("pids")
	for _, entry := range c {
		outer := e.open("")
		e.uint("ns", uint64(entry.NS.Inum))
		e.known("id", entry.NS.ID)
		e.int("pid", int64(entry.PID))
		e.close(outer)
	}
	e.endArray()
}

func (e *encoder) namespaces(p *events.Process) {
	pid := p.NS.PID
	if pid == 0 {
		pid = p.Chain.Own().NS.Inum
	}
	if pid == 0 && (!p.Full || p.NS == events.Namespaces{}) {
		return
	}
	if !p.Full || e.repeated == nil {
		e.namespacesOf(p, pid)
		return
	}
	key := namespacesKey{p.NS, pid, p.PidnsOwner}
	known := e.repeated.at(&key)
	if len(known.text) == 0 || known.of != key {
		start := len(e.b)
		e.namespacesOf(p, pid)
		known.of, known.text = key, append(known.text[:0], e.b[start:]...)
		return
	}
	e.b = append(e.b, known.text...)
}

func (e *encoder) namespacesOf(p *events.Process, pid uint32) {
	outer := e.open("ns")
	e.known("pid", uint64(pid))
	if p.Full {
		e.known("pid_for_children", uint64(p.NS.PIDForChildren))
		e.known("pid_owner", uint64(p.PidnsOwner))
		e.known("mnt", uint64(p.NS.Mnt))
		e.known("net", uint64(p.NS.Net))
		e.known("uts", uint64(p.NS.UTS))
		e.known("ipc", uint64(p.NS.IPC))
		e.known("user", uint64(p.NS.User))
		e.known("cgroup", uint64(p.NS.Cgroup))
		e.known("time", uint64(p.NS.Time))
	}
	e.close(outer)
}

func (e *encoder) cgroup(name string, c events.Cgroup) {
	if c.ID == 0 && c.Path == "" {
		return
	}
	outer := e.open(name)
	e.known("id", c.ID)
	e.text("path", c.Path)
	e.known("hierarchy", uint64(c.Hierarchy))
	e.close(outer)
}

func (e *encoder) container(name string, c *events.Container) {
	if c == nil {
		return
	}
	outer := e.open(name)
	e.containerFields(c)
	if c.Outer != nil {
		e.array("within")
		e.within(c.Outer)
		e.endArray()
	}
	e.close(outer)
}

// within writes the containers around one, the outermost first.
func (e *encoder) within(c *events.Container) {
	if c.Outer != nil {
		e.within(c.Outer)
	}
	outer := e.open("")
	e.containerFields(c)
	e.close(outer)
}

func (e *encoder) containerFields(c *events.Container) {
	e.string("id", c.ID)
	e.text("runtime", c.Runtime)
	e.text("source", c.Source)
	e.text("name", c.Name)
	e.text("image", c.Image)
	e.text("pod", c.Pod)
	e.text("pod_namespace", c.PodNS)
	e.text("pod_uid", c.PodUID)
	e.text("pod_qos", c.PodQoS)
	e.text("namespace", c.Namespace)
	e.text("sandbox_id", c.SandboxID)
}
