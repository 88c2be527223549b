package words

import (
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
	"github.com/ptrace-ns/ptrace-ns/events/phrase"
)

// who names processes in the phrases that say who sent something.
var who phrase.Names = Ref

// maxSenderChain is how many of those above a sender are named: a shell's own line to the
// host's init is seldom longer, and the rest is in JSON.
const maxSenderChain = 4

// Killer returns who ended the victim, to follow on its status; nothing for nil.
func Killer(k *events.Killer, victim events.ProcKey, atNS uint64) string {
	if k == nil {
		return ""
	}
	text := KillerBrief(k, victim)
	if sends(k, victim) {
		for i, r := range k.SenderChain {
			if i == maxSenderChain {
				text += ", and " + strconv.Itoa(len(k.SenderChain)-i) + " more above"
				break
			}
			text += ", child of " + Ref(r)
		}
	}
	for _, prior := range k.Preceded {
		text += "; " + outlived(prior, k.Signal, atNS)
	}
	if k.MorePreceded > 0 {
		text += "; and " + strconv.FormatUint(uint64(k.MorePreceded), 10) + " more before"
	}
	return text
}

// outlived tells of signals before the one of that number that was the end. Of one with
// the same number is not said that it did not end the process: as a rule it had it do what
// it did.
func outlived(prior events.PriorSignal, end int32, atNS uint64) string {
	text := names.Signal(prior.Signal)
	if prior.Count > 1 {
		text += " " + strconv.FormatUint(uint64(prior.Count), 10) + " times, the last"
	}
	if prior.Sender.IsZero() {
		text += " from the kernel"
	} else {
		text += " from " + Ref(prior.Sender)
	}
	if atNS > prior.BootNS {
		text += " " + Duration(atNS-prior.BootNS) + " before"
	}
	switch {
	case prior.Result == events.SignalIgnored:
		text += " was ignored"
	case prior.Result == events.SignalAlreadyPending:
		text += " found one waiting"
	case prior.Signal != end:
		text += " did not end it"
	}
	return text
}

// KillerBrief is Killer without the sender's ancestors and what came before.
func KillerBrief(k *events.Killer, victim events.ProcKey) string { return who.Killer(k, victim) }

// Ended names the parent that ended, or the thread of it that did; 0 is the leader.
func Ended(parent events.Ref, tid int32, lives bool) string { return who.Ended(parent, tid, lives) }

// Reaping says who kills what is left in a PID namespace whose PID 1 has ended.
func Reaping(init events.Ref) string { return who.Reaping(init) }

// Context says of a signal by the kernel in whose name that did what led to it.
func Context(signal int32, current events.Ref) string { return who.Context(signal, current) }

// sends reports whether another process sent the signal of its own will, so that its
// ancestors are of interest.
func sends(k *events.Killer, victim events.ProcKey) bool {
	switch k.Origin {
	case events.OriginKernel, events.OriginOOM, events.OriginPidnsReap:
		return false
	}
	return !k.ParentDeath && !k.Sender.IsZero() && k.Sender.Key != victim
}
