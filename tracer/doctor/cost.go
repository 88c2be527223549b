//go:build linux

package doctor

import (
	"fmt"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// rounds of both kinds take turns, so that other work on the machine slows both.
const rounds = 4

// oneRound is how long each lasts; with attaching in between, all of them take half a
// second. Tests shorten it.
var oneRound = 30 * time.Millisecond

// syscallCost measures a system call that does next to nothing, without and with
// what --syscalls attaches.
func syscallCost(x *examination) []finding {
	if x.triedErr != nil {
		return unknown("not tried: see program", "")
	}
	var plain, watched []float64
	for range rounds {
		plain = append(plain, perCall(oneRound))
		attached, err := x.Try.Syscalls()
		if err != nil {
			return unknown("cannot be measured: "+oneLine(err), "see program")
		}
		watched = append(watched, perCall(oneRound))
		if err := attached.Close(); err != nil {
			return unknown("cannot be measured: "+oneLine(err), "")
		}
	}
	// The least of each: whatever else the machine does only adds.
	c := &report.SyscallCost{PlainNS: slices.Min(plain), WatchedNS: slices.Min(watched)}
	return []finding{{status: report.Found, cost: c, says: fmt.Sprintf(
		"with --syscalls the shortest system call takes %.0f ns instead of %.0f, whoever makes it; without that flag nothing", c.WatchedNS, c.PlainNS)}}
}

// perCall returns the nanoseconds of one getppid, which no library keeps.
func perCall(lasting time.Duration) float64 {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const batch = 1000
	began, calls := time.Now(), 0
	for time.Since(began) < lasting {
		for range batch {
			unix.Getppid()
		}
		calls += batch
	}
	return float64(time.Since(began).Nanoseconds()) / float64(calls)
}
