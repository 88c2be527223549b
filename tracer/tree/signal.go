package tree

import "github.com/ptrace-ns/ptrace-ns/events"

// sigKill is SIGKILL: it cannot be caught, so the first that is delivered kills.
const sigKill = 9

// received is the latest delivered signal of one number.
type received struct {
	signal int32
	origin events.Origin
	sender events.Ref
	code   int32
	pdeath bool
	tid    int32 // of the sender
	lives  bool  // the sender does, though it is its thread's end
}

func (m *Model) signal(ev *events.Event) {
	p := m.subject(ev)
	d := ev.Signal
	if d == nil || !d.Unasked {
		m.complete(ev, p)
		m.say(ev)
	}
	m.observe(p, ev)
	if p != nil && d != nil {
		m.survive(p, ev)
	}
	if p == nil || d == nil || d.Result != events.SignalDelivered && d.Result != events.SignalLoseInfo {
		return
	}
	if p.State == Live {
		m.receive(p, d)
	}
	if d.Origin == events.OriginPidnsReap {
		m.reaped(p, d)
	}
}

// keptPriors is how many signals that a process outlived are remembered.
const keptPriors = 4

// survive remembers a signal from another process, as one that the target may
// outlive; the one that ends it is told apart at its exit.
func (m *Model) survive(p *Process, ev *events.Event) {
	d := ev.Signal
	if p.State != Live || d.Unasked || d.Sender.Key == p.Key ||
		d.Origin != events.OriginUser && d.Origin != events.OriginKernel {
		return
	}
	if len(p.priors) == keptPriors {
		p.priors = append(p.priors[:0], p.priors[1:]...)
	}
	p.priors = append(p.priors, events.PriorSignal{
		Signal: d.Signal, Result: d.Result, Sender: m.keep(d.Sender), BootNS: ev.BootNS,
	})
}

func (m *Model) receive(p *Process, d *events.SignalDetail) {
	r := received{signal: d.Signal, origin: d.Origin, sender: m.keep(d.Sender), code: d.Code, pdeath: d.ParentDeath, tid: d.SenderTID, lives: d.SenderLives}
	if d.Origin == events.OriginKernel && d.Signal != sigKill && d.Sender.Key != p.Key && !d.ParentDeath {
		// A timer or a terminal: whoever was running then has no part in it. SIGKILL the
		// kernel sends on behalf of who is: reboot in a namespace, an allocation.
		r.sender, r.tid = events.Ref{}, 0
	}
	for i := range p.signals {
		if p.signals[i].signal == d.Signal {
			if d.Signal != sigKill {
				p.signals[i] = r
			}
			return
		}
	}
	p.signals = append(p.signals, r)
}

// oom notes that the OOM killer chose the process. The kernel sends SIGKILL just
// before it raises this event, and raises it alone for a victim that is dying
// already (mm/oom_kill.c), so the two are joined only at the exit.
func (m *Model) oom(ev *events.Event) {
	p := m.subject(ev)
	if p != nil && p.State == Live {
		p.oom = true
	}
	m.complete(ev, p)
	m.say(ev)
	m.observe(p, ev)
}
