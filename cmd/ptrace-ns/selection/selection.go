// Package selection chooses which events reach a view: sinks in front of sinks.
// It knows events and the names of the public stream, and no command line, no
// clock and no output.
//
// A lost event passes every selection: a gap concerns whatever was asked for.
package selection

import (
	"errors"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// ErrEnough ends a stream in which no more events are wanted. It is no failure.
var ErrEnough = errors.New("events enough")

// Predicate says whether an event is wanted.
type Predicate func(*events.Event) bool

// Where returns a sink that passes on what all the predicates want.
func Where(next events.Sink, wanted ...Predicate) events.Sink {
	if len(wanted) == 0 {
		return next
	}
	return &where{next: next, wanted: wanted}
}

type where struct {
	next   events.Sink
	wanted []Predicate
}

func (w *where) Put(ev *events.Event) error {
	if ev.Kind == events.Lost {
		return w.next.Put(ev)
	}
	for _, wanted := range w.wanted {
		if !wanted(ev) {
			return nil
		}
	}
	return w.next.Put(ev)
}

func (w *where) Flush() error { return w.next.Flush() }

// Tee returns a sink that gives each event to all the sinks, in their order, and
// stops at the first error.
func Tee(sinks ...events.Sink) events.Sink {
	if len(sinks) == 1 {
		return sinks[0]
	}
	return tee(sinks)
}

type tee []events.Sink

func (t tee) Put(ev *events.Event) error {
	for _, s := range t {
		if err := s.Put(ev); err != nil {
			return err
		}
	}
	return nil
}

func (t tee) Flush() error {
	for _, s := range t {
		if err := s.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// Limit passes on n events and then ends the stream with ErrEnough.
func Limit(next events.Sink, n uint64) events.Sink { return &limit{next: next, left: n} }

type limit struct {
	next events.Sink
	left uint64
}

func (l *limit) Put(ev *events.Event) error {
	if l.left == 0 {
		return ErrEnough
	}
	if err := l.next.Put(ev); err != nil {
		return err
	}
	if l.left--; l.left == 0 {
		return ErrEnough
	}
	return nil
}

func (l *limit) Flush() error { return l.next.Flush() }
