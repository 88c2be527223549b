package ndjson

import (
	"github.com/ptrace-ns/ptrace-ns/events"
)

// assemble gives the event the details of its kind.
func (d *Decoder) assemble() {
	ev := &d.ev
	if ev.Process.Container == nil && d.line.container.ID != "" {
		ev.Process.Container = &d.line.container
	}
	d.exit.Status, d.exit.LifetimeNS = d.line.exit, d.line.lifetime
	switch ev.Kind {
	case events.Fork, events.ThreadStart:
		d.assembleFork()
	case events.Exec:
		d.assembleExec()
	case events.ContainerStart:
		if d.line.hasExec {
			d.assembleExec()
		}
	case events.Exit, events.ThreadExit, events.ContainerExit:
		ev.Exit = &d.exit
	case events.Snapshot:
		if d.line.hasExit {
			ev.Exit = &d.exit
		}
	case events.Signal:
		d.assembleSignal()
	case events.Rename:
		ev.Rename = &d.rename
	case events.CgroupMove:
		// The process is told where it is: the move's end has no more than the path.
		if p := ev.Process.Cgroup; p.Path == d.cgroup.To.Path {
			d.cgroup.To = p
		}
		ev.Cgroup = &d.cgroup
	case events.CgroupMkdir, events.CgroupRmdir:
		ev.Cgroup = &d.cgroup
	case events.Unshare, events.Setns, events.CloneFailed, events.Subreaper, events.PivotRoot:
		d.assembleSyscall()
	case events.ContainerKnown:
		ev.Process.Cgroup = d.cgroup.To
	case events.PidnsCreate, events.PidnsEnter, events.PidnsReap, events.PidnsDestroy, events.PidnsWait:
		d.assemblePidns()
	case events.Reparent:
		ev.Reparent = &d.reparent
	case events.Lost:
		ev.Lost = &d.lost
	}
}

// assembleFork fills in what the line leaves out because it is as usual: the
// creator is the parent, and a thread's its own process.
func (d *Decoder) assembleFork() {
	d.fork.Creator, d.fork.Syscall = d.line.creator, d.line.syscall
	if d.fork.Creator.IsZero() {
		d.fork.Creator = d.ev.Process.Parent
		if d.ev.Kind == events.ThreadStart {
			d.fork.Creator = d.ev.Process.Ref()
		}
	}
	if d.fork.CreatorTID == 0 {
		d.fork.CreatorTID = d.fork.Creator.Key.PID
	}
	d.ev.Fork = &d.fork
}

func (d *Decoder) assembleExec() {
	if d.exec.FilenameStatus == events.Absent && d.exec.Filename != "" {
		d.exec.FilenameStatus = events.Complete
	}
	d.ev.Exec = &d.exec
}

func (d *Decoder) assembleSignal() {
	d.sig.NSID = d.pidns.NS.ID
	if d.sig.SenderTID == 0 {
		d.sig.SenderTID = d.sig.Sender.Key.PID
	}
	d.ev.Signal = &d.sig
}

func (d *Decoder) assembleSyscall() {
	d.syscall.Name = d.line.syscall
	if d.line.enable {
		d.syscall.Arg = 1
	}
	d.ev.Syscall = &d.syscall
}

func (d *Decoder) assemblePidns() {
	d.pidns.Creator, d.pidns.LifetimeNS = d.line.creator, d.line.lifetime
	if d.line.hasExit {
		d.pidns.Exit = &d.line.exit
	}
	d.ev.Pidns = &d.pidns
}
