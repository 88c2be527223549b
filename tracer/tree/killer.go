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

// killerOf says who sent the signal that ended p, nil when that was not seen. It
// is valid until the next call.
func (m *Model) killerOf(p *Process, signal int32) *events.Killer {
	if signal == 0 {
		return nil
	}
	i := slices.IndexFunc(p.signals, func(r received) bool { return r.signal == signal })
	if i < 0 {
		return nil
	}
	r := p.signals[i]
	k := &m.killer
	k.Origin, k.Signal, k.Sender = r.origin, signal, r.sender
	k.ParentDeath, k.Code, k.Why = r.pdeath, r.code, ""
	k.SenderTID, k.SenderLives = r.tid, r.lives
	if r.origin == events.OriginKernel && signal == sigSys && r.code == sysSeccomp {
		k.Why = events.WhySeccomp
	}
	fromKernel := r.origin == events.OriginKernel || r.origin == events.OriginUnknown
	switch {
	case signal == sigKill && p.oom && fromKernel:
		k.Origin = events.OriginOOM
	case r.origin == events.OriginPidnsReap && p.reapedIn != nil:
		k.Sender = p.reapedIn.initRef()
		k.SenderTID = k.Sender.Key.PID
	}
	// A fault is raised in the process's own name: nobody sent it.
	k.SenderChain = k.SenderChain[:0]
	if k.Sender.Key != p.Key && !k.Sender.IsZero() {
		k.SenderChain = m.appendAncestors(k.SenderChain, m.procs[k.Sender.Key])
	}
	k.Preceded = k.Preceded[:0]
	for _, prior := range p.priors {
		if prior.Signal != signal {
			k.Preceded = append(k.Preceded, prior)
		}
	}
	return k
}

// appendAncestors appends a sender's ancestors up to the first process of another
// container or the host's init.
func (m *Model) appendAncestors(chain []events.Ref, sender *Process) []events.Ref {
	if sender == nil {
		return chain
	}
	home := containerID(sender)
	for p, ok := sender.Parent(); ok && len(chain) < maxSenderChain; p, ok = p.Parent() {
		chain = append(chain, p.Ref())
		if p.Key.PID == 1 || containerID(p) != home {
			break
		}
	}
	return chain
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
	return &c
}
