package main

import (
	"io"
	"slices"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/text"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// narrator tells the events of a life as lines of a story. Signals to the process wait:
// the sentence on its death holds those that led to it, and what is told there is not
// told before.
type narrator struct {
	w        io.Writer
	bootTime int64
	look     text.Options // but for Told
	key      events.ProcKey
	held     []*events.Event
}

// tell says an event, or holds it.
func (n *narrator) tell(ev *events.Event) error {
	own := ev.Process.Key == n.key
	switch {
	case ev.Kind == events.Exit && reapedBy(ev.Exit.Killer, n.key):
		return nil // its pidns_reap says it
	case own && ev.Kind == events.Signal:
		n.held = append(n.held, ev.Clone())
		return nil
	case own && ev.Kind == events.Exit:
		n.held = slices.DeleteFunc(n.held, func(s *events.Event) bool { return explains(ev.Exit.Killer, s) })
		if err := n.release(func(*events.Event) bool { return true }); err != nil {
			return err
		}
	}
	if err := n.say(ev); err != nil {
		return err
	}
	if ev.Kind == events.Exit {
		n.look.Told = ev.Seq
	}
	if k := killerOf(ev); own && k != nil && k.Origin == events.OriginPidnsReap {
		n.look.Outer = k.Sender
	}
	return nil
}

// idle tells the signals that the process has lived through: not those that end it
// soon, nor those that were ignored and matter only if it is killed.
func (n *narrator) idle() error {
	return n.release(func(s *events.Event) bool {
		const sigkill = 9
		return s.Signal.Signal != sigkill && s.Signal.Result != events.SignalIgnored
	})
}

// finish tells what still waits.
func (n *narrator) finish() error { return n.release(func(*events.Event) bool { return true }) }

func (n *narrator) release(due func(*events.Event) bool) error {
	var waiting []*events.Event
	for _, s := range n.held {
		if !due(s) {
			waiting = append(waiting, s)
			continue
		}
		if err := n.say(s); err != nil {
			return err
		}
	}
	n.held = waiting
	return nil
}

func (n *narrator) say(ev *events.Event) error {
	_, err := io.WriteString(n.w, text.Line(ev, n.bootTime, n.look)+"\n")
	return err
}

// killerOf returns who is known to have ended the process, at its exit.
func killerOf(ev *events.Event) *events.Killer {
	if ev.Kind != events.Exit {
		return nil
	}
	return ev.Exit.Killer
}

// reapedBy reports whether the kernel killed because this PID 1 had ended.
func reapedBy(k *events.Killer, init events.ProcKey) bool {
	return k != nil && k.Origin == events.OriginPidnsReap && k.Sender.Key == init
}

// explains reports whether a killer tells of the signal: as the one that killed, or as
// one before.
func explains(k *events.Killer, ev *events.Event) bool {
	if k == nil {
		return false
	}
	s := ev.Signal
	if k.Signal == s.Signal && (k.Sender.Key == s.Sender.Key || slices.ContainsFunc(k.OneOf, func(r events.Ref) bool { return r.Key == s.Sender.Key })) {
		return true
	}
	return slices.ContainsFunc(k.Preceded, func(prior events.PriorSignal) bool {
		return prior.Signal == s.Signal && prior.Sender.Key == s.Sender.Key
	})
}
