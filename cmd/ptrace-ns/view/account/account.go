// Package account tells a container's life in a few plain sentences: how it started,
// whose child its init is and why, who ended it and what the kernel reaped. It knows
// reports, and nothing of where they come from. What it returns is fit for a
// terminal.
package account

import (
	"io"
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/timeline"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
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
	a.end()
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
	return strconv.Itoa(int(r.Key.PID)) + " " + string(words.AppendQuoted(nil, r.Comm))
}

func command(args events.Args) string { return string(words.AppendArgs(nil, args, "...")) }

func (a *teller) phase(name string) *report.Phase {
	for i := range a.t.Phases {
		if a.t.Phases[i].Name == name {
			return &a.t.Phases[i]
		}
	}
	return nil
}

func (a *teller) what() {
	t := a.t
	verb := "runs "
	if t.EndedNS != 0 {
		verb = "ran "
	}
	text := timeline.Title(t)
	if c := command(t.Args); t.NeverRan {
		text += " never ran anything"
	} else if c != "" {
		text += " " + verb + c
	}
	text += "; its init is " + ref(t.Init)
	own := t.Chain.Own()
	inum := strconv.FormatUint(uint64(own.NS.Inum), 10)
	switch {
	case len(t.Chain) > 1:
		text += ", PID " + strconv.Itoa(int(own.PID)) + " of PID namespace " + inum + ", level " + strconv.Itoa(t.Chain.Level())
		if t.Shared {
			text += ", which was there before it"
		}
	case len(t.Chain) == 1:
		text += ", in the initial PID namespace"
	}
	a.say("container", text)
	if why, ok := hidden[t.Genealogy]; ok {
		a.unknown("inside", "What runs inside is not visible: "+why)
	}
}

// hidden are the lines of programs whose containers' processes are not the host's.
var hidden = map[string]string{
	"kata":   "Kata's processes are in a virtual machine with a kernel of its own",
	"gvisor": "gVisor's processes are its own, and the host's kernel has only the sandbox",
}

// asked tells who wanted it.
func (a *teller) asked() {
	if f := a.phase("asked"); f != nil {
		text := ref(f.Process) + " asked for it (" + command(f.Args) + ")"
		switch f.Link {
		case "time":
			text += ": no record of the kernel ties that to what the daemon did, but it was the only one asking then"
		case "arguments":
			text += ", whose arguments name it"
		}
		a.say("asked", text)
		return
	}
	for _, name := range []string{"runtime_run", "runtime_create", "maker"} {
		f := a.phase(name)
		if f == nil || a.phase("shim_start") != nil || a.phase("shim_daemonised") != nil || f.Parent.IsZero() {
			continue
		}
		a.say("asked", ref(f.Parent), " started ", ref(f.Process), " for it (", command(f.Args), ")")
		return
	}
	a.unknown("asked", "Who asked for it was not seen")
}

// made tells who made what, from the daemon to the PID namespace.
func (a *teller) made() {
	if f := a.phase("shim_start"); f != nil {
		text := ref(f.Parent) + " forked " + ref(f.Process)
		if d := a.phase("shim_daemonised"); d != nil {
			text += ", which left the shim " + ref(d.Process) + " behind"
			if d.Reparent != nil {
				text += " and ended, so that the shim became a child of " + ref(d.Reparent.To)
			}
		}
		a.say("shim", text)
	}
	switch f := a.phase("runtime_create"); {
	case f == nil:
	case a.phase("shim_daemonised") != nil:
		a.say("runtime", "The shim called ", ref(f.Process), " to create it")
	case a.phase("shim_start") != nil && !f.Parent.IsZero():
		a.say("runtime", "The shim ", ref(f.Parent), ", which was there, called ", ref(f.Process), " to create it")
	}
	made := a.phase("pidns_created")
	if made == nil {
		a.namespaces()
		return
	}
	creator := made.Creator
	if creator.IsZero() {
		creator = made.Parent
	}
	text := ref(creator) + " made its PID namespace"
	if made.Via != "" {
		text += " by " + safe.String(made.Via)
	}
	if others := without(a.t.Namespaces, "pid"); len(others) > 0 {
		text += "; new as well: " + strings.Join(others, ", ")
	}
	if len(a.t.Joined) > 0 {
		text += "; joined: " + strings.Join(a.t.Joined, ", ")
	}
	if creator.Key != made.Parent.Key && !made.Parent.IsZero() {
		a.say("pidns", text)
		text = "Its init was born a child of " + ref(made.Parent) + ", because of CLONE_PARENT"
	}
	a.say("pidns", text)
}

// namespaces tells of one that has no PID namespace of its own what it has.
func (a *teller) namespaces() {
	var all []string
	if len(a.t.Joined) > 0 {
		all = append(all, "it joined namespaces that were there: "+strings.Join(a.t.Joined, ", "))
	}
	if len(a.t.Namespaces) > 0 {
		all = append(all, "new are "+strings.Join(a.t.Namespaces, ", "))
	}
	if len(all) > 0 {
		a.say("namespaces", "It made no PID namespace: ", strings.Join(all, "; "))
	}
}

func without(all []string, one string) (rest []string) {
	for _, s := range all {
		if s != one {
			rest = append(rest, s)
		}
	}
	return rest
}

// took tells how long it was to the entrypoint, and what that was spent on most.
func (a *teller) took() {
	if a.t.NeverRan {
		return
	}
	if a.t.RunsNS <= a.t.BeganNS {
		a.unknown("entrypoint", "Its entrypoint was not seen")
		return
	}
	text := "To the entrypoint it took " + words.Duration(a.t.RunsNS-a.t.BeganNS)
	var longest *report.Phase
	for i := range a.t.Phases {
		f := &a.t.Phases[i]
		// The stage that becomes the init waits for all others.
		if f.Section != report.Starting || f.Moment || f.EndNS == 0 || f.Name == "stage_2" || f.Name == "runtime_create" || f.Name == "runtime_run" {
			continue
		}
		if longest == nil || f.EndNS-f.BeginNS > longest.EndNS-longest.BeginNS {
			longest = f
		}
	}
	if longest != nil {
		text += ", the longest of it " + words.Duration(longest.EndNS-longest.BeginNS) + " for " + timeline.Label(longest.Name) + " (" + ref(timeline.Named(longest)) + ")"
	}
	a.say("took", text)
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

func (a *teller) end() {
	t := a.t
	if t.EndedNS == 0 {
		a.say("end", "It runs; its end was not seen")
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
			a.say("stop", ref(f.Process), " had asked for its end (", command(f.Args), ")")
		}
	}
}

// prompted tells the last signal that came before an exit of its own, which may have
// been the reason for it.
func (a *teller) prompted() (text string) {
	for i := range a.t.Phases {
		f := &a.t.Phases[i]
		if d := f.Signal; d != nil && d.Result == events.SignalDelivered && f.BeginNS <= a.t.EndedNS {
			text = ", " + words.Duration(a.t.EndedNS-f.BeginNS) + " after " + names.Signal(d.Signal) + " from " + ref(d.Sender)
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
			all = append(all, ref(r))
		}
		a.say("reaped", "With its PID 1 gone, the kernel killed what was left in its PID namespace: ", words.Count(n, "process", "processes"), ", ", strings.Join(all, ", "))
	}
	if !t.Gone {
		a.unknown("namespace", "The end of its PID namespace was not seen: something may still live there")
	}
}
