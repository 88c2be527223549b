//go:build linux

package doctor

import (
	"cmp"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/internal/self"
	"github.com/ptrace-ns/ptrace-ns/tracer"
)

// ring: up to 5.10 the memory of maps counts against RLIMIT_MEMLOCK, later against
// the memory cgroup; either refuses it here.
func ring(x *examination) []finding {
	if x.triedErr != nil {
		return unknown("not tried: see program", "")
	}
	if err := x.Try.Ring(x.BufferBytes); err != nil {
		return missing(oneLine(err), "choose a smaller one (--buffer), or raise RLIMIT_MEMLOCK (up to 5.10) or the cgroup's memory limit")
	}
	return found(self.MiB(int64(x.BufferBytes)) + " found room (--buffer); /proc/self/limits: max locked memory " + cmp.Or(self.Limit(x.Root, "Max locked memory"), "unknown") + ", which counts up to 5.10")
}

// What the program takes beside its ring buffer, both rounded up: by itself, and for each
// process that there is (docs/performance.md: 39 MB without, 200 amid 100 000).
const (
	programMemory = 64 << 20
	processMemory = 2 << 10
)

// memoryLimit looks at the limits of the cgroups that this process is in.
func memoryLimit(x *examination) []finding {
	limit, where := self.MemoryLimit(x.Root)
	if limit < 0 {
		return found("no limit of a memory cgroup is seen")
	}
	if err := tracer.CheckMemory(x.Root, x.BufferBytes); err != nil {
		says, mend := split(err)
		return []finding{{status: report.Missing, need: report.ForTracing, says: says, mend: mend}}
	}
	processes := x.processes()
	need := int64(x.BufferBytes + programMemory + processes*processMemory)
	amid := fmt.Sprintf("with its ring buffer and the %d processes that there are the program takes up to %s", processes, self.MiB(need))
	if limit < need {
		mend := "raise the limit"
		if smallest := (tracer.Options{}).MinBuffer(); limit >= need-int64(x.BufferBytes-smallest) {
			mend += ", or choose a smaller ring buffer (--buffer)"
		}
		return missing(fmt.Sprintf("%s limits this cgroup to %s; %s", where, self.MiB(limit), amid), mend)
	}
	return found(fmt.Sprintf("%s limits this cgroup to %s; %s", where, self.MiB(limit), amid))
}

// processes counts those that /proc shows.
func (x *examination) processes() (n int) {
	dirs, _ := fs.ReadDir(x.Root, "proc") // what was read of it is counted
	for _, d := range dirs {
		if _, err := strconv.Atoi(d.Name()); err == nil {
			n++
		}
	}
	return n
}

// openFiles: what may be open is found too little only when all that watch opens is.
func openFiles(x *examination) []finding {
	limit := self.Limit(x.Root, "Max open files")
	if limit == "" {
		return unknown("/proc/self/limits cannot be read", "mount /proc")
	}
	if err := tracer.CheckFiles(x.Root); err != nil {
		says, mend := split(err)
		return missing(says, mend)
	}
	return found(limit + " may be open")
}

func (x *examination) listable(dir string) bool {
	_, err := fs.ReadDir(x.Root, dir)
	return err == nil
}
