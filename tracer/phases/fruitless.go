package phases

import (
	"cmp"
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// Fruitless returns those who were called to make a container and ended with an error
// before any process of one was born: a client whose daemon refused, a runtime that
// could not read its bundle. They come in the order of their calls, as a phase "asked".
// Where containers were born it is known only of clients who say so by their status.
func (r *Recorder) Fruitless() (found []report.Phase) {
	x := r.index()
	born, served := false, map[*life]bool{}
	for _, s := range r.subjects {
		if s.init.seenBorn() {
			born = true
			for _, l := range x.stage(s).who[client] {
				served[l] = true
			}
		}
	}
	all := slices.Clone(x.clients)
	for _, calls := range x.byID[beside] {
		all = append(all, calls...)
	}
	slices.SortFunc(all, func(a, b call) int { return inOrder(a.life, b.life) })
	for _, c := range all {
		if !c.asks() || c.exit == nil || c.exit.Exit == nil || c.exit.Exit.Status == (events.ExitStatus{}) {
			continue
		}
		if born && (served[c.life] || !report.Refused(programName(c.image), c.exit.Exit.Status)) {
			continue
		}
		found = append(found, report.Phase{
			Name: "asked", Section: report.Starting, Part: string(client), Process: events.Ref{Key: c.key, Comm: c.image.Comm},
			Program: programName(c.image), Parent: c.parent(), Args: c.image.Args, Seq: c.at.Seq, BeginNS: c.at.BootNS,
			EndNS: max(c.exit.BootNS, c.at.BootNS), Exit: &c.exit.Exit.Status,
		})
	}
	return found
}

// Hidden returns the shims of containers whose processes are not the host's, those of Kata
// and gVisor, as far as no process of theirs is a timeline's: a phase "shim" each.
func (r *Recorder) Hidden() (found []report.Phase) {
	for _, l := range r.lives {
		image := l.image(roleShim)
		role := container.RoleOf(image)
		if role.Call.ID == "" || !hidden[role.Genealogy] || l.is(roleShim) && commandOf(image, roleShim).verb != "" {
			continue
		}
		found = append(found, report.Phase{
			Name: "shim", Section: report.Running, Part: string(shim), Process: events.Ref{Key: l.key, Comm: image.Comm},
			Program: programName(image), Parent: l.last.Parent, Args: image.Args, BeginNS: l.firstNS,
		})
	}
	slices.SortFunc(found, func(a, b report.Phase) int { return cmp.Compare(a.Process.Key.Start, b.Process.Key.Start) })
	return found
}

// hidden are the genealogies of those.
var hidden = map[string]bool{"kata": true, "gvisor": true}
