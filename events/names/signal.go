package names

import (
	"strconv"
	"strings"
)

// The C library keeps the kernel's first two real-time signals to itself, so
// that SIGRTMIN of every program is 34 and not the kernel's 32.
const (
	rtMin     = 34
	maxSignal = 64
)

var signals = [...]string{
	1: "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS",
	"SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM",
	"SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN",
	"SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH",
	"SIGIO", "SIGPWR", "SIGSYS",
}

// AppendSignal appends a signal's name: SIGKILL, SIGRTMIN, SIGRTMIN+2, and SIG32
// for a number that programs have no name for.
func AppendSignal(b []byte, n int32) []byte {
	switch {
	case n > 0 && int(n) < len(signals):
		return append(b, signals[n]...)
	case n == rtMin:
		return append(b, "SIGRTMIN"...)
	case n > rtMin && n <= maxSignal:
		return strconv.AppendInt(append(b, "SIGRTMIN+"...), int64(n-rtMin), 10)
	}
	return strconv.AppendInt(append(b, "SIG"...), int64(n), 10)
}

// Signal returns what AppendSignal appends.
func Signal(n int32) string { return string(AppendSignal(nil, n)) }

// ParseSignal takes a number from 1 to 64 or a name, with or without SIG, in any
// case.
func ParseSignal(s string) (int32, bool) {
	if n, err := strconv.Atoi(s); err == nil {
		return int32(n), n >= 1 && n <= maxSignal
	}
	name := "SIG" + strings.TrimPrefix(strings.ToUpper(s), "SIG")
	for n := int32(1); n <= maxSignal; n++ {
		if name == Signal(n) {
			return n, true
		}
	}
	return 0, false
}

// AllSignals is the mask of every signal: bit n-1 is signal n.
const AllSignals = ^uint64(0)

// SignalBit returns one signal's bit in such a mask.
func SignalBit(n int32) uint64 { return 1 << (n - 1) }
