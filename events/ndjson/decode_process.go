package ndjson

import (
	"github.com/ptrace-ns/ptrace-ns/events"
)

// process reads the process that an event is about.
func (d *Decoder) process(p *events.Process) {
	*p = events.Process{}
	d.args, d.env, d.job = d.args[:0], d.env[:0], events.Job{}
	d.argsRaw, d.envRaw = false, false
	text := func(key []byte) *string { return d.processText(p, key) }
	for key := d.open(); key != nil; key = d.next() {
		if d.identityMember(p, key) || d.placeMember(p, key) || d.imageMember(p, key) {
			continue
		}
		if place := d.processText(p, key); place != nil {
			*place = d.string()
			continue
		}
		switch string(key) {
		case "raw":
			d.rawProcess(text)
		case "lossy":
			d.bool()
		default:
			if !d.jobMember(p, key) {
				d.pass("process", key)
			}
		}
	}
	d.finish(p)
}

// finish fills in what a line leaves out because it is as usual.
func (d *Decoder) finish(p *events.Process) {
	if p.TID == 0 {
		p.TID = p.Key.PID
	}
	finishVector(&p.Args, d.args, d.argsRaw)
	finishVector(&p.Env, d.env, d.envRaw)
}

// finishVector gives a its bytes. The last string of a vector that was cut has no
// end, unless it is empty and nothing else would be left of it; raw bytes are as
// they were.
func finishVector(a *events.Args, b []byte, raw bool) {
	if a.Status == events.Absent {
		return
	}
	if n := len(b); a.Status == events.Truncated && !raw && n > 1 && b[n-1] == 0 && b[n-2] != 0 {
		b = b[:n-1]
	}
	a.Raw = b
	if a.Size == 0 {
		a.Size = uint64(len(b))
	}
}

// processText is where a string of a process belongs.
func (d *Decoder) processText(p *events.Process, key []byte) *string {
	switch string(key) {
	case "comm":
		return &p.Comm
	case "exe":
		return &p.Exe
	case "cwd":
		return &p.Cwd
	case "role":
		return &p.Role
	case "genealogy":
		return &p.Genealogy
	case "tty":
		p.Job = &d.job
		return &d.job.TTY
	case "state":
		p.Job = &d.job
		return &d.job.State
	}
	return nil
}

func (d *Decoder) identityMember(p *events.Process, key []byte) bool {
	switch string(key) {
	case "id":
		p.Key = d.readID()
	case "pid":
		d.int32() // it is in the id
	case "comm":
		p.Comm = d.string()
	case "tid":
		p.TID = d.int32()
	case "pids":
		p.Chain = d.readChain()
	case "ppid":
		// The parent's own object says more, wherever it comes.
		if pid := d.int32(); p.Parent.Key.PID == 0 {
			p.Parent.Key.PID = pid
		}
	case "parent":
		p.Parent = d.ref("parent")
	case "start_ns": // it is in the id; only a full process says it again
		d.uint64()
		p.Full = true
	case "pid_ino":
		p.PIDIno = d.uint64()
	case "ns_init":
		p.NSInit = d.bool()
	case "subreaper":
		p.Subreaper = d.bool()
	case "under_subreaper":
		p.UnderSubreaper = d.bool()
	case "kthread":
		p.Kthread = d.bool()
	case "zombie":
		p.Zombie = d.bool()
	case "threads":
		p.Threads = d.uint32()
	default:
		return false
	}
	return true
}

// imageMember reads what the process runs and as whom.
func (d *Decoder) imageMember(p *events.Process, key []byte) bool {
	switch string(key) {
	case "args":
		d.args = d.vector(d.args[:0], &p.Args)
	case "args_truncated":
		truncated(&p.Args, d.bool())
	case "args_bytes":
		p.Args.Size = d.uint64()
	case "args_redacted":
		p.Args.Redacted = d.bool()
	case "env":
		d.env = d.vector(d.env[:0], &p.Env)
	case "env_truncated":
		truncated(&p.Env, d.bool())
	case "env_bytes":
		p.Env.Size = d.uint64()
	case "env_redacted":
		p.Env.Redacted = d.bool()
	case "uid":
		p.UID, p.HasIDs = d.uint32(), true
	case "gid":
		p.GID, p.HasIDs = d.uint32(), true
	default:
		return false
	}
	return true
}

// placeMember reads where the process is.
func (d *Decoder) placeMember(p *events.Process, key []byte) bool {
	switch string(key) {
	case "ns":
		d.namespaces(p)
	case "cgroup":
		d.readCgroup(&p.Cgroup)
	case "container":
		d.readContainer("process.container", &d.container)
		p.Container = &d.container
	case "serves":
		d.readContainer("process.serves", &d.serves)
		p.Serves = &d.serves
	default:
		return false
	}
	return true
}

// jobMember reads what ps tells of a process besides.
func (d *Decoder) jobMember(p *events.Process, key []byte) bool {
	switch string(key) {
	case "pgid":
		d.job.PGID = d.int32()
	case "sid":
		d.job.SID = d.int32()
	case "tpgid":
		d.job.TPGID = d.int32()
	case "cpu_ns":
		d.job.CPUNS, d.job.HasCPU = d.uint64(), true
	case "ptracer":
		d.job.Ptracer = d.ref("ptracer")
	default:
		return false
	}
	p.Job = &d.job
	return true
}

// vector appends strings, each ended by NUL.
func (d *Decoder) vector(raw []byte, a *events.Args) []byte {
	for ok := d.list(); ok; ok = d.more() {
		raw = append(append(raw, d.bytes()...), 0)
	}
	if a.Status == events.Absent {
		a.Status = events.Complete
	}
	return raw
}

func truncated(a *events.Args, yes bool) {
	if yes {
		a.Status = events.Truncated
	}
}

// rawProcess reads the raw bytes of a process's strings and vectors.
func (d *Decoder) rawProcess(text func([]byte) *string) {
	for key := d.open(); key != nil; key = d.next() {
		place := text(key)
		switch {
		case place != nil:
			*place = d.names.get(d.base64())
		case string(key) == "args":
			d.args, d.argsRaw = append(d.args[:0], d.base64()...), true
		case string(key) == "env":
			d.env, d.envRaw = append(d.env[:0], d.base64()...), true
		default:
			d.pass("process.raw", key)
		}
	}
}
