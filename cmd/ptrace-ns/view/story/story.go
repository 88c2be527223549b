// Package story tells one process's life in sentences that can be read aloud. It
// knows reports, and nothing of where they come from.
package story

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// Options say what the terminal can show, and what the times rest on.
type Options struct {
	Unicode  bool // else ASCII stands for arrows
	BootTime int64
	NowNS    uint64
	Zone     *time.Location
}

// teller collects sentences, one a line.
type teller struct {
	Options
	b     strings.Builder
	is    string // is, or was of one that has ended; so with the others
	has   string
	runs  string
	are   string
	arrow string
	more  string
	clock string            // how moments are shown
	shown map[string]uint64 // which moment each text stands for
	same  bool              // two moments are shown as one
}

// clocks are the ways to show a moment, the coarsest first: a story takes the first by
// which it tells its moments apart.
var clocks = []string{"2006-01-02 15:04:05", "2006-01-02 15:04:05.000", "2006-01-02 15:04:05.000000"}

// Tell writes the life as far as it is known, one sentence a line.
func Tell(w io.Writer, l *report.Life, o Options) error {
	var t *teller
	for _, clock := range clocks {
		t = &teller{Options: o, clock: clock, shown: map[string]uint64{}}
		if t.tell(l); !t.same {
			break
		}
	}
	_, err := io.WriteString(w, t.b.String())
	return err
}

func (t *teller) tell(l *report.Life) {
	t.arrow, t.more = ">", "..."
	if t.Unicode {
		t.arrow, t.more = "→", "…"
	}
	t.is, t.has, t.runs, t.are = "is", "has", "runs", "are"
	if l.State == report.Exited || l.State == report.Gone {
		t.is, t.has, t.runs, t.are = "was", "had", "ran", "were"
	}
	key := l.Process.Key
	t.b.WriteString(words.Ref(l.Process.Ref()) + " (id " + key.String() + ")\n")
	t.birth(l)
	t.place(l)
	t.reaping(l)
	t.apart(l)
	t.role(l)
	t.happened(t.images(l), t.moves(l), t.parents(l))
	t.undated(l)
	t.ancestors(l)
	t.children(l)
	t.end(l)
	t.space(l)
	t.waits(l)
}

func (t *teller) say(parts ...string) {
	t.b.WriteString("  " + strings.Join(parts, "") + ".\n")
}

// at is a moment as a clock shows it.
func (t *teller) at(bootNS uint64) string {
	text := time.Unix(0, t.BootTime+int64(bootNS)).In(t.Zone).Format(t.clock)
	if other, ok := t.shown[text]; ok && other != bootNS {
		t.same = true
	}
	t.shown[text] = bootNS
	return text
}

func (t *teller) ago(bootNS uint64) string {
	if bootNS > t.NowNS {
		return "just now"
	}
	return words.Duration(t.NowNS-bootNS) + " ago"
}

// ofEveryFork are the flags by which the C library's fork has the kernel keep its books
// (CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID): they say nothing of a process.
const ofEveryFork = 0x01000000 | 0x00200000

func (t *teller) images(l *report.Life) (s steps) {
	for i, image := range l.Images {
		what := string(words.AppendArgs(nil, image.Args, t.more))
		switch {
		case what == "" && image.Filename != "":
			what = string(words.AppendQuoted(nil, image.Filename))
		case what == "":
			what = "a program whose arguments are not known"
		}
		if image.Exe != "" && image.Exe != "/" { // the root of a mount that is nowhere: a runtime's sealed copy of itself
			what += " (" + safe.String(image.Exe) + ")"
		}
		switch {
		case image.BootNS != 0 && image.OldTID != 0:
			s.add(image.BootNS, "Its thread "+strconv.Itoa(int(image.OldTID))+" executed "+what+" at "+t.at(image.BootNS)+" and became the process")
		case image.BootNS != 0:
			s.add(image.BootNS, "It executed "+what+" at "+t.at(image.BootNS))
		case l.Birth == nil && i < len(l.Images)-1:
			s.add(0, "It ran "+what+" before")
		case l.Birth != nil && i == 0:
			s.add(0, "It was born running "+what)
		default:
			s.add(0, "It "+t.runs+" "+what)
		}
	}
	return s
}

