//go:build linux

package bpf

import (
	"math/bits"

	"github.com/ptrace-ns/ptrace-ns/events"
)

func (d *Decoder) setJob(r *probesSnapshotRec) {
	j := &r.Job
	d.job = events.Job{PGID: j.Pgid, SID: j.Sid, TPGID: j.Tpgid, TTY: d.tty(j.Tty[:]), State: d.jobState(r)}
	if j.CpuCut == 0 {
		d.job.HasCPU, d.job.CPUNS = true, j.CpuNs
	}
	if j.Ptracer.Tgid != 0 {
		d.job.Ptracer = d.ref(&j.Ptracer)
	}
	d.ev.Process.Job = &d.job
}

// tty gives a terminal the name that it has below /dev: the kernel's is the same,
// but for pts0, whose number is a file in the directory pts.
func (d *Decoder) tty(raw []byte) string {
	const dir = "pts"
	name := untilNUL(raw)
	if len(name) > len(dir) && string(name[:len(dir)]) == dir {
		d.path = append(append(d.path[:0], dir+"/"...), name[len(dir):]...)
		name = d.path
	}
	return d.names.get(name)
}

// Bits of __state and exit_state (include/linux/sched.h).
const (
	taskUninterruptible = 0x2
	taskReport          = 0x7f // those that have a letter
	taskNoLoad          = 0x400
	taskRTLockWait      = 0x1000
	taskFrozen          = 0x8000
	taskIdle            = taskUninterruptible | taskNoLoad
)

// stateLetter is task_state_to_char (include/linux/sched.h).
func stateLetter(state uint32) byte {
	switch {
	case state&taskIdle == taskIdle:
		return 'I'
	case state&(taskRTLockWait|taskFrozen) != 0:
		return 'D'
	}
	return "RSDTtXZP"[bits.Len32(state&taskReport)]
}

// niceZero is the static_prio of nice 0 (DEFAULT_PRIO, include/linux/sched/prio.h).
const niceZero = 120

// jobState is the STAT column of ps: the letter, and the marks in its order.
func (d *Decoder) jobState(r *probesSnapshotRec) string {
	j := &r.Job
	state := append(d.path[:0], stateLetter(j.State))
	for _, mark := range []struct {
		sign byte
		is   bool
	}{
		{'<', j.StaticPrio < niceZero},
		{'N', j.StaticPrio > niceZero},
		{'L', j.Locked != 0},
		{'s', j.Sid != 0 && uint32(j.Sid) == r.Task.Tgid},
		{'l', r.Threads > 1},
		{'+', j.Tpgid != 0 && j.Tpgid == j.Pgid},
	} {
		if mark.is {
			state = append(state, mark.sign)
		}
	}
	d.path = state
	return d.names.get(state)
}
