//go:build linux

package bpf

import "github.com/ptrace-ns/ptrace-ns/events"

const sigKill = 9

// many is SIG_MANY of event.h.
const many = 255

func (d *Decoder) decodeSignal(raw []byte) error {
	r, err := viewWithChain[probesSignalRec](d, raw)
	if err != nil {
		return err
	}
	d.setCore(&r.Task)
	d.signal = events.SignalDetail{
		Signal:       r.Sig,
		Sender:       d.ref(&r.Sender),
		SenderTID:    int32(r.Sender.Tid),
		Origin:       originOf(r),
		Code:         r.Code,
		Result:       events.SignalResult(r.Result),
		TargetIsInit: has(r.Flags, probesSignalFlagSIG_TARGET_INIT),
		Unasked:      !has(r.Flags, probesSignalFlagSIG_ASKED),
		Group:        has(r.Flags, probesSignalFlagSIG_GROUP),
		ParentDeath:  has(r.Flags, probesSignalFlagSIG_PDEATH),
		SenderLives:  has(r.Flags, probesSignalFlagSIG_SENDER_LIVES),
		Deadly:       has(r.Flags, probesSignalFlagSIG_DEADLY),
		Ending:       has(r.Flags, probesSignalFlagSIG_ENDING),
		Taken:        has(r.Flags, probesSignalFlagSIG_TAKEN),
		Traced:       has(r.Flags, probesSignalFlagSIG_TRACED),
		SIPID:        r.SiPid,
		Own:          waiting(r.Own),
		Shared:       waiting(r.Shared),
		NSID:         events.NSID{Inum: r.NsInum, ID: r.NsId},
	}
	d.ev.Kind, d.ev.Signal = events.Signal, &d.signal
	return nil
}

func waiting(n uint8) events.Waiting {
	if n == many {
		return events.ManyWait
	}
	return events.Waiting(n)
}

// originOf tells who really sent a signal. What the kernel sends has no siginfo
// but one of two constants: SEND_SIG_PRIV for its own, SEND_SIG_NOINFO for what
// cgroup.kill (kernel/cgroup/cgroup.c: __cgroup_kill) and a parent's death
// (kernel/exit.c: reparent_leader) send.
func originOf(r *probesSignalRec) events.Origin {
	switch {
	case has(r.Flags, probesSignalFlagSIG_ZAP):
		return events.OriginPidnsReap
	case has(r.Flags, probesSignalFlagSIG_PRIV):
		if r.Sig == sigKill && has(r.Flags, probesSignalFlagSIG_TARGET_OOM) {
			return events.OriginOOM
		}
		return events.OriginKernel
	case has(r.Flags, probesSignalFlagSIG_NOINFO):
		if r.Sig == sigKill && !has(r.Flags, probesSignalFlagSIG_PDEATH) {
			return events.OriginCgroupKill
		}
		return events.OriginKernel
	case fromUser(r.Code) || has(r.Flags, probesSignalFlagSIG_SAID):
		return events.OriginUser
	default:
		return events.OriginKernel
	}
}

// fromUser reports whether the si_code is one that a process gives by kill,
// tgkill or sigqueue. Those of timers, message queues and asynchronous I/O are
// negative, too, but raised by the kernel (include/uapi/asm-generic/siginfo.h), unless
// sigqueue said so.
func fromUser(code int32) bool {
	switch code {
	case -2, -3, -4, -5, -60: // SI_TIMER, SI_MESGQ, SI_ASYNCIO, SI_SIGIO, SI_ASYNCNL
		return false
	}
	return code <= 0
}
