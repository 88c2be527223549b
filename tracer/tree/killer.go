package tree

import (
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// maxSenderChain bounds how far a sender's ancestors are told.
const maxSenderChain = 64

// SIGSYS with SYS_SECCOMP is what a filter sends (include/uapi/asm-generic/siginfo.h).
const (
	sigSys     = 31
	sysSeccomp = 1
)

// killerOf says who sent the signal that ended p, which had that many threads, nil
// when that was not seen. It is valid until the next call.
func (m *Model) killerOf(p *Process, signal int32, threads uint32) *events.Killer {
	if signal == 0 || p.few().inbox == nil {
		return nil
	}
	k := &m.killer
	*k = events.Killer{Signal: signal, SenderChain: k.SenderChain[:0], OneOf: k.OneOf[:0], Preceded: k.Preceded[:0]}
	b := m.inboxOf(p)
	enders, certain := b.enders(signal, threads)
	switch {
	case len(enders) == 0:
		return nil
	case certain || oneSender(enders):
		if enders[0].stranger {
			return nil
		}
		m.blame(k, p, &enders[0])
		for i := range enders[1:] {
			b.outlive(&enders[1+i], events.SignalDelivered)
		}
	case !m.suspect(k, enders):
		return nil
	}
	k.Preceded = append(k.Preceded, b.story()...)
	k.MorePreceded = b.dropped
	return k
}

// oneSender reports whether all came from one process.
func oneSender(all []received) bool {
	return !slices.ContainsFunc(all, func(r received) bool {
		return r.stranger || r.origin != all[0].origin || r.sender.Key != all[0].sender.Key
	})
}

// blame says that this signal ended p.
func (m *Model) blame(k *events.Killer, p *Process, r *received) {
	k.Origin, k.Sender, k.Code = r.origin, r.sender, r.code
	k.ParentDeath, k.SenderTID, k.SenderLives = r.pdeath, r.tid, r.lives
	if r.origin == events.OriginKernel && r.signal == sigSys && r.code == sysSeccomp {
		k.Why = events.WhySeccomp
	}
	fromKernel := r.origin == events.OriginKernel || r.origin == events.OriginUnknown
	switch {
	case r.signal == sigKill && p.oom && fromKernel:
		k.Origin = events.OriginOOM
	case r.origin == events.OriginPidnsReap && p.few().reapedIn != nil:
		k.Sender = p.seldom.reapedIn.initRef()
		k.SenderTID = k.Sender.Key.PID
	}
	// A fault is raised in the process's own name: nobody sent it.
	if k.Sender.Key != p.Key && !k.Sender.IsZero() {
		k.SenderChain, k.SenderChainCut = m.appendAncestors(k.SenderChain, m.find(k.Sender.Key))
	}
}

// suspect says that one of several signals did it, unless it can be one that nobody sent
// or that was not seen.
func (m *Model) suspect(k *events.Killer, enders []received) bool {
	k.Origin, k.Code = enders[0].origin, enders[0].code
	for _, r := range enders {
		if r.sender.IsZero() {
			return false
		}
		if r.origin != k.Origin {
			k.Origin = events.OriginUnknown
		}
		if r.code != k.Code {
			k.Code = 0
		}
		if !slices.Contains(k.OneOf, r.sender) {
			k.OneOf = append(k.OneOf, r.sender)
		}
	}
	return true
}

// appendAncestors appends a sender's ancestors up to the first process of another
// container or the host's init. It is cut where there are others, above whom nobody knows
// or who are too many.
func (m *Model) appendAncestors(chain []events.Ref, sender *Process) (line []events.Ref, cut bool) {
	if sender == nil || sender.Key.PID == 1 {
		return chain, sender == nil
	}
	home := containerID(sender)
	for p := sender; ; {
		above, ok := p.Parent()
		if !ok {
			return chain, !p.Kthread // PID 2 has none
		}
		if len(chain) == maxSenderChain {
			return chain, true
		}
		chain = append(chain, above.Ref())
		if above.Key.PID == 1 || containerID(above) != home {
			return chain, false
		}
		p = above
	}
}

func containerID(p *Process) string {
	if p.Container == nil {
		return ""
	}
	return p.Container.ID
}

func cloneKiller(k *events.Killer) *events.Killer {
	if k == nil {
		return nil
	}
	c := *k
	c.SenderChain, c.Preceded = slices.Clone(k.SenderChain), slices.Clone(k.Preceded)
	c.OneOf = slices.Clone(k.OneOf)
	return &c
}
