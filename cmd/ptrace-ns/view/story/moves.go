package story

import (
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// reaping tells whether it got the orphans among its descendants, and since when.
func (t *teller) reaping(l *report.Life) {
	const what = " a subreaper, which gets the orphans among its descendants"
	r := l.Reaping
	if r == nil {
		if l.Process.Subreaper {
			t.say("It ", t.is, what)
		}
		return
	}
	is := t.is
	if r.UntilNS != 0 {
		is = "was"
	}
	text := "It " + is + what
	switch {
	case r.BeganCall:
		text += ", since " + t.at(r.FromNS) + " by prctl"
	case r.AfterNS != 0:
		text += ": not yet at " + t.at(r.AfterNS) + ", and seen to be one at " + t.at(r.FromNS)
	default:
		text += ": it was one already when that was first looked at"
	}
	switch {
	case r.UntilNS == 0:
	case r.EndedCall:
		text += ", until " + t.at(r.UntilNS) + " by prctl"
	default:
		text += ", and not any more at " + t.at(r.UntilNS)
	}
	t.say(text)
}

// moves tells how it changed its own namespaces: the calls that were seen with what they
// led to, and of others between which two records they were.
func (t *teller) moves(l *report.Life) (s steps) {
	for i, mv := range l.Moves {
		when, text := mv.At.BootNS, t.call
		if !mv.Exact {
			text = t.between
		}
		if n := l.MovesBefore; n > 0 && i == 0 {
			s.add(when, "It changed its namespaces "+words.Count(n, "time", "times")+" before; these earlier changes are not kept")
		}
		s.add(when, text(mv))
	}
	return s
}

// undated tells of namespaces what nobody knows the moment of.
func (t *teller) undated(l *report.Life) {
	if l.ChildrenPidns != 0 {
		t.say("Its children ", t.are, " born into PID namespace ", inum(l.ChildrenPidns), ", which is not its own: by unshare or setns, before that was first looked at")
	}
	for _, a := range l.ThreadsApart {
		call := "unshare or setns"
		if a.Call != "" {
			call = a.Call
		}
		t.say("Children of its thread ", strconv.Itoa(int(a.TID)), " ", t.are, " born into PID namespace ", inum(a.Pidns),
			", which is not its own: by ", call, " of that thread, for itself alone, before ", t.sight(a.At))
	}
	if n := l.ThreadMoves; n > 0 {
		t.say("Threads of it that are not its leader called unshare or setns ", words.Count(n, "time", "times"), ", each for itself alone")
	}
}

func (t *teller) call(mv report.Move) string {
	text := "At " + t.at(mv.At.BootNS) + " it called " + mv.Call
	if flags := cloneFlags(mv.Flags); flags != "" {
		text += " with " + flags
	}
	if len(mv.Changes) > 0 {
		text += ": since then " + t.changes(mv.Changes)
	}
	return text
}

func (t *teller) between(mv report.Move) string {
	text := "Between " + t.sight(mv.After) + " and " + t.sight(mv.At) + " it called "
	if mv.Call != "" {
		return text + mv.Call + ": " + t.changes(mv.Changes)
	}
	return text + "unshare or setns, which of them was not seen: " + t.changes(mv.Changes)
}

// changes tells what became of the namespaces.
func (t *teller) changes(all []report.NSChange) string {
	var said []string
	for _, c := range all {
		if c.Name == "pid_for_children" {
			said = append(said, "its children "+t.are+" born into PID namespace "+inum(c.To)+" and not "+inum(c.From))
		} else {
			said = append(said, "its "+c.Name+" namespace "+t.is+" "+inum(c.To)+" and not "+inum(c.From))
		}
	}
	return list(said)
}

// sight names a record that shows namespaces, and its moment.
func (t *teller) sight(s report.Sight) string {
	what := map[events.Kind]string{
		events.Fork: "its birth", events.Exec: "its exec", events.Snapshot: "the look", events.CgroupMove: "its move to another cgroup",
	}[s.Kind]
	switch {
	case !s.Child.IsZero():
		what = "the birth of its child " + words.Ref(s.Child)
	case what == "":
		what = "a record"
	}
	return what + " at " + t.at(s.BootNS)
}

func inum(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
