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

// queue puts a signal among those that may end the process. The record counts what waits in
// the group's queue and in that of the thread it looked at: of those known, that many are
// the youngest, for a queue gives out its like in the order in which they came.
func (b *inbox) queue(r received, d *events.SignalDetail, looked int32) {
	if i := b.first(r.signal); i >= 0 && b.waiting[i].ending {
		return // the process is on its way out
	}
	if r.ending {
		b.settle(func(w *received) bool { return w.signal != r.signal })
		b.waiting = append(b.waiting, r)
		return
	}
	b.waiting = append(b.waiting, r)
	if !r.traced {
		b.count(r.signal, looked, d.Own)
		b.count(r.signal, 0, d.Shared)
	}
	b.bound(r.signal)
}

// count takes out those of a queue that wait no longer, and has a stranger stand for those
// that wait and were not seen.
func (b *inbox) count(signal, queue int32, waiting events.Waiting) {
	known := len(b.in(signal, queue))
	if waiting != events.ManyWait && (waiting == 0 || !b.loose(signal, queue)) {
		gone := known - int(waiting)
		b.settle(func(w *received) bool {
			if w.signal == signal && w.queue == queue {
				gone--
			}
			return w.signal != signal || w.queue != queue || gone < 0
		})
	}
	if known < int(waiting) || waiting == events.ManyWait && !slices.ContainsFunc(b.waiting, func(w received) bool {
		return w.signal == signal && w.queue == queue && w.stranger
	}) {
		b.waiting = slices.Insert(b.waiting, 0, received{signal: signal, queue: queue, stranger: true})
	}
}

// in returns those of one queue, oldest first.
func (b *inbox) in(signal, queue int32) (all []received) {
	for _, w := range b.waiting {
		if w.signal == signal && w.queue == queue {
			all = append(all, w)
		}
	}
	return all
}

// loose reports whether one of them is in no list, so that its place is not known.
func (b *inbox) loose(signal, queue int32) bool {
	return slices.ContainsFunc(b.in(signal, queue), func(w received) bool { return w.loose })
}

// settle keeps the signals that wait on, and remembers the others as outlived.
func (b *inbox) settle(keep func(*received) bool) {
	b.waiting = slices.DeleteFunc(b.waiting, func(w received) bool {
		if keep(&w) {
			return false
		}
		b.outlive(&w, events.SignalDelivered)
		return true
	})
}

// meet notes that the thread takes one that waited, which ends the process. It is what that
// thread's or the group's queue gave out last, with what the target is told of it. Which
// queue it was is certain when more wait in the thread's own, which is emptied first
// (dequeue_signal, kernel/signal.c), and at the exit, when there was but one thread.
func (b *inbox) meet(d *events.SignalDetail, looked int32) {
	own, certain := b.taken(d, looked, d.Own)
	group, sure := b.taken(d, 0, d.Shared)
	if d.Own > 0 && !d.Traced {
		group, sure = nil, true
	}
	met := append(own, group...)
	b.waiting = slices.DeleteFunc(b.waiting, func(w received) bool { return slices.Contains(met, w) })
	named := slices.ContainsFunc(met, func(w received) bool { return !w.stranger })
	if fromOne(d) && named { // a stranger is no other, then
		met = slices.DeleteFunc(met, func(w received) bool { return w.stranger })
	}
	if len(met) == 0 {
		met = append(met, received{signal: d.Signal, stranger: true})
	}
	b.ordered = certain && sure && len(b.met) == 0
	b.met = append(b.met, met...) // two threads may each take one
}

// taken returns what the queue may have given out last, of what looks like d, and whether
// it can have been no other: then it is one at most.
func (b *inbox) taken(d *events.SignalDetail, queue int32, waiting events.Waiting) (all []received, certain bool) {
	all = b.in(d.Signal, queue)
	certain = !d.Traced && waiting != events.ManyWait && !b.loose(d.Signal, queue)
	if certain {
		gone := max(len(all)-int(waiting), 0)
		all = all[max(gone-1, 0):gone]
	}
	all = slices.DeleteFunc(all, func(w received) bool {
		return !w.stranger && (w.code != d.Code || w.siPID != d.SIPID)
	})
	return all, certain
}

// fromOne reports whether what the target is told names the one process that sent it.
func fromOne(d *events.SignalDetail) bool {
	return (d.Code == siUser || d.Code == siTkill) && d.SIPID != 0
}

// exec leaves one thread, with its own queue and the group's: that of the leader, whose number
// it has from now on.
func (b *inbox) exec(thread, leader int32) {
	if b == nil {
		return
	}
	b.settle(func(w *received) bool { return w.queue == 0 || w.queue == thread })
	for i := range b.waiting {
		if b.waiting[i].queue != 0 {
			b.waiting[i].queue = leader
		}
	}
}

// miss notes that records were lost. What waited before may have been taken since; what
// began the end did so.
func (b *inbox) miss() {
	b.settle(func(w *received) bool { return w.ending })
	b.met = b.met[:0]
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
	*next = received{signal: signal, queue: next.queue, stranger: true} // stands for both
}

// enders takes out what may have ended the process: the one that its end began with, or what
// it met its end by; the first did, when that is certain. One thread takes its own before the
// group's, so that the group's was the last. They are valid until the next call.
func (b *inbox) enders(signal int32, threads uint32) (all []received, certain bool) {
	all = b.enderRoom[:0]
	defer func() { b.enderRoom = all }()
	if i := b.first(signal); i >= 0 && b.waiting[i].ending {
		all = append(all, b.waiting[i])
		b.waiting = slices.Delete(b.waiting, i, i+1)
		return all, true
	}
	b.met = slices.DeleteFunc(b.met, func(w received) bool {
		if w.signal == signal {
			all = append(all, w)
		}
		return w.signal == signal
	})
	if len(all) < 2 {
		return all, true
	}
	if certain = b.ordered && threads == 1; certain {
		slices.Reverse(all)
	}
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
	b.settle(func(*received) bool { return false })
	for i := range b.met {
		b.outlive(&b.met[i], events.SignalDelivered)
	}
	b.met = b.met[:0]
	slices.SortStableFunc(b.priors, func(a, b events.PriorSignal) int { return cmp.Compare(a.BootNS, b.BootNS) })
	return b.priors
}

// empty forgets all but the memory.
func (b *inbox) empty() {
	if b != nil {
		clear(b.waiting)
		clear(b.met)
		clear(b.enderRoom)
		clear(b.priors)
		b.waiting, b.met, b.priors, b.dropped = b.waiting[:0], b.met[:0], b.priors[:0], 0
	}
}
