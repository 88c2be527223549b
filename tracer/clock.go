//go:build linux

package tracer

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Now returns the kernel's CLOCK_BOOTTIME in nanoseconds, the clock of every event. In a
// time namespace clock_gettime(2) tells another (time_namespaces(7)).
func Now() uint64 {
	var ts unix.Timespec
	// The clock exists since Linux 2.6.39; there is no other way to fail.
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts)
	return uint64(ts.Nano() - int64(bootOffset()))
}

// bootTime returns when boot time began by the wall clock as it stands, in nanoseconds
// since 1970. It is asked once a run: who sets that clock later moves no time of the
// stream. Of three attempts the one that took least is believed, for between two clocks
// others may have had the CPU.
func bootTime(wall func() time.Time, boot func() uint64) (began int64) {
	least := ^uint64(0)
	for range 3 {
		before := boot()
		now := wall().UnixNano()
		if took := boot() - before; took < least {
			least, began = took, now-int64(before+took/2)
		}
	}
	return began
}

// bootOffset is how far this process's CLOCK_BOOTTIME is ahead of the kernel's. All that
// the kernel shows it of boot time has that offset, starts in /proc/PID/stat included
// (proc_pid_stat(5)). It does not change: a time namespace that has members is fixed.
var bootOffset = sync.OnceValue(func() time.Duration {
	own, err := os.Readlink("/proc/self/ns/time")
	if err != nil {
		return 0 // a kernel without time namespaces
	}
	// The offsets are those that children get, by unshare(2) not always one's own.
	if children, err := os.Readlink("/proc/self/ns/time_for_children"); err != nil || children != own {
		return 0
	}
	raw, err := os.ReadFile("/proc/self/timens_offsets")
	if err != nil {
		return 0
	}
	return parseBootOffset(string(raw))
})

// parseBootOffset reads the line "boottime SECONDS NANOSECONDS" of timens_offsets; 0
// where there is none.
func parseBootOffset(offsets string) time.Duration {
	for line := range strings.Lines(offsets) {
		var sec, nsec int64
		if n, _ := fmt.Sscanf(line, "boottime %d %d", &sec, &nsec); n == 2 {
			return time.Duration(sec)*time.Second + time.Duration(nsec)
		}
	}
	return 0
}
