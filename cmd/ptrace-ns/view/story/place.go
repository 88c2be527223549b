package story

import (
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// place tells where it lives: PID namespace and container.
func (t *teller) place(l *report.Life) {
	own := l.Process.Chain.Own()
	if ns := l.Pidns; ns != nil && ns.Info.Level > 0 {
		what := "the PID 1"
		if own.PID != 1 {
			what = "process " + strconv.Itoa(int(own.PID))
		}
		t.say("It ", t.is, " ", words.Chain(l.Process.Chain, t.arrow), ": ", what, " of PID namespace ",
			strconv.FormatUint(uint64(ns.Info.ID.Inum), 10), ", level ", strconv.Itoa(ns.Info.Level), members(ns), maker(ns))
		t.entry(l)
	} else if len(l.Process.Chain) == 1 {
		t.say("It ", t.is, " in the initial PID namespace")
	}
	if c := l.Process.Container; c != nil {
		t.say("It ", t.is, " in the container ", words.Container(c), " (", safe.String(strings.TrimSpace(c.Runtime+" "+c.ID)), ")")
	}
}

func members(ns *report.Namespace) string {
	if ns.Over {
		return ", in which nothing lives any more"
	}
	return ", which has " + words.Count(ns.Members, "process", "processes")
}

func maker(ns *report.Namespace) string {
	switch {
	case ns.Creator.IsZero():
		return "; who created that is not known"
	case ns.Over:
		return "; that was created by " + words.Ref(ns.Creator)
	}
	return " and was created by " + words.Ref(ns.Creator)
}

// entry tells how it came into its PID namespace from outside.
func (t *teller) entry(l *report.Life) {
	e := l.Entered
	switch {
	case e == nil:
	case e.Creator.IsZero():
		t.say("It came into that namespace from outside, where its parent lives")
	case e.Setns:
		t.say("It was born into that namespace from outside: its creator ", words.Ref(e.Creator), " had entered it with setns")
	default:
		t.say("It was born into that namespace from outside: its creator ", words.Ref(e.Creator), " had made it with unshare")
	}
}

// apart tells which other namespaces are not its parent's.
func (t *teller) apart(l *report.Life) {
	a := l.Apart
	if a == nil {
		return
	}
	spaces, those := " namespaces "+t.are, "those"
	if len(a.Names) == 1 {
		spaces, those = " namespace "+t.is, "that"
	}
	text := "Its " + list(a.Names) + spaces + " not " + those + " of its parent " + words.Ref(a.Parent)
	if !a.Shared.IsZero() {
		text += ", but " + those + " of the PID 1 beside it, " + words.Ref(a.Shared)
	}
	t.say(text)
}

// list is "a", "a and b" or "a, b and c".
func list(all []string) string {
	last := len(all) - 1
	if last <= 0 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:last], ", ") + " and " + all[last]
}

// role tells what it is for.
func (t *teller) role(l *report.Life) {
	switch {
	case l.Process.Key.PID == 1:
		t.say("It ", t.is, " the host's init")
	case l.Process.Kthread:
		t.say("It ", t.is, " a kernel thread")
	}
	switch {
	case l.Role == "":
	case strings.HasPrefix(l.Role, "put into "):
		t.say("It was ", safe.String(l.Role))
	default:
		t.say("It ", t.is, " ", article(l.Role), safe.String(l.Role))
	}
}

// article returns what goes before a role: nothing where that begins with an owner's
// name or a program's own.
func article(role string) string {
	first, _, _ := strings.Cut(role, " ")
	switch {
	case strings.HasSuffix(first, "'s"), strings.HasSuffix(first, "'"), first == "gVisor,", first == "the":
		return ""
	case strings.ContainsRune("aeiou", rune(role[0])):
		return "an "
	}
	return "a "
}

// space tells the end of the namespace whose PID 1 it was.
func (t *teller) space(l *report.Life) {
	ns := l.Pidns
	if ns == nil || !ns.Over || l.Process.Key != ns.Init.Key {
		return
	}
	text := "Its PID namespace was empty then"
	if ns.ReapNS > 0 {
		text = "Its PID namespace was empty " + words.Duration(ns.ReapNS) + " later"
	}
	switch k := l.Killer; {
	case len(ns.Killed) == 0 && k != nil && k.Origin == events.OriginPidnsReap:
		text += "; " + words.ReapedOuter(k.Sender)
	case len(ns.Killed) == 0:
		text += "; nothing was left for the kernel to kill"
	default:
		text += "; the kernel killed what was left in it, " + words.Count(len(ns.Killed), "process", "processes") + ": " + words.Refs(ns.Killed, maxNamed, t.more)
	}
	t.say(text)
	if ns.Unsure > 0 {
		t.say("It may still wait in the kernel: ", words.Unsure(ns.Unsure))
	}
}
