package ndjson

import (
	"github.com/ptrace-ns/ptrace-ns/events"
)

// lineFields are the members that several kinds share: which detail they belong
// to is known once the whole line is read, because its members have no order.
type lineFields struct {
	kind      string // when it is not known
	creator   events.Ref
	syscall   string
	exit      events.ExitStatus
	hasExit   bool
	lifetime  uint64
	hasExec   bool
	enable    bool
	container events.Container
}

// begin forgets the last line.
func (d *Decoder) begin() {
	d.ev = events.Event{}
	d.line = lineFields{}
	d.early, d.mute = true, false
	d.args, d.env, d.refs, d.prior = d.args[:0], d.env[:0], d.refs[:0], d.prior[:0]
	d.fork, d.exec, d.exit, d.sig = events.ForkDetail{}, events.ExecDetail{}, events.ExitDetail{}, events.SignalDetail{}
	d.rename, d.cgroup, d.syscall = events.RenameDetail{}, events.CgroupDetail{}, events.SyscallDetail{}
	d.pidns, d.reparent = events.PidnsDetail{}, events.ReparentDetail{}
	d.lost = events.LostDetail{}
}

// member reads one member of the line.
func (d *Decoder) member(key []byte) {
	switch string(key) {
	case "seq":
		d.ev.Seq = d.uint64()
	case "time": // boot_ns says it, too
		d.bytes()
	case "boot_ns":
		d.ev.BootNS = d.uint64()
	case "cpu":
		d.ev.CPU = d.uint32()
	case "event":
		name := d.bytes()
		d.early = false
		d.ev.Kind = kindOf[string(name)]
		if d.ev.Kind == events.KindUnknown {
			d.line.kind = string(name)
		}
	case "cause":
		d.ev.Cause = d.uint64()
	case "process":
		d.process(&d.ev.Process)
	case "container":
		d.readContainer("container", &d.line.container)
	case "servant":
		d.ev.Servant = d.ref("servant")
	case "shared":
		d.ev.Shared = d.bool()
	case "lossy":
		d.bool()
	case "raw":
		d.rawTexts("event", d.eventText)
	default:
		if !d.deathMember(key) && !d.birthMember(key) && !d.namespaceMember(key) && !d.moveMember(key) {
			d.textMember(key)
		}
	}
}

// textMember reads the members that are plain text.
func (d *Decoder) textMember(key []byte) {
	if p := d.eventText(key); p != nil {
		*p = d.string()
		return
	}
	d.pass("event", key)
}

// eventText is where a string of the line itself belongs.
func (d *Decoder) eventText(key []byte) *string {
	switch string(key) {
	case "filename":
		d.line.hasExec = true
		return &d.exec.Filename
	case "interpreter":
		d.line.hasExec = true
		return &d.exec.Interpreter
	case "old_comm":
		return &d.rename.OldComm
	case "new_root":
		return &d.syscall.NewRoot
	case "put_old":
		return &d.syscall.PutOld
	case "from":
		return &d.cgroup.From.Path
	case "to":
		return &d.cgroup.To.Path
	case "via":
		return &d.pidns.Via
	case "syscall":
		return &d.line.syscall
	}
	return nil
}

// birthMember reads what says how a process came to be or what it executed.
func (d *Decoder) birthMember(key []byte) bool {
	switch string(key) {
	case "creator":
		d.line.creator = d.ref("creator")
	case "creator_tid":
		d.fork.CreatorTID = d.int32()
	case "clone_flags":
		d.fork.Flags = d.flags()
	case "exit_signal":
		d.fork.ExitSignal = d.signal()
	case "flags", "nstype":
		d.syscall.Flags = d.flags()
	case "fd":
		d.syscall.FD = d.int32()
	case "enable":
		d.line.enable = d.bool()
	case "error":
		d.syscall.Ret = -d.errno()
	case "filename_truncated":
		if d.bool() {
			d.exec.FilenameStatus = events.Truncated
		}
	case "old_tid":
		d.line.hasExec = true
		d.exec.OldTID = d.int32()
	default:
		return false
	}
	return true
}

// deathMember reads what says how a process ended and what was sent to it.
func (d *Decoder) deathMember(key []byte) bool {
	switch string(key) {
	case "exit":
		d.line.exit, d.line.hasExit = d.status(), true
	case "lifetime_ns":
		d.line.lifetime = d.uint64()
	case "threads":
		d.exit.Threads = d.uint32()
	case "killer":
		d.readKiller()
	case "reaper":
		d.exit.Reaper = d.ref("reaper")
	case "reaper_reason":
		d.exit.ReaperReason = lookup(d, "reaper_reason", reasonOf)
	case "signal":
		d.sig.Signal = d.signal()
	case "sender":
		d.sig.Sender = d.ref("sender")
	case "sender_tid":
		d.sig.SenderTID = d.int32()
	case "origin":
		d.sig.Origin = lookup(d, "origin", originOf)
	case "code":
		d.sig.Code = d.int32()
	case "target_is_init":
		d.sig.TargetIsInit = d.bool()
	case "group":
		d.sig.Group = d.bool()
	case "result":
		d.sig.Result = lookup(d, "result", resultOf)
	case "parent_death":
		d.sig.ParentDeath = d.bool()
	default:
		return false
	}
	return true
}
