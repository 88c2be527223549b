package text

import "github.com/ptrace-ns/ptrace-ns/events"

// The only escape sequences that a line may hold.
const (
	reset   = "\x1b[0m"
	bold    = "\x1b[1m"
	dim     = "\x1b[2m"
	red     = "\x1b[31m"
	green   = "\x1b[32m"
	yellow  = "\x1b[33m"
	cyan    = "\x1b[36m"
	magenta = "\x1b[1;35m"
	alarm   = "\x1b[1;37;41m"
)

// kindStyle is the style of the event's name.
func kindStyle(k events.Kind) string {
	switch k {
	case events.Fork, events.ThreadStart:
		return green
	case events.Exec:
		return cyan
	case events.Exit, events.ThreadExit:
		return yellow
	case events.Signal, events.OOM, events.CloneFailed:
		return red
	case events.Snapshot, events.ContainerKnown:
		return dim
	}
	return ""
}

// lineStyle is the style of the whole line: what the tracer concluded stands out
// from what the kernel said, and a gap from both.
func lineStyle(k events.Kind) string {
	switch {
	case k == events.Lost:
		return alarm
	case k.Derived(), k == events.PidnsWait:
		return magenta
	}
	return ""
}
