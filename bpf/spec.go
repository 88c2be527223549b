//go:build linux

package bpf

import (
	"fmt"

	"github.com/cilium/ebpf"
)

// Names of the maps and variables that userspace touches.
const (
	MapRing   = "ring"
	MapCounts = "counts"
	MapParts  = "parts" // of ProcessKey to Part

	VarWakeupBytes  = "wakeup_bytes"  // uint64, a power of two
	VarV1Subsys     = "v1_subsys"     // int32
	VarV1Hierarchy  = "v1_hierarchy"  // uint32
	VarWantThreads  = "want_threads"  // bool
	VarSignalMask   = "signal_mask"   // uint64
	VarMaxBlob      = "max_blob"      // uint32
	VarWantEnv      = "want_env"      // bool
	VarLoadsOnly    = "loads_only"    // bool
	VarWantFollow   = "want_follow"   // bool
	VarDropsTotal   = "drops_total"   // uint64, written by the programs
	VarReaderSleeps = "reader_sleeps" // uint32, written by both
	VarCountFrom    = "count_from"    // uint64, set once all is attached
	VarFollowing    = "following"     // Following, written by both
	VarCountUntil   = "count_until"   // uint64, set before anything is detached
)

// Names of the programs that are not always loaded, or not attached.
const (
	ProgSnapshot      = "snapshot"
	ProgExitOld       = "sched_process_exit_old"
	ProgExit          = "sched_process_exit"
	ProgMarkVictim    = "mark_victim"
	ProgMarkVictimOld = "mark_victim_old"
	ProgSysEnter      = "sys_enter"
	ProgSysExit       = "sys_exit"
	ProgShowSender    = "show_sender"
	ProgShowMaker     = "show_maker"
	ProgFree          = "sched_process_free"
)

// MaxRecord is the size of the largest record but for the bytes of an exec's
// arguments, of which VarMaxBlob bounds the number.
const MaxRecord = sizeExecLarge

// Spec returns the programs and maps as compiled for this architecture.
func Spec() (*ebpf.CollectionSpec, error) {
	spec, err := loadProbes()
	if err != nil {
		return nil, fmt.Errorf("bpf object: %w", err)
	}
	return spec, nil
}

// ProcessKey is a process by its identity, as MapParts has it.
type ProcessKey = probesProcessKey

// Part is what a process is to those who are followed, a bit of enum part.
type Part = probesPart

// The parts that the reader gives.
const (
	PartFollowed = probesPartPART_FOLLOWED
	PartMaker    = probesPartPART_MAKER
	PartMember   = probesPartPART_MEMBER
)

// Following says whether those who are not followed are left out.
type Following = probesFollowState

// Nobody is left out before FollowingOn nor from FollowingEnded on.
const (
	FollowingOn    = probesFollowStateFOLLOWING_ON
	FollowingEnded = probesFollowStateFOLLOWING_ENDED
)

// Counters is what the programs counted on one CPU, or summed over all.
type Counters = probesCounters

// Kind names one kind of record in Counters.
type Kind = probesRecKind

// The kinds of record. Kinds is one more than the last; the first is 1.
const (
	KindFork         = probesRecKindREC_FORK
	KindExec         = probesRecKindREC_EXEC
	KindExit         = probesRecKindREC_EXIT
	KindSignal       = probesRecKindREC_SIGNAL
	KindRename       = probesRecKindREC_RENAME
	KindCgroupAttach = probesRecKindREC_CGROUP_ATTACH
	KindCgroupMkdir  = probesRecKindREC_CGROUP_MKDIR
	KindCgroupRmdir  = probesRecKindREC_CGROUP_RMDIR
	KindOOM          = probesRecKindREC_OOM
	KindThreadStart  = probesRecKindREC_THREAD_START
	KindThreadExit   = probesRecKindREC_THREAD_EXIT
	KindSyscall      = probesRecKindREC_SYSCALL
	KindSnapshot     = probesRecKindREC_SNAPSHOT
	KindShown        = probesRecKindREC_SHOWN

	Kinds = int(probesRecKindREC_KINDS)
)
