//go:build linux

package tracer

import (
	"fmt"
	"io/fs"
	"runtime"
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/internal/self"
)

// needs is what is taken of what may be limited.
type needs struct {
	buffer int // bytes of the ring, 0 for none
	files  int // that are open at a time
}

// Files that are open while something is loaded: some eleven of each program that is
// loaded by itself, and what the Go runtime has. Below the first no tracer came to its
// first event, below the second no census to its end.
const (
	filesToTrace = 155
	filesToLook  = 20
)

// What loading takes of the memory cgroup, most of it the kernel's type information: the
// peak was 25 to 30 MiB with a ring of 64 KiB on two CPUs, and with other work on them, when
// the kernel is late to take back what was freed, the kernel ended one in 36. Of programs that are verified side
// by side each took somewhat above 1 MiB more, up to eight; beyond, it was not more.
const (
	memoryToLoad = 40 << 20
	memoryPerCPU = 3 << 19
	mostSideWise = 8
)

// LeastMemory returns without how many bytes tracing with such a ring buffer is refused,
// since the kernel would end it while it begins.
func LeastMemory(bufferBytes int) int64 {
	more := min(runtime.GOMAXPROCS(0), mostSideWise) - 2
	return memoryToLoad + int64(max(more, 0)*memoryPerCPU) + int64(bufferBytes)
}

// CheckMemory returns a *NotPossibleError where the memory cgroup of this process, by the
// files in root, is too small to begin in with a ring buffer of that many bytes.
func CheckMemory(root fs.FS, bufferBytes int) error {
	limit, where := self.MemoryLimit(root)
	least := LeastMemory(bufferBytes)
	if limit < 0 || limit >= least {
		return nil
	}
	fix := "raise the limit of the memory cgroup, which is charged for it"
	if smallest := (Options{}).MinBuffer(); bufferBytes > smallest && limit >= LeastMemory(smallest) {
		fix = "choose a smaller ring buffer, or " + fix
	}
	return &NotPossibleError{
		Missing: fmt.Sprintf("there is no memory for it: %s limits this cgroup to %s, and to begin takes %s, where the kernel would kill it", where, self.MiB(limit), self.MiB(least)),
		Fix:     fix,
	}
}

// CheckFiles returns a *NotPossibleError where fewer files may be open than a tracer
// opens. It is looked at first: of what a feature's probe fails by, the library keeps
// nothing, and the kernel would be taken for one too old. The Go runtime has raised the
// soft limit to the hard one by then.
func CheckFiles(root fs.FS) error { return checkFiles(root, filesToTrace) }

func checkFiles(root fs.FS, least int) error {
	limit, err := strconv.Atoi(self.Limit(root, "Max open files"))
	if err != nil || limit >= least { // unlimited, or not to be read: what opens will tell
		return nil
	}
	return &NotPossibleError{
		Missing: fmt.Sprintf("too few files may be open: %d, and it takes some %d", limit, least),
		Fix:     enoughFiles,
	}
}

const enoughFiles = "raise the limit (ulimit -n): 256 are enough"