func (t *teller) parents(l *report.Life) (s steps) {
	for i, a := range l.Reparented {
		when := a.EndNS
		if when == 0 {
			when = a.BootNS
		}
		if n := l.ReparentedBefore; n > 0 && i == 0 {
			s.add(when, "It changed its parent "+words.Count(n, "time", "times")+" before; these earlier changes are not kept")
		}
		if a.EndNS == 0 || a.Confirmed && a.EndNS != a.BootNS {
			s.add(when, t.late(a))
			continue
		}
		text := t.lost(a.ReparentDetail) + " at " + t.at(a.EndNS) + ", and it became a child of " + words.Ref(a.To)
		if why := reasons[a.Reason]; why != "" {
			text += ", because that is " + why
		}
		if !a.Confirmed {
			text += " (by the kernel's rule, not yet seen)"
		}
		s.add(when, text)
	}
	return s
}

// lost tells how it lost its parent.
func (t *teller) lost(a events.ReparentDetail) string {
	text := "Its parent " + words.Ref(a.From)
	switch {
	case a.FromExit == nil:
		return text + " ended"
	case a.FromExit.Signal != 0:
		return text + " was " + words.Status(*a.FromExit)
	}
	return text + " " + words.Status(*a.FromExit)
}

// late tells of a new parent that was seen only when it had been that for a while.
func (t *teller) late(a report.Adoption) string {
	text := t.lost(a.ReparentDetail)
	switch {
	case a.EndNS != 0:
		text += " at " + t.at(a.EndNS)
	case a.AfterNS != 0:
		text += ", seen by nobody, between " + t.at(a.AfterNS) + " and " + t.at(a.BootNS)
	default:
		text += ", seen by nobody, before " + t.at(a.BootNS)
	}
	return text + "; it was seen as a child of " + words.Ref(a.To) + " at " + t.at(a.BootNS) + ", and whether it had other parents in between is not known"
}

var reasons = map[events.ReparentReason]string{
	events.ReparentThread:    "another thread of the same process",
	events.ReparentSubreaper: "the nearest subreaper",
	events.ReparentPidnsInit: "the PID 1 of its namespace",
	events.ReparentInit:      "the init",
}

// maxNamed is how many children are named, and how many whom the kernel killed.
const maxNamed = 10

func (t *teller) children(l *report.Life) {
	if len(l.Children) == 0 {
		return
	}
	t.say("It has ", words.Count(len(l.Children), "child", "children"), ": ", words.Refs(l.Children, maxNamed, t.more))
}

func (t *teller) end(l *report.Life) {
	switch l.State {
	case report.Live:
		t.say("It is alive")
	case report.Gone:
		t.say("It ended; nobody saw when or how")
	case report.Zombie:
		t.say(ended(l.Exit), ", and waits to be reaped by its parent")
	case report.Exited, report.Ending:
		text := ended(l.Exit)
		if l.LifetimeNS != 0 {
			text += " after " + words.Duration(l.LifetimeNS)
		}
		key := l.Process.Key
		if l.Exit != nil && l.Exit.Signal != 0 && l.Killer == nil && slices.Contains(l.Unknown, "killer") {
			text += "; who sent that was not seen"
		}
		t.say(text, words.Killer(l.Killer, key, key.Start+l.LifetimeNS))
	}
}

// waits tells whom a dying namespace waits for: who is stuck in it cannot be helped
// but through them.
func (t *teller) waits(l *report.Life) {
	ns := l.Pidns
	if ns == nil || !ns.Dying {
		return
	}
	who := "It still waits"
	switch {
	case l.State == report.Ending:
		t.say("It still waits in the kernel for the other members of its namespace, and cannot be reaped before they are")
	case len(ns.WaitingFor) == 0 || l.Process.Key == ns.Init.Key:
		return
	default:
		who = "The PID 1 of its namespace, " + words.Ref(ns.Init) + ", has ended and waits"
	}
	for _, w := range ns.WaitingFor {
		t.say(who, " for ", words.Await(w), ": only that can reap it")
	}
}

// ended begins the sentence on a process's end.
func ended(exit *events.ExitStatus) string {
	switch {
	case exit == nil:
		return "It has ended"
	case exit.Signal != 0:
		return "It was " + words.Status(*exit)
	}
	return "It " + words.Status(*exit)
}
