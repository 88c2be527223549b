package main

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// slack is by how much a thread of this program may be woken later than it asked, so
// that the kernel can do it together with something else: far less than the 50 ms that
// the reader sleeps.
const slack = 2_000_000 // ns

// usualSlack is what it was before, 0 while it still is.
var usualSlack atomic.Int64

// lightly has the program disturb what it watches less. The Go runtime's supervisor
// sleeps for 20 µs at a time while anything runs, and each of its awakenings is a switch
// on a CPU that somebody else uses: they were a sixth of the tracer's own CPU time.
// The number in /proc may be a thread's (proc(5), timerslack_ns); for another one than
// the caller it takes CAP_SYS_NICE, and without that all stays as it was.
func lightly() {
	was, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	if err != nil || !usualSlack.CompareAndSwap(0, int64(was)) {
		return
	}
	threads, _ := filepath.Glob("/proc/self/task/*")
	for _, t := range threads {
		_ = os.WriteFile("/proc/"+filepath.Base(t)+"/timerslack_ns", []byte(strconv.Itoa(slack)), 0)
	}
}

// unslackened starts a command from a thread that is woken as punctually as ever: a
// child inherits that (prctl(2), PR_SET_TIMERSLACK).
func unslackened(start func() error) error {
	usual := usualSlack.Load()
	if usual == 0 {
		return start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(usual), 0, 0, 0); err != nil {
		return start()
	}
	defer func() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, slack, 0, 0, 0) }()
	return start()
}

// leaner gives back the memory that starting took: most of it is the kernel's types,
// which nobody needs once the programs are loaded. Not at once, when the first events
// are awaited.
func leaner() { time.AfterFunc(time.Second, debug.FreeOSMemory) }
