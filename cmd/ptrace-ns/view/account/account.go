// Package account tells a container's life in a few plain sentences: how it started,
// whose child its init is and why, who ended it and what the kernel reaped. It knows
// reports, and nothing of where they come from. What it returns is fit for a
// terminal.
package account

import (
	"io"
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/timeline"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// Write writes the sentences, one a line.
func Write(w io.Writer, a *report.Account) error {
	var b strings.Builder
	for _, s := range a.Sentences {
		b.WriteString(s.Text + ".\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

type teller struct {
	*report.Account
	t *report.Timeline
}

// Of tells the timeline.
func Of(t *report.Timeline) *report.Account {
	a := &teller{&report.Account{Timeline: t}, t}
	a.what()
	if t.BeganNS == 0 {
		a.before()
	} else {
		a.asked()
		a.made()
		a.took()
	}
	a.parent()
	a.entered()
	a.shimKilled()
	a.end()
	a.unsent()
	a.reaped()
	return a.Account
}

func (a *teller) say(about string, parts ...string) {
	a.Sentences = append(a.Sentences, report.Sentence{About: about, Text: strings.Join(parts, "")})
}

func (a *teller) unknown(what, text string) {
	a.Unknown = append(a.Unknown, what)
	a.say(what, text)
}

// ref names a process, quoted where its name could be taken for the sentence.
func ref(r events.Ref) string {
	if r.Comm == "" {
		return words.Ref(r)
	}
	return strconv.Itoa(int(r.Key.PID)) + " " + quoted(r.Comm)
}

func quoted(s string) string { return string(words.AppendQuoted(nil, s)) }

func command(args events.Args) string { return string(words.AppendArgs(nil, args, "...")) }

func (a *teller) phase(name string) *report.Phase {
	for i := range a.t.Phases {
		if a.t.Phases[i].Name == name {
			return &a.t.Phases[i]
		}
	}
	return nil
}

var reasons = map[events.ReparentReason]string{
	events.ReparentSubreaper: "the nearest subreaper above it",
	events.ReparentPidnsInit: "the PID 1 of its namespace",
	events.ReparentInit:      "the init, since no subreaper was above it",
}

func (a *teller) parent() {
	is := "is"
	if a.t.EndedNS != 0 {
		is = "was"
	}
	switch d := a.t.Adopted; {
	case d != nil:
		text := "Its parent " + is + " " + ref(d.To) + ": " + ref(d.From)
		if d.FromExit != nil {
			text += " " + words.Status(*d.FromExit)
		} else {
			text += " ended"
		}
		text += ", and the kernel gave it to "
		text += words.Or(reasons[d.Reason], "that for a reason that is not known")
		if !d.Confirmed {
			text += " (by the kernel's rule, not seen)"
		}
		a.say("parent", text)
	case !a.t.Parent.IsZero() && a.t.BeganNS != 0:
		a.say("parent", "Its parent ", is, " ", ref(a.t.Parent), ", as at its birth")
	case !a.t.Parent.IsZero():
		a.unknown("parent", "Its parent "+is+" "+timeline.Above(a.t, ref)+"; whether it had another before is not known")
	default:
		a.unknown("parent", "Whose child it "+is+" is not known")
	}
}
