//go:build linux

package tracer

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/bpf"
)

// initialPidns is the inode number of the initial PID namespace
// (PROC_PID_INIT_INO, include/linux/proc_ns.h).
const initialPidns = 0xEFFFFFFC

// ownPidns returns the inode number of the PID namespace that this process is in.
func ownPidns() (uint32, error) {
	link, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return 0, fmt.Errorf("own PID namespace: %w", err)
	}
	number := strings.TrimSuffix(strings.TrimPrefix(link, "pid:["), "]")
	inum, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("own PID namespace: %q is no namespace", link)
	}
	return uint32(inum), nil
}

// findSelf returns this process's PID in the initial namespace, by which all events
// name it. In a child namespace getpid tells another number; there it is looked up
// among the processes that the iterator shows, which are those of that namespace.
func findSelf(snapshots [][]byte) (int, error) {
	own, err := ownPidns()
	if err != nil || own == initialPidns {
		return os.Getpid(), err
	}
	var d bpf.Decoder
	me := int32(os.Getpid())
	for _, raw := range snapshots {
		ev, err := d.Decode(raw)
		if err != nil {
			return 0, fmt.Errorf("snapshot: %w", err)
		}
		if at := ev.Process.Chain.Own(); at.PID == me && at.NS.Inum == own {
			return int(ev.Process.Key.PID), nil
		}
	}
	return 0, fmt.Errorf("own process: PID %d of PID namespace %d is not in the snapshot", me, own)
}

// InInitialPidns reports whether the tracer is in the initial PID namespace. In a
// child one it sees all that happens from now on, but of what was there before only
// the processes of its own namespace; and /proc there has other numbers than events.
func (k *Kernel) InInitialPidns() bool { return k.proc.usable }
