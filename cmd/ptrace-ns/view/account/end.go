package account

import (
	"slices"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/timeline"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
	"github.com/ptrace-ns/ptrace-ns/events/phrase"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

func (a *teller) end() {
	t := a.t
	if t.EndedNS == 0 {
		a.say("end", "It runs; its end was not seen")
		a.stopAsked()
		return
	}
	text := "It ended"
	switch {
	case t.NeverRan:
		a.failed()
		return
	case t.RunsNS != 0 && t.EndedNS >= t.RunsNS:
		text += " after " + words.Duration(t.EndedNS-t.RunsNS)
	case t.BeganNS == 0 && t.EndedNS > t.Init.Key.Start:
		text += " " + words.Duration(t.EndedNS-t.Init.Key.Start) + " after its init's birth"
	}
	if t.Exit == nil {
		a.unknown("killer", text+"; how is not known")
		return
	}
	text += ": " + words.Status(*t.Exit)
	switch {
	case t.Killer != nil:
		text += words.Killer(t.Killer, t.Init.Key, t.EndedNS)
	case t.Exit.Signal != 0:
		a.Unknown = append(a.Unknown, "killer")
		text += "; who sent that is not known"
	default:
		text += ", by itself" + a.prompted()
	}
	a.say("end", text)
	a.stopAsked()
}

func (a *teller) stopAsked() {
	for i := range a.t.Phases {
		if f := &a.t.Phases[i]; f.Name == "stop_asked" {
			a.say("stop", ref(f.Process), " had asked for its end (", command(f.Args), ")", a.refused(f))
		} else if f.Name == "signal_asked" {
			a.say("signal", ref(f.Process), " had asked for a signal to it (", command(f.Args), ")", a.refused(f))
		}
	}
}

// unsent tells the signals that a runtime was called to send, of which none was seen.
func (a *teller) unsent() {
	for i := range a.t.Phases {
		f := &a.t.Phases[i]
		came := func(s report.Phase) bool { return s.Signal != nil && s.Signal.Sender.Key == f.Process.Key }
		if f.Sends != 0 && (a.t.EndedNS == 0 || f.BeginNS < a.t.EndedNS) && !slices.ContainsFunc(a.t.Phases, came) {
			a.say("signal", ref(timeline.Named(f)), " was called to send ", names.Signal(f.Sends), ", and no such signal to its init was seen")
		}
	}
}

// refused tells that the client failed. Where nothing came to the container while it
// waited, its request was refused.
func (a *teller) refused(f *report.Phase) string {
	if f.Exit == nil || *f.Exit == (events.ExitStatus{}) {
		return ""
	}
	within := func(ns uint64) bool { return ns >= f.BeginNS && ns <= f.EndNS }
	came := within(a.t.EndedNS) || slices.ContainsFunc(a.t.Phases, func(s report.Phase) bool { return s.Signal != nil && within(s.BeginNS) })
	if f.Exit.Code != 1 || came {
		return "; it " + was(*f.Exit) + words.Status(*f.Exit)
	}
	return ", which was refused (" + words.Status(*f.Exit) + ")"
}

// was makes a sentence of a status by a signal.
func was(status events.ExitStatus) string {
	if status.Signal != 0 {
		return "was "
	}
	return ""
}

// shimKilled tells who killed the shim, which leaves the container to nobody.
func (a *teller) shimKilled() {
	f := a.phase("shim_exit")
	if f == nil || f.Exit == nil || f.Exit.Signal == 0 {
		return
	}
	text := "Its shim " + ref(f.Process) + " was " + words.Status(*f.Exit)
	if f.Killer == nil {
		text += "; who sent that is not known"
	} else {
		text += words.Killer(f.Killer, f.Process.Key, f.BeginNS)
	}
	switch {
	case a.t.EndedNS > f.BeginNS:
		text += "; the container ended " + words.Duration(a.t.EndedNS-f.BeginNS) + " later"
	case a.t.EndedNS != 0 && a.t.EndedNS < f.BeginNS:
		text += "; the container had ended " + words.Duration(f.BeginNS-a.t.EndedNS) + " before"
	case a.t.EndedNS == 0:
		text += "; the container ran on"
	}
	a.say("shim_exit", text)
}

// prompted tells the last signal that came before an exit of its own, which may have
// been the reason for it.
func (a *teller) prompted() (text string) {
	for i := range a.t.Phases {
		f := &a.t.Phases[i]
		if d := f.Signal; d != nil && d.Result == events.SignalDelivered && f.BeginNS <= a.t.EndedNS {
			text = ", " + words.Duration(a.t.EndedNS-f.BeginNS) + " after " + names.Signal(d.Signal) + phrase.Names(ref).SentBy(d, a.t.Init.Key)
		}
	}
	return text
}

// most is how many of those reaped are named.
const most = 8

func (a *teller) reaped() {
	t := a.t
	if t.EndedNS == 0 || t.Shared {
		return
	}
	if len(t.Reaped) == 0 && t.Gone {
		a.say("reaped", "Nothing else lived in its PID namespace then")
		return
	}
	if n := len(t.Reaped); n > 0 {
		var all []string
		for i, r := range t.Reaped {
			if i == most {
				all = append(all, "...")
				break
			}
			one := ref(r)
			if c := t.Guests[r.Key]; c != nil {
				one += " of container " + words.Container(c)
			}
			all = append(all, one)
		}
		a.say("reaped", "With its PID 1 gone, the kernel killed what was left in its PID namespace: ", words.Count(n, "process", "processes"), ", ", strings.Join(all, ", "))
	}
	if !t.Gone {
		a.unknown("namespace", "The end of its PID namespace was not seen: something may still live there")
	}
}
