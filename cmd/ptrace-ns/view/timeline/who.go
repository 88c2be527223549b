package timeline

import (
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
	"github.com/ptrace-ns/ptrace-ns/events/phrase"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// who names the process of a phase and says what is particular of what it did.
func (p *printer) who(f *report.Phase) string {
	text := words.Ref(Named(f))
	if about := p.about(f); about != "" {
		text += "  " + about
	}
	return text
}

// Named is the process of a phase by a name that says something: what runs by way of
// /proc/self/exe is called exe by the kernel.
func Named(f *report.Phase) events.Ref {
	r := f.Process
	if r.Comm == "exe" && f.Program != "" {
		r.Comm = f.Program
	}
	return r
}

func (p *printer) about(f *report.Phase) string {
	switch {
	case f.Signal != nil:
		return phrase.Names(words.Ref).Signal(f.Signal, f.Process.Key)
	case f.Reparent != nil:
		return "child of " + words.Ref(f.Reparent.From) + ", then of " + words.Ref(f.Reparent.To) + " (" + because(f.Reparent) + ")"
	case f.Cgroup != "":
		return safe.String(f.Cgroup)
	case f.Name == "namespaces_unshared":
		return Flags(f.Flags)
	case f.Name == "pidns_created":
		return p.made(f)
	case f.Name == "reaped":
		return "the kernel killed " + words.Count(f.Count, "process", "processes")
	case f.Name == "exit" || strings.HasSuffix(f.Name, "_exit"):
		return p.ended(f)
	case f.Name == "running" || f.Name == "root_pivoted":
		return ""
	case f.Sends != 0:
		return names.Signal(f.Sends) + ", " + p.called(f)
	case tools[f.Part] && f.Name != "maker" && !p.top(f), strings.HasPrefix(f.Name, "stage_"):
		return p.parents(f)
	}
	text := string(words.AppendArgs(nil, f.Args, p.more))
	if f.Part == "helper" && f.Count > 1 {
		text += "; " + strconv.Itoa(f.Count) + " of them"
	}
	if f.Link == "time" {
		text += byTime(f)
	}
	return text
}

// tools are those whose command lines say little to people beyond the phase's name.
var tools = map[string]bool{"starter": true, "runtime": true, "command": true, "cleanup": true}

// top reports whether nobody of the same start called it, nor the container's shim, whose
// start was not seen: then what it was called as says what was asked for.
func (p *printer) top(f *report.Phase) bool {
	if above := p.t.Above; len(above) > 0 && above[0].Role != "" && above[0].Key == f.Parent.Key {
		return false
	}
	return len(p.t.Phases) > 0 && p.t.Phases[0].Process.Key == f.Process.Key
}

func (p *printer) made(f *report.Phase) string {
	text := strconv.FormatUint(uint64(p.t.Pidns.ID.Inum), 10)
	if !f.Creator.IsZero() {
		text += " by " + words.Ref(f.Creator)
	}
	if f.Via != "" {
		text += " (" + safe.String(f.Via) + ")"
	}
	return text
}

// called tells who called a tool or, where nobody of the same start did, as what it was
// called.
func (p *printer) called(f *report.Phase) string {
	if p.top(f) {
		return string(words.AppendArgs(nil, f.Args, p.more))
	}
	return p.parents(f)
}

// parents tells the creator, and the parent where that is another: CLONE_PARENT.
func (p *printer) parents(f *report.Phase) string {
	if f.Creator.IsZero() {
		return "child of " + words.Ref(f.Parent)
	}
	return "made by " + words.Ref(f.Creator) + ", child of " + words.Ref(f.Parent)
}

func (p *printer) ended(f *report.Phase) string {
	if f.Exit == nil {
		return ""
	}
	text := words.Status(*f.Exit)
	if f.Name == "exit" {
		return text + words.Killer(p.t.Killer, p.t.Init.Key, f.BeginNS)
	}
	return text + words.Killer(f.Killer, f.Process.Key, f.BeginNS)
}

// byTime says that no record of the kernel ties the process to the container.
func byTime(f *report.Phase) string {
	if f.Part == "helper" {
		return " (by time)"
	}
	return " (by time: the only one asking)"
}

var reasons = map[events.ReparentReason]string{
	events.ReparentThread: "another thread", events.ReparentSubreaper: "nearest subreaper",
	events.ReparentPidnsInit: "the namespace's PID 1", events.ReparentInit: "the init",
}

func because(d *events.ReparentDetail) string {
	return words.Or(reasons[d.Reason], "reason not known")
}

// Flags names the namespaces of clone flags as /proc/PID/ns does.
func Flags(flags uint64) string {
	var all []string
	for name := range names.CloneFlags(flags) {
		name = strings.ToLower(strings.TrimPrefix(name, "CLONE_NEW"))
		if name == "ns" {
			name = "mnt"
		}
		all = append(all, name)
	}
	return strings.Join(all, " ")
}
