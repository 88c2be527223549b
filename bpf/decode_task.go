//go:build linux

package bpf

import (
	"runtime"

	"github.com/ptrace-ns/ptrace-ns/events"
)

func (d *Decoder) decodeFork(raw []byte) error {
	r, err := viewWithChain[probesForkRec](d, raw)
	if err != nil {
		return err
	}
	d.setCore(&r.Task)
	d.setFull(&r.Full)
	d.fork = events.ForkDetail{
		Creator:      d.ref(&r.Creator),
		CreatorTID:   int32(r.Creator.Tid),
		CreatorNS:    events.NSID{Inum: r.CreatorNsInum, ID: r.CreatorNsId},
		CreatorLevel: int(r.CreatorLevel),
		Flags:        r.CloneFlags,
		ExitSignal:   max(r.ExitSignal, 0), // the kernel marks threads with -1
		Syscall:      cloneSyscall(r.SyscallNr),
	}
	d.ev.Kind = events.Fork
	if Kind(r.Hdr.Kind) == probesRecKindREC_THREAD_START {
		d.ev.Kind = events.ThreadStart
		d.ev.Process.Full = false
	}
	d.ev.Fork = &d.fork
	return nil
}

// cloneSyscall names the system call by its number on this architecture
// (arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h).
func cloneSyscall(nr int32) string {
	if nr == 435 {
		return "clone3"
	}
	switch runtime.GOARCH {
	case "amd64":
		switch nr {
		case 56:
			return "clone"
		case 57:
			return "fork"
		case 58:
			return "vfork"
		}
	case "arm64":
		if nr == 220 {
			return "clone"
		}
	}
	return ""
}

// statusOf splits a wait status (wait(2): code in the second byte, signal in the
// low seven bits, 0x80 for a core).
func statusOf(code uint32) events.ExitStatus {
	sig := int32(code & 0x7f)
	if sig != 0 {
		return events.ExitStatus{Signal: sig, Core: code&0x80 != 0}
	}
	return events.ExitStatus{Code: int(code>>8) & 0xff}
}

func (d *Decoder) decodeExit(raw []byte) error {
	r, err := viewWithChain[probesExitRec](d, raw)
	if err != nil {
		return err
	}
	d.setCore(&r.Task)
	d.ev.Process.Zombie = false // it is the event that says so
	d.exit = events.ExitDetail{Status: statusOf(r.Code)}
	d.ev.Exit = &d.exit
	if Kind(r.Hdr.Kind) == probesRecKindREC_THREAD_EXIT {
		d.ev.Kind = events.ThreadExit
		return nil
	}
	d.ev.Kind = events.Exit
	d.ev.Process.TID = d.ev.Process.Key.PID
	d.exit.LifetimeNS = r.Hdr.Time - r.Task.Start
	d.exit.Threads = 1 + r.ThreadsBorn
	d.exit.Reaper, d.exit.ReaperReason = d.reaper(r)
	if status := d.exit.Status; r.Seccomp != 0 && status.Signal != 0 {
		d.killer = events.Killer{Origin: events.OriginKernel, Signal: status.Signal, Why: events.WhySeccomp}
		d.exit.Killer = &d.killer
	}
	return nil
}

// reaper chooses as find_new_reaper (kernel/exit.c) does: the subreaper, else the
// namespace's child reaper.
func (d *Decoder) reaper(r *probesExitRec) (events.Ref, events.ReparentReason) {
	switch {
	case r.Subreaper.Tgid != 0:
		return d.ref(&r.Subreaper), events.ReparentSubreaper
	case r.WalkCut != 0 || r.Init.Tgid == 0:
		return events.Ref{}, events.ReparentUnknown
	case r.Hdr.Levels > 1:
		return d.ref(&r.Init), events.ReparentPidnsInit
	default:
		return d.ref(&r.Init), events.ReparentInit
	}
}

func (d *Decoder) decodeRename(raw []byte) error {
	r, err := viewWithChain[probesRenameRec](d, raw)
	if err != nil {
		return err
	}
	d.setCore(&r.Task)
	d.rename = events.RenameDetail{OldComm: d.ev.Process.Comm, InExec: r.InExec != 0}
	d.ev.Process.Comm = d.names.comm(&r.NewComm)
	d.ev.Kind, d.ev.Rename = events.Rename, &d.rename
	return nil
}

func (d *Decoder) decodeOOM(raw []byte) error {
	r, err := viewWithChain[probesOomRec](d, raw)
	if err != nil {
		return err
	}
	d.setCore(&r.Task)
	d.ev.Kind = events.OOM
	return nil
}

func (d *Decoder) decodeSnapshot(raw []byte) error {
	r, err := viewWithChain[probesSnapshotRec](d, raw)
	if err != nil {
		return err
	}
	d.setCore(&r.Task)
	d.setFull(&r.Full)
	d.ev.Kind = events.Snapshot
	d.ev.Process.Threads = r.Threads
	d.setJob(r)
	if d.ev.Process.Zombie {
		d.exit = events.ExitDetail{Status: statusOf(r.ExitCode)}
		d.ev.Exit = &d.exit
	}
	return nil
}

func (d *Decoder) decodeShown(raw []byte) error {
	r, err := viewWithChain[probesShownRec](d, raw)
	if err != nil {
		return err
	}
	d.setCore(&r.Task)
	d.setFull(&r.Full)
	d.ev.Kind = events.Shown
	return nil
}
