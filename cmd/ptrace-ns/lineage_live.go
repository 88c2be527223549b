package main

import (
	"bytes"
	"io"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/picture"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/text"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// follower is a sink that tells one process's life as it goes on.
type follower struct {
	*lineageOptions
	app  *app
	live tracing

	key    events.ProcKey // zero until the process is found
	life   *report.Life   // as last known
	nowNS  uint64
	events [][]byte
	waits  bool // its end was told, and its namespace's is awaited
	// strays were in the namespace at that end and are children of others outside.
	strays []report.Waiting
}

// Put tells an event that belongs to the story. The snapshot comes first, and after
// it the process is known or is not there.
func (f *follower) Put(ev *events.Event) error {
	f.nowNS = max(f.nowNS, ev.BootNS)
	if f.key.IsZero() {
		if ev.Kind == events.Snapshot {
			return nil
		}
		if err := f.begin(); err != nil {
			return err
		}
	}
	if !picture.Concerns(ev, f.key) || f.output == "text" && !selection.NotConfirming(ev) {
		return nil
	}
	if err := f.tell(ev); err != nil {
		return err
	}
	return f.settle(ev)
}

// Flush begins at the first idle moment where nothing happened before.
func (f *follower) Flush() error {
	if !f.key.IsZero() {
		return nil
	}
	return f.begin()
}

// begin tells what is known so far.
func (f *follower) begin() error {
	p, err := f.subject.find(f.live.Model())
	if err != nil {
		return err
	}
	f.key = p.Key
	f.nowNS = max(f.nowNS, f.live.Header().StartNS)
	f.life = picture.Life(f.live.Model(), p, f.nowNS)
	if f.output == "json" {
		return nil
	}
	return f.print(f.app, f.life, f.nowNS, f.live.Header().BootTimeNS)
}

func (f *follower) tell(ev *events.Event) error {
	if f.output == "json" {
		line := ndjson.AppendEvent(nil, ev, f.live.Header().BootTimeNS)
		f.events = append(f.events, bytes.TrimSuffix(line, []byte("\n")))
		return nil
	}
	line := text.Line(ev, f.live.Header().BootTimeNS, text.Options{Unicode: f.app.unicode(), Zone: time.Local})
	_, err := io.WriteString(f.app.out, line+"\n")
	return err
}

// settle keeps what is known after the event, and ends the story with the process,
// or with the namespace whose PID 1 it was.
func (f *follower) settle(ev *events.Event) error {
	if p, ok := f.live.Model().Process(f.key); ok {
		f.life = picture.Life(f.live.Model(), p, f.nowNS)
	}
	switch {
	case ev.Kind == events.Exit && ev.Process.Key == f.key:
		f.waits = ev.Process.Chain.Level() > 0 && ev.Process.Chain.Own().PID == 1
		if !f.waits {
			return selection.ErrEnough
		}
		if f.life != nil && f.life.Pidns != nil {
			f.strays = f.life.Pidns.WaitingFor
		}
	case f.waits && ev.Kind == events.PidnsDestroy && ev.Pidns.Init.Key == f.key:
		if err := f.doubt(); err != nil {
			return err
		}
		return selection.ErrEnough
	}
	return nil
}

// doubt says what the end of all members does not tell: whether those were reaped
// that only a parent outside can reap, and for which the PID 1 waits until then.
func (f *follower) doubt() error {
	if f.output == "json" {
		return nil
	}
	for _, w := range f.strays {
		line := "  It may still wait in the kernel for " + words.Ref(w.Process) + ": only its parent outside, " + words.Ref(w.Parent) +
			", can reap that, and no event tells whether it did.\n"
		if _, err := io.WriteString(f.app.out, line); err != nil {
			return err
		}
	}
	return nil
}
