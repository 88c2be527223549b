package tracks

import (
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/text"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
)

func (r *Recorder) event(ev *events.Event) {
	switch {
	case ev.Lost != nil:
		r.lost(ev)
	case ev.Kind == events.ThreadStart:
		r.begin(r.thread(&ev.Process), ev.BootNS, "life", "thread", said(ev), 0)
	case ev.Kind == events.ThreadExit:
		r.end(r.thread(&ev.Process), ev.BootNS, said(ev))
	case ev.Kind == events.Snapshot:
		r.snapshot(ev)
	case ev.Kind == events.Fork:
		r.fork(ev)
	case ev.Kind == events.Exec:
		r.exec(ev)
	case ev.Kind == events.Exit:
		r.exit(ev)
	case ev.Kind == events.PidnsDestroy:
		r.destroyed(ev)
	case ev.Process.Key.IsZero():
		r.instant(r.machine, ev.BootNS, ev.Kind.String(), ev.Kind.String(), said(ev))
	default:
		r.happening(ev)
	}
}

// happening is what has no length.
func (r *Recorder) happening(ev *events.Event) {
	t := r.process(&ev.Process)
	here := &Mark{Track: t, At: ev.BootNS, Phase: Instant, Category: ev.Kind.String(), Name: ev.Kind.String(), Facts: said(ev)}
	switch ev.Kind {
	case events.Signal:
		here.Name = names.Signal(ev.Signal.Signal)
		r.sent(ev, here, ev.Signal.Sender, "sends "+here.Name+" to ")
		return
	case events.PidnsReap:
		r.told[ev.Process.Key] = true
		r.sent(ev, here, ev.Pidns.Init, "its end kills ")
		return
	case events.Reparent:
		r.reparent(ev, here)
		return
	case events.PidnsCreate:
		if ns := t.namespace; ns != nil && ns.open == 0 {
			r.begin(ns, ev.BootNS, "life", "PID namespace", said(ev), 0)
		}
	case events.ContainerStart:
		if t.namespace != nil && ev.Process.Container != nil {
			r.begin(r.containerIn(t.namespace, ev.Process.Container), ev.BootNS, "life", "container", said(ev), 0)
		}
	case events.ContainerExit:
		if t.namespace != nil && ev.Process.Container != nil {
			r.end(r.containerIn(t.namespace, ev.Process.Container), ev.BootNS, said(ev))
		}
	}
	r.mark(here)
}

// sent is something that one process does to another.
func (r *Recorder) sent(ev *events.Event, here *Mark, by events.Ref, what string) {
	if by.IsZero() || by.Key == ev.Process.Key {
		r.mark(here)
		return
	}
	if ev.Signal != nil && ev.Signal.Result == events.SignalDelivered {
		r.told[ev.Process.Key] = true
	}
	r.flow(&Mark{
		Track: r.ref(by), At: ev.BootNS, Category: here.Category, Name: what + words.Ref(ev.Process.Ref()), Facts: said(ev),
	}, here)
}

// reparent draws the way of a child: from the parent that it had, to the one that it
// has.
func (r *Recorder) reparent(ev *events.Event, here *Mark) {
	child := words.Ref(ev.Process.Ref())
	if from := ev.Reparent.From; from.IsZero() || from.Key == ev.Process.Key {
		r.mark(here)
	} else {
		r.flow(&Mark{Track: r.ref(from), At: ev.BootNS, Category: here.Category, Name: "leaves " + child, Facts: said(ev)}, here)
	}
	if to := ev.Reparent.To; !to.IsZero() && to.Key != ev.Process.Key {
		r.flow(
			&Mark{Track: here.Track, At: here.At, Category: here.Category, Name: "child of " + words.Ref(to), Facts: said(ev)},
			&Mark{Track: r.ref(to), At: here.At, Phase: Instant, Category: here.Category, Name: "adopts " + child, Facts: said(ev)})
	}
}

// lost is a slice over the time in which events found no room.
func (r *Recorder) lost(ev *events.Event) {
	since := ev.Lost.SinceNS
	if since == 0 || since > ev.BootNS {
		since = ev.BootNS
	}
	r.begin(r.machine, since, "lost", words.Count(int(ev.Lost.Count), "lost event", "lost events"), said(ev), 0)
	r.end(r.machine, ev.BootNS, nil)
}

func (r *Recorder) destroyed(ev *events.Event) {
	if ev.Pidns == nil {
		return
	}
	if !ev.Process.Key.IsZero() {
		r.instant(r.process(&ev.Process), ev.BootNS, ev.Kind.String(), ev.Kind.String(), said(ev))
	}
	if ns := r.over(ev.Pidns.NS.ID); ns != nil {
		for _, c := range ns.inside {
			r.end(c, ev.BootNS, nil) // one whose init was not its first process
		}
		r.end(ns, ev.BootNS, said(ev))
	}
}

// said is where the event is in the stream, and what it says, in words.
func said(ev *events.Event) []Fact {
	return known(number("seq", int64(ev.Seq)), Fact{Name: "what", Text: text.What(ev, text.Options{Unicode: true})})
}
