package phases

import (
	"math"
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// deadly are the signals that are sent to end somebody: INT, QUIT, ABRT, KILL, TERM, and PWR
// and RTMIN+3, by which the inits of lxc-stop(1) and systemd(1) shut down. SIGHUP has
// services read their configuration again.
var deadly = []int32{2, 3, 6, 9, 15, 30, 37}

// noEnd is a point after all streams.
const noEnd = math.MaxUint64

// turn is where in the stream the container's end begins. The requests, kills and signals
// before it are the run's, since the container lived on.
//
// It begins with the last client that asked for the end, or with one before who still
// waited then; else with the first signal that is sent to end somebody, or the last of the
// number that the exit has: HUP ends some. What ends by itself does so at its exit.
func (p *play) turn() uint64 {
	exit := p.init.exit
	from := p.lastAsked()
	if exit == nil {
		return from
	}
	if from == noEnd {
		from = p.firstSent(exit)
	}
	return min(from, exit.Seq)
}

// lastAsked is where the unbroken row of clients begins that asked for the end.
func (p *play) lastAsked() uint64 {
	from := uint64(noEnd)
	for _, l := range slices.Backward(p.who[stopper]) {
		at := l.launched(roleOf(l, stopper))
		refused := l.exit != nil && l.exit.Exit != nil && l.exit.Exit.Status.Code == 1
		if at == nil || refused {
			continue
		}
		// Of a container that lives on nobody who has returned asked for the end.
		waited := l.exit == nil || from != noEnd && l.exit.Seq >= from
		if waited || from == noEnd && p.init.exit != nil {
			from = min(from, at.Seq)
		}
	}
	return from
}

// firstSent is where the first signal comes that is to end it, or the runtime is called to
// send it.
func (p *play) firstSent(exit *events.Event) uint64 {
	from, ended := uint64(noEnd), endedBy(exit)
	called := map[events.ProcKey]uint64{}
	for _, l := range p.who[beside] {
		image := l.image(roleRuntime)
		c, at := commandOf(image, roleRuntime), l.launched(roleRuntime)
		if c.verb != "kill" || at == nil {
			continue
		}
		called[l.key] = at.Seq
		if image.Args.Status == events.Complete && slices.Contains(deadly, c.sends()) {
			from = min(from, at.Seq)
		}
	}
	var last uint64
	for _, ev := range p.signals(p.init) {
		at, byRuntime := called[ev.Signal.Sender.Key]
		if !byRuntime {
			at = ev.Seq
		}
		if slices.Contains(deadly, ev.Signal.Signal) {
			from = min(from, at)
		}
		if ev.Signal.Signal == ended {
			last = at
		}
	}
	if last != 0 {
		from = min(from, last)
	}
	return from
}

// endedBy is the signal that an exit is by: the one that killed, or the one of which a
// shell or an init such as tini tells by 128 and its number (sh(1posix), tini(1)).
func endedBy(exit *events.Event) int32 {
	if exit.Exit == nil {
		return 0
	}
	status := exit.Exit.Status
	if status.Signal == 0 && status.Code > 128 {
		return int32(status.Code - 128)
	}
	return int32(status.Signal)
}
