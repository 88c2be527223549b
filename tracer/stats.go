//go:build linux

package tracer

import (
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/ptrace-ns/ptrace-ns/bpf"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// Count is where the records of one kind went.
type Count struct {
	Emitted  uint64 // tried in the kernel
	Received uint64 // read from the ring
	Dropped  uint64 // found no room in the ring
	Missed   uint64 // a program was not even begun: it ran already on that CPU
	// Filtered is how many were not even tried: of processes that Options.Follow leaves
	// out. A signal is counted before it is known whether it would have been recorded.
	Filtered uint64
}

// Stats is what was counted since Open.
type Stats struct {
	ByKind map[events.Kind]Count
	// Bytes is the room that the received records took in the ring, by kind, without
	// the 8 bytes that the ring puts before each.
	Bytes map[events.Kind]uint64
	// DroppedByCPU is how many records of all kinds found no room, by CPU.
	DroppedByCPU []uint64
	// Process births, counted by two tracepoints that do not know of each other.
	BirthsNewtask, BirthsFork uint64
}

// Check returns an error when records are neither told nor counted as lost.
func (s Stats) Check() error {
	for kind, c := range s.ByKind {
		if c.Emitted != c.Received+c.Dropped {
			return fmt.Errorf("%s: %d emitted, but %d received and %d dropped", kind, c.Emitted, c.Received, c.Dropped)
		}
	}
	if s.BirthsNewtask != s.BirthsFork {
		return fmt.Errorf("births: %d by task_newtask, %d by sched_process_fork", s.BirthsNewtask, s.BirthsFork)
	}
	return nil
}

// kindOf gives each kind of record the event that it becomes.
var kindOf = [bpf.Kinds]events.Kind{
	bpf.KindFork: events.Fork, bpf.KindExec: events.Exec, bpf.KindExit: events.Exit,
	bpf.KindSignal: events.Signal, bpf.KindRename: events.Rename,
	bpf.KindCgroupAttach: events.CgroupMove, bpf.KindCgroupMkdir: events.CgroupMkdir,
	bpf.KindCgroupRmdir: events.CgroupRmdir, bpf.KindOOM: events.OOM,
	bpf.KindThreadStart: events.ThreadStart, bpf.KindThreadExit: events.ThreadExit,
	bpf.KindSyscall: events.Unshare,
	bpf.KindShown:   events.Signal, // mostly it comes before one
}

// programKind is the kind that is lost when the program is not run.
var programKind = map[string]events.Kind{
	"task_newtask": events.Fork, "sched_process_exec": events.Exec,
	bpf.ProgExit: events.Exit, bpf.ProgExitOld: events.Exit,
	"signal_generate": events.Signal, bpf.ProgShowSender: events.Signal, bpf.ProgShowMaker: events.Signal, "signal_deliver": events.Signal, "task_rename": events.Rename,
	"cgroup_attach_task": events.CgroupMove, "cgroup_mkdir": events.CgroupMkdir,
	"cgroup_rmdir":     events.CgroupRmdir,
	bpf.ProgSysExit:    events.Unshare,
	bpf.ProgMarkVictim: events.OOM, bpf.ProgMarkVictimOld: events.OOM,
}

// tally is the reader's side of the counts.
type tally struct {
	received [bpf.Kinds]uint64
	bytes    [bpf.Kinds]uint64
	told     [bpf.Kinds]uint64 // drops that a lost event told of
	toldSum  uint64
	passed   uint32 // the drops before the latest record, low half
}

// gapTold reports whether all drops before a record have been told. The record
// has the low half of the count; what was told may run ahead of it.
func (t *tally) gapTold(drops uint32) bool {
	return int32(drops-uint32(t.toldSum)) <= 0
}

// tell returns the drops not told yet, and remembers them as told; nil for none.
func (t *tally) tell(dropped [bpf.Kinds]uint64) *events.LostDetail {
	detail := &events.LostDetail{ByKind: map[events.Kind]uint64{}}
	for kind, n := range dropped {
		if more := n - t.told[kind]; more > 0 {
			detail.ByKind[kindOf[kind]] += more
			detail.Count += more
		}
	}
	if detail.Count == 0 {
		return nil
	}
	t.told = dropped
	t.toldSum += detail.Count
	return detail
}

// counters reads the programs' counts, one entry a possible CPU.
func (k *Kernel) counters() ([]bpf.Counters, error) {
	var perCPU []bpf.Counters
	if err := k.obj.maps.Maps[bpf.MapCounts].Lookup(uint32(0), &perCPU); err != nil {
		return nil, fmt.Errorf("event counts: %w", err)
	}
	return perCPU, nil
}

func (k *Kernel) dropped() (sum [bpf.Kinds]uint64, err error) {
	perCPU, err := k.counters()
	for _, c := range perCPU {
		for kind := range sum {
			sum[kind] += c.Dropped[kind]
		}
	}
	return sum, err
}

// Stats returns the counts up to now.
func (k *Kernel) Stats() (Stats, error) {
	perCPU, err := k.counters()
	if err != nil {
		return Stats{}, err
	}
	s := sumOf(perCPU)
	for kind := 1; kind < bpf.Kinds; kind++ {
		sum := s.ByKind[kindOf[kind]]
		sum.Received += k.count.received[kind]
		s.Bytes[kindOf[kind]] += k.count.bytes[kind]
		s.ByKind[kindOf[kind]] = sum
	}
	s.BirthsNewtask -= k.birthBase.newtask
	s.BirthsFork -= k.birthBase.fork
	delete(s.ByKind, events.KindUnknown)
	return s, k.addMisses(&s)
}

// sumOf adds up what the programs counted on each possible CPU.
func sumOf(perCPU []bpf.Counters) Stats {
	s := Stats{
		ByKind: map[events.Kind]Count{}, Bytes: map[events.Kind]uint64{},
		DroppedByCPU: make([]uint64, len(perCPU)),
	}
	for cpu, c := range perCPU {
		for kind := 1; kind < bpf.Kinds; kind++ {
			sum := s.ByKind[kindOf[kind]]
			sum.Emitted += c.Tried[kind]
			sum.Dropped += c.Dropped[kind]
			sum.Filtered += c.Filtered[kind]
			s.ByKind[kindOf[kind]] = sum
			s.DroppedByCPU[cpu] += c.Dropped[kind]
		}
		s.BirthsNewtask += c.BirthsNewtask
		s.BirthsFork += c.BirthsFork
	}
	return s
}

// addMisses adds what the recursion guard kept from running at all
// (bpf_prog_info.recursion_misses).
func (k *Kernel) addMisses(s *Stats) error {
	for name, kind := range programKind {
		prog := k.obj.program(name)
		if prog == nil {
			continue
		}
		misses, err := recursionMisses(prog)
		if err != nil {
			return err
		}
		c := s.ByKind[kind]
		c.Missed += misses
		s.ByKind[kind] = c
	}
	return nil
}

func recursionMisses(prog *ebpf.Program) (uint64, error) {
	stats, err := prog.Stats()
	if err != nil {
		return 0, fmt.Errorf("program statistics: %w", err)
	}
	return stats.RecursionMisses, nil
}
