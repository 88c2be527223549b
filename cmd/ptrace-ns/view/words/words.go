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

// ReapedOuter says who killed the members of a namespace whose PID 1 was killed with an
// outer one: that kills the members of all namespaces in it, at once.
func ReapedOuter(outer events.Ref) string {
	text := "what was left in it was killed with the outer namespace"
	if !outer.IsZero() {
		text += " of " + Ref(outer)
	}
	return text
}
