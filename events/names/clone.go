package names

import (
	"iter"
	"math/bits"
	"strconv"
)

// cloneFlags is indexed by bit: include/uapi/linux/sched.h up to Linux 7.3.
var cloneFlags = [64]string{
	7: "CLONE_NEWTIME", 8: "CLONE_VM", 9: "CLONE_FS", 10: "CLONE_FILES",
	11: "CLONE_SIGHAND", 12: "CLONE_PIDFD", 13: "CLONE_PTRACE", 14: "CLONE_VFORK",
	15: "CLONE_PARENT", 16: "CLONE_THREAD", 17: "CLONE_NEWNS", 18: "CLONE_SYSVSEM",
	19: "CLONE_SETTLS", 20: "CLONE_PARENT_SETTID", 21: "CLONE_CHILD_CLEARTID",
	22: "CLONE_DETACHED", 23: "CLONE_UNTRACED", 24: "CLONE_CHILD_SETTID",
	25: "CLONE_NEWCGROUP", 26: "CLONE_NEWUTS", 27: "CLONE_NEWIPC", 28: "CLONE_NEWUSER",
	29: "CLONE_NEWPID", 30: "CLONE_NEWNET", 31: "CLONE_IO", 32: "CLONE_CLEAR_SIGHAND",
	33: "CLONE_INTO_CGROUP", 34: "CLONE_AUTOREAP", 35: "CLONE_NNP",
	36: "CLONE_PIDFD_AUTOKILL", 37: "CLONE_EMPTY_MNTNS",
}

// The clone flags that change what a fork means for a process tree.
const (
	CloneVfork      = 1 << 14
	CloneParent     = 1 << 15
	CloneThread     = 1 << 16
	CloneNewPID     = 1 << 29
	CloneIntoCgroup = 1 << 33
)

// CloneFlags yields the name of each bit that is set, lowest first; a bit that
// has no name is yielded as "". The second value is the bit itself.
func CloneFlags(flags uint64) iter.Seq2[string, uint64] {
	return func(yield func(string, uint64) bool) {
		for flags != 0 {
			bit := bits.TrailingZeros64(flags)
			flags &= flags - 1
			if !yield(cloneFlags[bit], 1<<bit) {
				return
			}
		}
	}
}

// AppendCloneFlag appends one flag's name, or its value in hex where it has none.
func AppendCloneFlag(b []byte, flag uint64) []byte {
	for name := range CloneFlags(flag) {
		if name != "" {
			return append(b, name...)
		}
	}
	return strconv.AppendUint(append(b, "0x"...), flag, 16)
}
