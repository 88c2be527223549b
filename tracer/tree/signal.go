package tree

import "github.com/ptrace-ns/ptrace-ns/events"

// sigKill is SIGKILL: it cannot be caught, so the first that is delivered kills.
const sigKill = 9

// Bit n-1 stands for signal n. Which end a process by default: signal(7); which are
// what one asks a process with to end: SIGHUP, SIGINT, SIGQUIT and SIGTERM.
const (
	survivable uint64 = 1<<16 | 1<<17 | 1<<18 | 1<<19 | 1<<20 | 1<<21 | 1<<22 | 1<<27
	asksToEnd  uint64 = 1<<0 | 1<<1 | 1<<2 | 1<<14
)

// realTime is the first real-time signal (include/linux/signal.h). Those that are queued are
// recorded whatever signals are asked for, and whoever handles them.
const realTime = 32

func among(set uint64, signal int32) bool { return set>>(signal-1)&1 != 0 }

// si_code by kill and by tgkill (include/uapi/asm-generic/siginfo.h).
const (
	siUser  = 0
	siTkill = -6
)

// received is a signal that was sent to a process.
type received struct {
	signal   int32
	queue    int32 // the thread in whose own queue it waits; 0: in the group's
	origin   events.Origin
	sender   events.Ref
	code     int32
	siPID    int32
	tid      int32 // of the sender
	pdeath   bool
	lives    bool // the sender does, though it is its thread's end
	ending   bool // the target's end began with it
	traced   bool // the target was
	loose    bool // one of real time that is in no list
	stranger bool // one or more that were not seen
	told     bool // it belongs to the story of another end
	atNS     uint64
}

// inbox is what a process was sent that could have ended it.
type inbox struct {
	waiting   []received           // each may end it yet, or does
	met       []received           // one of these ended it, unless an end began before
	ordered   bool                 // met are the thread's own, then the group's
	priors    []events.PriorSignal // those that did not
	dropped   uint32               // how many priors are forgotten
	gap       uint32               // the gaps before it was last looked at
	enderRoom []received           // for what enders returns
}

func (m *Model) signal(ev *events.Event) {
	p := m.subject(ev)
	d := ev.Signal
	if d == nil || !d.Unasked {
		m.complete(ev, p)
		m.say(ev)
	}
	if d == nil || !d.Taken { // of that nothing is told: a recording is to show as much
		m.observe(p, ev)
	}
	if p == nil || d == nil {
		return
	}
	if p.State == Live && !m.recall.on {
		m.receive(p, ev)
	}
	if d.Origin == events.OriginPidnsReap && queued(d.Result) {
		m.reaped(p, d)
	}
}

// queued reports whether a signal was put into a queue.
func queued(r events.SignalResult) bool {
	return r == events.SignalDelivered || r == events.SignalLoseInfo
}

// receive notes a signal: as one that may end the process, or as one that does not.
func (m *Model) receive(p *Process, ev *events.Event) {
	d := ev.Signal
	if d.Signal < 1 || d.Signal > 64 || among(survivable, d.Signal) {
		return
	}
	b := m.inboxOf(p)
	if d.Taken {
		b.meet(d, ev.Process.TID)
		return
	}
	r := received{
		signal: d.Signal, origin: d.Origin, sender: m.keep(d.Sender), code: d.Code, siPID: d.SIPID, tid: d.SenderTID,
		pdeath: d.ParentDeath, lives: d.SenderLives, atNS: ev.BootNS,
		ending: d.Ending || d.Signal == sigKill, traced: d.Traced, told: tellsOfAnother(p, d),
	}
	if !d.Group {
		r.queue = ev.Process.TID
	}
	if d.Result == events.SignalLoseInfo { // what the target is told then (collect_signal)
		r.code, r.siPID, r.loose = siUser, 0, d.Signal >= realTime
	}
	if d.Origin == events.OriginKernel && d.Signal != sigKill && d.Sender.Key != p.Key && !d.ParentDeath {
		// A timer or a terminal: whoever was running then has no part in it. SIGKILL the
		// kernel sends on behalf of who is: reboot in a namespace, an allocation.
		r.sender, r.tid = events.Ref{}, 0
	}
	if putBack(p, d) {
		r.sender, r.tid, r.stranger = events.Ref{}, 0, true
	}
	switch {
	case queued(d.Result):
		b.queue(r, d, ev.Process.TID)
	case !d.Ending: // else it came too late for the story
		b.outlive(&r, d.Result)
	}
}

// inboxOf returns the process's inbox as it is after what was lost.
func (m *Model) inboxOf(p *Process) *inbox {
	s := m.need(p)
	if s.inbox == nil {
		s.inbox = &inbox{gap: m.gap}
	}
	if s.inbox.gap != m.gap {
		s.inbox.miss()
		s.inbox.gap = m.gap
	}
	return s.inbox
}

// putBack reports whether a traced process sends itself a signal in another's name. So does
// the kernel when it is to take one that has been blocked while it was held for its tracer
// (ptrace_signal, kernel/signal.c). Who sent it is not said again.
func putBack(p *Process, d *events.SignalDetail) bool {
	return d.Traced && fromOne(d) && d.Sender.Key == p.Key && d.SIPID != p.own().PID
}

// tellsOfAnother reports whether a signal that does not end the process is told with
// what does: one by somebody else that is recorded whatever signals are asked for.
func tellsOfAnother(p *Process, d *events.SignalDetail) bool {
	return d.Sender.Key != p.Key && (d.Origin == events.OriginUser || d.Origin == events.OriginKernel) &&
		(d.Deadly || d.TargetIsInit || d.Signal == sigKill || among(asksToEnd, d.Signal))
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
