package kerneltest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// grace is how long what a test has closed may take to be gone: goroutines end
// after the call that stops them has returned.
const grace = 2 * time.Second

// CheckLeaks fails the test when at its end the process has file descriptors
// (BPF programs, maps and links among them) or goroutines that it did not have
// before. What is cleaned up by t.Cleanup must be registered after this call.
// The test must not run in parallel with others.
func CheckLeaks(t testing.TB) {
	t.Helper()
	startPoller()
	fds, routines := openFDs(), goroutines()
	t.Cleanup(func() {
		var left []string
		for deadline := time.Now().Add(grace); ; time.Sleep(10 * time.Millisecond) {
			left = append(added(fds, openFDs()), added(routines, goroutines())...)
			if len(left) == 0 || time.Now().After(deadline) {
				break
			}
		}
		for _, what := range left {
			t.Errorf("leaked: %s", what)
		}
	})
}

// startPoller makes the runtime open its epoll descriptors, which it keeps, so
// that the first test to poll is not blamed for them.
var startPoller = sync.OnceFunc(func() {
	if r, w, err := os.Pipe(); err == nil {
		r.Close()
		w.Close()
	}
})

// added returns what is in after and was not in before, sorted.
func added(before, after map[string]string) []string {
	var left []string
	for _, key := range slices.Sorted(maps.Keys(after)) {
		if _, old := before[key]; !old {
			left = append(left, after[key])
		}
	}
	return left
}

// openFDs returns a description of each open file descriptor. The key holds the
// identity too, since a number is reused at once.
func openFDs() map[string]string {
	open := map[string]string{}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return open
	}
	for _, entry := range entries {
		target, err := os.Readlink(filepath.Join("/proc/self/fd", entry.Name()))
		if err != nil {
			continue // the descriptor that reads the directory
		}
		what := fmt.Sprintf("fd %s: %s%s", entry.Name(), target, bpfID(entry.Name()))
		open[what] = what
	}
	return open
}

// bpfID returns the kernel's id of the BPF object behind a descriptor.
func bpfID(fd string) string {
	info, err := os.ReadFile(filepath.Join("/proc/self/fdinfo", fd))
	if err != nil {
		return ""
	}
	var ids strings.Builder
	for line := range strings.Lines(string(info)) {
		name, value, _ := strings.Cut(line, ":")
		switch name {
		case "prog_id", "map_id", "link_id", "btf_id":
			fmt.Fprintf(&ids, " %s=%s", name, strings.TrimSpace(value))
		}
	}
	return ids.String()
}

// lasting are goroutines that live as long as the process once they are needed.
var lasting = []string{
	"testing.(*T).Run", "testing.tRunner", "testing.runTests", "testing.(*M).",
	"os/signal.loop", "os/signal.signal_recv", "runtime.ensureSigM",
}

// goroutines returns the stack of each goroutine by its id.
func goroutines() map[string]string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	live := map[string]string{}
	for stack := range strings.SplitSeq(string(buf), "\n\n") {
		if slices.ContainsFunc(lasting, func(f string) bool { return strings.Contains(stack, f) }) {
			continue
		}
		id, _, _ := strings.Cut(strings.TrimPrefix(stack, "goroutine "), " ")
		live[id] = stack
	}
	return live
}
