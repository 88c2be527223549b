package account

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/timeline"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

func (a *teller) what() {
	t := a.t
	verb := "runs "
	if t.EndedNS != 0 {
		verb = "ran "
	}
	text := timeline.Title(t)
	if len(t.Also) > 0 {
		text += ", also called " + safe.String(strings.Join(t.Also, ", ")) + ","
	}
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
	a.meanwhile()
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

// meanwhile tells what a daemon had others do while only one start was under way.
func (a *teller) meanwhile() {
	var all, certain []string
	boss := ""
	for i := range a.t.Phases {
		f := &a.t.Phases[i]
		if f.Part != "helper" || f.Link == "" {
			continue
		}
		boss = ref(f.Parent)
		one := strconv.Itoa(f.Count) + " " + quoted(timeline.Named(f).Comm) + calledAs(f)
		if f.Link == "arguments" {
			certain = append(certain, one)
		} else {
			all = append(all, one)
		}
	}
	if slices.ContainsFunc(a.t.Absent, func(x report.Absence) bool { return x.Phase == "network" && x.Why == "others" }) {
		a.unknown("network", "What its daemon ran for it meanwhile is not known: others called the daemon at that time")
	}
	if len(certain) > 0 {
		a.say("network", boss, " ran for it ", strings.Join(certain, ", "), ", whose arguments have its address")
	}
	if len(all) > 0 {
		a.say("network", boss, " ran meanwhile ", strings.Join(all, ", "), ", which only the time ties to it")
	}
}

// calledAs is the word that a helper was called by, where that is not its program's name: a
// daemon that has itself do something says there what.
func calledAs(f *report.Phase) string {
	for word := range f.Args.All {
		if name := path.Base(string(word)); name != timeline.Named(f).Comm && name != f.Program {
			return " (" + quoted(name) + ")"
		}
		break
	}
	return ""
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
