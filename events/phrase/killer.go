package phrase

import (
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
)

// Names returns what a process is called.
type Names func(events.Ref) string

// Signal says what a process got and from whom, and what came of it.
func (name Names) Signal(d *events.SignalDetail, to events.ProcKey) string {
	return names.Signal(d.Signal) + name.SentBy(d, to) + ", " + strings.ReplaceAll(d.Result.String(), "_", " ")
}

// SentBy says of a signal to a process who sent it, with a blank or a comma before it.
// What the kernel sends in the context of a process, a dead PID 1's to those in its
// namespace included, is not from that process.
func (name Names) SentBy(d *events.SignalDetail, to events.ProcKey) string {
	user := d.Origin == events.OriginUser || d.Origin == events.OriginUnknown
	if user && !d.ParentDeath && !d.Sender.IsZero() {
		return " from " + name(d.Sender)
	}
	return name.Killer(&events.Killer{
		Signal: d.Signal, Origin: d.Origin, Sender: d.Sender, Code: d.Code,
		ParentDeath: d.ParentDeath, SenderTID: d.SenderTID, SenderLives: d.SenderLives,
	}, to)
}

// Killer says who ended the victim, with a comma before it; nothing for nil.
func (name Names) Killer(k *events.Killer, victim events.ProcKey) string {
	switch {
	case k == nil:
		return ""
	case len(k.OneOf) > 0:
		return ", by one of " + name.list(k.OneOf)
	case k.Origin == events.OriginPidnsReap:
		return ", " + name.Reaping(k.Sender)
	case k.Origin == events.OriginOOM:
		return ", by the OOM killer"
	case k.ParentDeath:
		return ", by its parent-death signal, at the end of " + name.Ended(k.Sender, k.SenderTID, k.SenderLives)
	case k.Why == events.WhySeccomp:
		return ", by seccomp"
	case k.Sender.IsZero() || k.Origin == events.OriginKernel && k.Sender.Key == victim:
		return ", by the kernel" + hangup(k)
	case k.Origin == events.OriginKernel:
		return ", by the kernel" + name.Context(k.Signal, k.Sender)
	case k.Sender.Key == victim:
		return ", by itself"
	case k.Origin == events.OriginCgroupKill:
		return ", by cgroup.kill of " + name(k.Sender)
	}
	return ", by " + name(k.Sender)
}

func (name Names) list(all []events.Ref) string {
	var listed []string
	for _, r := range all {
		listed = append(listed, name(r))
	}
	return strings.Join(listed, ", ")
}

// Ended names the parent that ended, or the thread of it that did; 0 is the leader.
func (name Names) Ended(parent events.Ref, tid int32, lives bool) string {
	if tid == 0 {
		tid = parent.Key.PID
	}
	if tid == parent.Key.PID && !lives {
		return name(parent)
	}
	text := "thread " + strconv.Itoa(int(tid)) + " of " + name(parent)
	if lives {
		text += " (which lives on)"
	}
	return text
}

// Reaping says who kills what is left in a PID namespace whose PID 1 has ended.
func (name Names) Reaping(init events.Ref) string {
	text := "by the kernel, reaping the PID namespace"
	if !init.IsZero() {
		text += " of " + name(init)
	}
	return text
}

// Context says of a signal by the kernel in whose name that did what led to it. SIGKILL is
// for what the process did: it traced with PTRACE_O_EXITKILL and ended, it shut its PID
// namespace down. Of the others it is only who was running.
func (name Names) Context(signal int32, current events.Ref) string {
	const sigkill = 9
	if signal == sigkill {
		return ", as " + name(current) + " ended or did something for which the kernel kills"
	}
	return ", while " + name(current) + " was running"
}

// hangup says why the kernel sends SIGHUP of its own: __tty_hangup and disassociate_ctty
// (drivers/tty/tty_jobctrl.c), kill_orphaned_pgrp (kernel/exit.c). A timer's has another
// si_code.
func hangup(k *events.Killer) string {
	const sighup, siKernel = 1, 0x80
	if k.Signal == sighup && k.Code == siKernel {
		return ": its terminal hung up, or its process group was orphaned"
	}
	return ""
}
