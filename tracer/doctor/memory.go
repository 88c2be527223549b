//go:build linux

package doctor

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/internal/self"
	"github.com/ptrace-ns/ptrace-ns/tracer"
)

// ring: up to 5.10 the memory of maps counts against RLIMIT_MEMLOCK, later against
// the memory cgroup; either refuses it here.
func ring(x *examination) []finding {
	size := mib(x.BufferBytes)
	if x.triedErr != nil {
		return unknown("not tried: see program", "")
	}
	if err := x.Try.Ring(x.BufferBytes); err != nil {
		return missing(oneLine(err), "choose a smaller one (--buffer), or raise RLIMIT_MEMLOCK (up to 5.10) or the cgroup's memory limit")
	}
	return found(size + " found room (--buffer); /proc/self/limits: max locked memory " + x.memlock() + ", which counts up to 5.10")
}

func mib(bytes int) string { return fmt.Sprintf("%g MiB", float64(bytes)/(1<<20)) }

func (x *examination) memlock() string {
	for line := range strings.Lines(x.read("proc/self/limits")) {
		if rest, ok := strings.CutPrefix(line, "Max locked memory"); ok {
			if f := strings.Fields(rest); len(f) > 0 {
				return f[0]
			}
		}
	}
	return "unknown"
}

// programMemory is what the program takes beside its ring buffer, rounded up
// (docs/performance.md).
const programMemory = 64 << 20

// memoryLimit looks at the limits of the cgroups that this process is in.
func memoryLimit(x *examination) []finding {
	limit, where := self.MemoryLimit(x.Root)
	need := int64(x.BufferBytes + programMemory)
	switch least := tracer.LeastMemory(x.BufferBytes); {
	case limit < 0:
		return found("no limit of a memory cgroup is seen")
	case limit < least:
		return []finding{{status: report.Missing, need: report.ForTracing,
			says: fmt.Sprintf("%s limits this cgroup to %s; with its ring buffer the program takes %s before it traces", where, mib(int(limit)), mib(int(least))),
			mend: "raise the limit, or choose a smaller --buffer"}}
	case limit < need:
		return missing(fmt.Sprintf("%s limits this cgroup to %s; with its ring buffer the program takes up to %s", where, mib(int(limit)), mib(int(need))),
			"raise the limit, or choose a smaller --buffer")
	}
	return found(fmt.Sprintf("%s limits this cgroup to %s, which is enough", where, mib(int(limit))))
}

func (x *examination) listable(dir string) bool {
	_, err := fs.ReadDir(x.Root, dir)
	return err == nil
}
