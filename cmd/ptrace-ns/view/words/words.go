// Package words holds the phrases that several views share: how a process, an end,
// a span of time or a command line is told to people. All that it returns is fit
// for a terminal.
package words

import (
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
)

// Container returns the name, or the beginning of the id that people know where that
// is long and by nobody's choice, and - for none.
func Container(c *events.Container) string {
	switch {
	case c == nil:
		return "-"
	case c.Name != "":
		return safe.String(c.Name)
	}
	return safe.String(ShortID(c.ID))
}

// ShortID returns the first 12 of 64 hexadecimal digits, as container tools print them;
// what somebody has chosen stays whole.
func ShortID(id string) string {
	if len(id) == 64 && strings.Trim(id, "0123456789abcdef") == "" {
		return id[:12]
	}
	return id
}

// Ref returns a process's PID and name, and - for none.
func Ref(r events.Ref) string {
	if r.IsZero() {
		return "-"
	}
	if r.Comm == "" {
		return strconv.Itoa(int(r.Key.PID))
	}
	return strconv.Itoa(int(r.Key.PID)) + " " + Name(r.Comm)
}

// Caller returns a process, and the thread of it that called where that is known not to
// be the leader.
func Caller(r events.Ref, tid int32) string {
	if tid == 0 || tid == r.Key.PID || r.IsZero() {
		return Ref(r)
	}
	return "thread " + strconv.Itoa(int(tid)) + " of " + Ref(r)
}

// Status returns how a process ended.
func Status(s events.ExitStatus) string {
	if s.Signal == 0 {
		return "exited " + strconv.Itoa(s.Code)
	}
	text := "killed by " + names.Signal(s.Signal)
	if s.Core {
		text += " (core dumped)"
	}
	return text
}

// Refs lists processes, at most the first so many, and more stands for the rest.
func Refs(all []events.Ref, most int, more string) string {
	var listed []string
	for _, r := range all[:min(most, len(all))] {
		listed = append(listed, Ref(r))
	}
	if len(all) > most {
		listed = append(listed, more)
	}
	return strings.Join(listed, ", ")
}

// Chain returns the PIDs from the outermost namespace to the process's own.
func Chain(c events.PIDChain, arrow string) string {
	var b []byte
	for i, e := range c {
		if i > 0 {
			b = append(b, arrow...)
		}
		b = strconv.AppendInt(b, int64(e.PID), 10)
	}
	return string(b)
}

// maxChain is how many PIDs of a chain are shown where room is scarce.
const maxChain = 6

// ShortChain returns a chain as Chain does, but of a deep one only the ends: how many there
// are between the level says.
func ShortChain(c events.PIDChain, arrow, more string) string {
	if len(c) <= maxChain {
		return Chain(c, arrow)
	}
	return Chain(c[:2], arrow) + arrow + more + arrow + Chain(c[len(c)-2:], arrow)
}

// Count returns "1 process" or "2 processes".
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// Or returns the text, or what stands for none.
func Or(text, none string) string {
	if text == "" {
		return none
	}
	return text
}

// Killer returns who ended the victim, to follow on its status; nothing for nil.
func Killer(k *events.Killer, victim events.ProcKey, atNS uint64) string {
	if k == nil {
		return ""
	}
	text := KillerBrief(k, victim)
	if sends(k, victim) {
		for _, r := range k.SenderChain {
			text += ", child of " + Ref(r)
		}
	}
	for _, prior := range k.Preceded {
		text += "; " + outlived(prior, k.Signal, atNS)
	}
	if k.MorePreceded > 0 {
		text += "; and " + strconv.FormatUint(uint64(k.MorePreceded), 10) + " more before"
	}
	return text
}

// outlived tells of signals before the one of that number that was the end. Of one with
// the same number is not said that it did not end the process: as a rule it had it do what
// it did.
func outlived(prior events.PriorSignal, end int32, atNS uint64) string {
	text := names.Signal(prior.Signal)
	if prior.Count > 1 {
		text += " " + strconv.FormatUint(uint64(prior.Count), 10) + " times, the last"
	}
	if prior.Sender.IsZero() {
		text += " from the kernel"
	} else {
		text += " from " + Ref(prior.Sender)
	}
	if atNS > prior.BootNS {
		text += " " + Duration(atNS-prior.BootNS) + " before"
	}
	switch {
	case prior.Result == events.SignalIgnored:
		text += " was ignored"
	case prior.Result == events.SignalAlreadyPending:
		text += " found one waiting"
	case prior.Signal != end:
		text += " did not end it"
	}
	return text
}

// KillerBrief is Killer without the sender's ancestors and what came before.
func KillerBrief(k *events.Killer, victim events.ProcKey) string {
	switch {
	case k == nil:
		return ""
	case len(k.OneOf) > 0:
		return ", by one of " + Refs(k.OneOf, len(k.OneOf), "")
	case k.Origin == events.OriginPidnsReap:
		return ", " + Reaping(k.Sender)
	case k.Origin == events.OriginOOM:
		return ", by the OOM killer"
	case k.ParentDeath:
		return ", by its parent-death signal, at the end of " + Ended(k.Sender, k.SenderTID, k.SenderLives)
	case k.Why == events.WhySeccomp:
		return ", by seccomp"
	case k.Sender.IsZero() || k.Origin == events.OriginKernel && k.Sender.Key == victim:
		return ", by the kernel" + hangup(k)
	case k.Origin == events.OriginKernel:
		return ", by the kernel" + Context(k.Signal, k.Sender)
	case k.Sender.Key == victim:
		return ", by itself"
	case k.Origin == events.OriginCgroupKill:
		return ", by cgroup.kill of " + Ref(k.Sender)
	}
	return ", by " + Ref(k.Sender)
}

// Ended names the parent that ended, or the thread of it that did; 0 is the leader.
func Ended(parent events.Ref, tid int32, lives bool) string {
	if tid == 0 {
		tid = parent.Key.PID
	}
	if tid == parent.Key.PID && !lives {
		return Ref(parent)
	}
	text := "thread " + strconv.Itoa(int(tid)) + " of " + Ref(parent)
	if lives {
		text += " (which lives on)"
	}
	return text
}

// Reaping says who kills what is left in a PID namespace whose PID 1 has ended.
func Reaping(init events.Ref) string {
	text := "by the kernel, reaping the PID namespace"
	if !init.IsZero() {
		text += " of " + Ref(init)
	}
	return text
}

// ReapedOuter says who killed the members of a namespace whose PID 1 was killed with an
// outer one: that kills the members of all namespaces in it, at once.
func ReapedOuter(outer events.Ref) string {
	text := "what was left in it was killed with the outer namespace"
	if !outer.IsZero() {
		text += " of " + Ref(outer)
	}
	return text
}

// Context says of a signal by the kernel in whose name that did what led to it. SIGKILL is
// for what the process did: it traced with PTRACE_O_EXITKILL and ended, it shut its PID
// namespace down. Of the others it is only who was running.
func Context(signal int32, current events.Ref) string {
	const sigkill = 9
	if signal == sigkill {
		return ", as " + Ref(current) + " ended or did something for which the kernel kills"
	}
	return ", while " + Ref(current) + " was running"
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

// sends reports whether another process sent the signal of its own will, so that its
// ancestors are of interest.
func sends(k *events.Killer, victim events.ProcKey) bool {
	switch k.Origin {
	case events.OriginKernel, events.OriginOOM, events.OriginPidnsReap:
		return false
	}
	return !k.ParentDeath && !k.Sender.IsZero() && k.Sender.Key != victim
}
