package tree

import (
	"cmp"
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

const (
	// keptPriors is how many kinds of signals that a process outlived are remembered.
	keptPriors = 4
	// maxWaiting is how many signals of one number may end a process: those beyond can
	// only be of real time, or of a crowd of threads.
	maxWaiting = 8
)

// queue puts a signal among those that may end the process. The kernel keeps a standard
// signal once in a queue (legacy_queue, kernel/signal.c), so that one that is queued anew
// says that the one before was taken; of real-time signals, and of the two queues, the
// record says whether others wait. looked is the thread whose own queue it looked at.
func (b *inbox) queue(r received, d *events.SignalDetail, looked int32) {
	if i := b.first(r.signal); i >= 0 && b.waiting[i].ending {
		return // the process is on its way out
	}
	behind, beside := d.Behind, d.Beside // and nobody saw it sent
	before := 0
	// One that is recorded only as long as no handler stands may have come meanwhile.
	unseen := d.Unasked && !among(asksToEnd, d.Signal) && d.Signal < realTime
	b.waiting = slices.DeleteFunc(b.waiting, func(w received) bool {
		if w.signal != r.signal {
			return false
		}
		waits := true // as far as is known
		switch {
		case r.ending:
			waits = false
		case w.queue == r.queue:
			waits, behind = d.Behind, behind && unseen
			before++
		case r.queue != 0 && w.queue == 0, r.queue == 0 && w.queue == looked:
			waits, beside = d.Beside, beside && unseen
		}
		if !waits {
			b.outlive(&w, events.SignalDelivered)
		}
		return !waits
	})
	if before > 1 || unseen && (behind || beside && r.queue == 0) {
		r.deadly = false // one of them waits, and which is not said
	}
	if !r.ending && behind {
		b.waiting = append(b.waiting, received{signal: r.signal, queue: r.queue})
	}
	if !r.ending && beside {
		other := received{signal: r.signal}
		if r.queue == 0 {
			other.queue = looked
		}
		b.waiting = append(b.waiting, other)
	}
	b.waiting = append(b.waiting, r)
	b.bound(r.signal)
}

// first returns the index of the first signal of that number that waits, or -1.
func (b *inbox) first(signal int32) int {
	return slices.IndexFunc(b.waiting, func(w received) bool { return w.signal == signal })
}

// bound forgets who sent the oldest of too many.
func (b *inbox) bound(signal int32) {
	n := 0
	for i := range b.waiting {
		if b.waiting[i].signal == signal {
			n++
		}
	}
	if n <= maxWaiting {
		return
	}
	oldest := b.first(signal)
	b.waiting = slices.Delete(b.waiting, oldest, oldest+1)
	next := &b.waiting[b.first(signal)]
	*next = received{signal: signal, queue: next.queue} // stands for both
}

// enders takes out what may have ended the process: those of that number, in the order in
// which one thread takes them, a thread's own before the group's (dequeue_signal). It is
// certain when the first of them did: the end began with it, or they came while the default
// action stood, which the first is then the first to meet. Where other threads could take
// one of several queues it is not.
func (b *inbox) enders(signal int32, threads uint32) (all []received, certain bool) {
	b.waiting = slices.DeleteFunc(b.waiting, func(w received) bool {
		if w.signal == signal {
			all = append(all, w)
		}
		return w.signal == signal
	})
	if len(all) < 2 {
		return all, true
	}
	certain = all[len(all)-1].deadly
	for i := range all {
		certain = certain && (threads == 1 || all[i].queue == all[0].queue)
	}
	slices.SortStableFunc(all, func(a, b received) int {
		return cmp.Compare(min(b.queue, 1), min(a.queue, 1))
	})
	return all, certain
}

// outlive remembers a signal that did not end the process. Equal ones are one, whoever
// sent them last; of those that ask to end each sender is kept, and they go last.
func (b *inbox) outlive(r *received, result events.SignalResult) {
	if !r.told {
		return
	}
	asks := among(asksToEnd, r.signal)
	i := slices.IndexFunc(b.priors, func(s events.PriorSignal) bool {
		return s.Signal == r.signal && s.Result == result && (!asks || s.Sender.Key == r.sender.Key)
	})
	now := events.PriorSignal{Signal: r.signal, Result: result, Sender: r.sender, BootNS: r.atNS}
	if i >= 0 {
		if before := b.priors[i]; before.BootNS > now.BootNS { // one that waited until now
			now.Sender, now.BootNS = before.Sender, before.BootNS
		}
		now.Count = max(b.priors[i].Count, 1) + 1
		b.priors = slices.Delete(b.priors, i, i+1)
	}
	if len(b.priors) == keptPriors {
		i = slices.IndexFunc(b.priors, func(s events.PriorSignal) bool { return !among(asksToEnd, s.Signal) })
		if i < 0 && !asks {
			b.dropped++
			return
		}
		i = max(i, 0)
		b.dropped += max(b.priors[i].Count, 1)
		b.priors = slices.Delete(b.priors, i, i+1)
	}
	b.priors = append(b.priors, now)
}

// story returns all that came before the end, oldest first.
func (b *inbox) story() []events.PriorSignal {
	for i := range b.waiting {
		b.outlive(&b.waiting[i], events.SignalDelivered)
	}
	b.waiting = b.waiting[:0]
	slices.SortStableFunc(b.priors, func(a, b events.PriorSignal) int { return cmp.Compare(a.BootNS, b.BootNS) })
	return b.priors
}

// empty forgets all but the memory.
func (b *inbox) empty() {
	if b != nil {
		clear(b.waiting)
		clear(b.priors)
		b.waiting, b.priors, b.dropped = b.waiting[:0], b.priors[:0], 0
	}
}
