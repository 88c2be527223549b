package kerneltest

import (
	"os"
	"time"
)

// emulated is set by the runner of emulated machines, which are ten to fifty times
// as slow as their hosts.
var emulated = os.Getenv("PTRACE_NS_EMULATED") == "1"

// Patience is how long to wait for what must come: d, and longer where all is slow.
func Patience(d time.Duration) time.Duration {
	if emulated {
		return 10 * d
	}
	return d
}

// Times is how often to repeat what shows by repetition: n, and less often where
// all is slow.
func Times(n int) int {
	if emulated {
		return max(1, n/20)
	}
	return n
}
