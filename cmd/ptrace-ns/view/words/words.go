// Package words holds the phrases that several views share: how a process, an end,
// a span of time or a command line is told to people. All that it returns is fit
// for a terminal.
package words

import (
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
)

// Container returns the name, or the beginning of the id that people know, and -
// for none.
func Container(c *events.Container) string {
	switch {
	case c == nil:
		return "-"
	case c.Name != "":
		return safe.String(c.Name)
	case len(c.ID) > 12:
		return safe.String(c.ID[:12])
	}
	return safe.String(c.ID)
}

// Ref returns a process's PID and name, and - for none.
func Ref(r events.Ref) string {
	if r.IsZero() {
		return "-"
	}
	if r.Comm == "" {
		return strconv.Itoa(int(r.Key.PID))
	}
	return strconv.Itoa(int(r.Key.PID)) + " " + safe.String(r.Comm)
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

// Killer returns who ended a process, to follow on its status; nothing for nil.
func Killer(k *events.Killer) string {
	if k == nil {
		return ""
	}
	text := ""
	switch k.Origin {
	case events.OriginPidnsReap:
		return " by kernel, reaping PID namespace of " + Ref(k.Sender)
	case events.OriginOOM:
		return " by the OOM killer"
	case events.OriginCgroupKill:
		text = " by cgroup.kill"
	case events.OriginKernel:
		text = " by kernel"
	}
	if k.Sender.IsZero() {
		return text
	}
	text += " from " + Ref(k.Sender)
	for i, r := range k.SenderChain {
		// The chain may begin with the sender itself.
		if i > 0 || r.Key != k.Sender.Key {
			text += ", child of " + Ref(r)
		}
	}
	return text
}
