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
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// follower is a sink that tells one process's life as it goes on.
type follower struct {
	*lineageOptions
	app  *app
	live tracing

	narrator narrator
	key      events.ProcKey // zero until the process is found
	life     *report.Life   // as last known
	nowNS    uint64
	events   [][]byte
	waits    bool // its end was told, and its namespace's is awaited
	empty    bool // that was told, too, and it is looked whether the PID 1 waits
	stuck    bool // it was told that it does
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
	if !picture.Concerns(ev, f.key) || f.output == "text" && ev.Kind == events.PidnsWait || // of which watch tells
		f.output == "text" && !selection.NotConfirming(ev) {
		return nil
	}
	if err := f.tell(ev); err != nil {
		return err
	}
	return f.settle(ev)
}

// Flush begins at the first idle moment where nothing happened before.
func (f *follower) Flush() error {
	switch {
	case f.key.IsZero():
		return f.begin()
	case f.empty:
		return f.watch()
	}
	return f.narrator.idle()
}

// begin tells what is known so far.
func (f *follower) begin() error {
	leader := leaderOf
	if f.live.Partial() {
		leader = nil // in /proc numbers are others
	}
	p, err := f.subject.find(f.live.Model(), leader)
	if err != nil {
		return err
	}
	f.key = p.Key
	f.nowNS = max(f.nowNS, f.live.Header().StartNS)
	f.look(p)
	// A PID 1 that waits already has no exit to come, and its story says that it waits.
	f.stuck = f.life.State == report.Ending
	f.empty = f.stuck && f.live.Model().Looked()
	if f.output == "json" {
		return nil
	}
	f.narrator = narrator{
		w: f.app.out, bootTime: f.live.Header().BootTimeNS, key: f.key, look: text.Options{Unicode: f.app.unicode(), Zone: time.Local, Story: true},
	}
	return f.print(f.app, f.life, f.nowNS, f.live.Header().BootTimeNS)
}

// look takes what is known now.
func (f *follower) look(p *tree.Process) {
	f.life = picture.Life(f.live.Model(), p, f.nowNS)
	picture.Covered(f.live.Header()).Explain(f.live.Model(), f.life)
}

func (f *follower) tell(ev *events.Event) error {
	if f.output == "json" {
		line := ndjson.AppendEvent(nil, ev, f.live.Header().BootTimeNS)
		f.events = append(f.events, bytes.TrimSuffix(line, []byte("\n")))
		return nil
	}
	return f.narrator.tell(ev)
}

// settle keeps what is known after the event, and ends the story with the process,
// or with the namespace whose PID 1 it was.
func (f *follower) settle(ev *events.Event) error {
	if p, ok := f.live.Model().Process(f.key); ok {
		f.look(p)
	}
	switch {
	case ev.Kind == events.Exit && ev.Process.Key == f.key:
		f.waits = ev.Process.Chain.Level() > 0 && ev.Process.Chain.Own().PID == 1
		if !f.waits {
			return selection.ErrEnough
		}
	case f.waits && ev.Kind == events.PidnsDestroy && ev.Pidns.Init.Key == f.key:
		f.empty = true
		if !f.live.Model().Looked() {
			return first(f.doubt(), selection.ErrEnough)
		}
	}
	return nil
}

// watch looks whether the PID 1 of the namespace, in which no process lives any more,
// still waits in the kernel, and ends the story when it does not.
func (f *follower) watch() error {
	p, ok := f.live.Model().Process(f.key)
	if !ok {
		return selection.ErrEnough
	}
	f.look(p)
	ns := p.Namespace()
	switch {
	case ns == nil || ns.Left():
		if f.stuck {
			return first(f.say("It waits no longer: all other members are reaped"), selection.ErrEnough)
		}
		return selection.ErrEnough
	case !ns.Waits() || f.stuck:
		return nil
	}
	f.stuck = true
	return f.say("No process lives in the namespace any more; its PID 1 waits in the kernel for " + words.Awaited(f.life.Pidns.WaitingFor))
}

// doubt says what the end of all members does not tell: whether those were reaped
// that only a parent outside can reap, and for which the PID 1 waits until then.
func (f *follower) doubt() error {
	if f.life.Pidns == nil || f.life.Pidns.Unsure == 0 {
		return nil // the kernel has its own children reaped
	}
	return f.say("Its PID 1 may still wait in the kernel: " + words.Unsure(f.life.Pidns.Unsure))
}

func (f *follower) say(sentence string) error {
	if f.output == "json" {
		return nil
	}
	_, err := io.WriteString(f.app.out, "  "+sentence+".\n")
	return err
}
