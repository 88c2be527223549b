package forest

import (
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// notes writes what is to be said of a process behind its name: what it has of its
// parent is not said again.
func (p *printer) notes(n, parent *report.Node, enters bool) {
	process := &n.Process
	if user := p.user(n, parent); user != "" {
		p.note("", "("+safe.String(user)+")")
	}
	if c := process.Container; c != nil && (parent == nil || !parent.Process.Container.Equal(c)) {
		p.note(cyan, "["+label(c)+"]")
	}
	if enters {
		own := process.Chain.Own().NS
		p.note(p.color(process.Chain), "{PID namespace "+strconv.FormatUint(uint64(own.Inum), 10)+", level "+strconv.Itoa(process.Chain.Level())+"}")
	}
	above := n.Outside
	if above == nil && parent != nil {
		above = &parent.Process
	}
	if p.Namespaces && above != nil {
		if names := report.Differing(process.NS, above.NS); len(names) > 0 {
			p.note(cyan, "{"+strings.Join(names, ",")+"}")
		}
	}
	if n.Label != "" {
		p.note(dim, safe.String(n.Label))
	}
	if process.Subreaper {
		p.note(dim, reaping(n.State))
	}
	if j := process.Job; j != nil && !j.Ptracer.IsZero() {
		p.note(dim, "traced by "+words.Ref(j.Ptracer))
	}
	if n.Outside != nil && len(n.Outside.Chain) > 0 && n.Outside.Chain.Own().NS != process.Chain.Own().NS {
		p.note(dim, "parent "+words.Ref(n.Outside.Ref())+" outside")
	}
	if below := kthreads(n); process.Kthread && !p.Kthreads && below > 0 {
		p.note(dim, "and "+words.Count(below, "kernel thread", "kernel threads")+" below it")
	}
	p.ending(n)
	if text := unsure(n); text != "" {
		p.note(yellow, text)
	}
	if n.ReparentedBefore > 0 {
		p.note(magenta, "reparented "+words.Count(n.ReparentedBefore, "time", "times")+" before:")
	}
	for _, a := range n.Reparented {
		p.note(magenta, moved(a, p.arrow))
	}
}

// user names the user where that is not the parent's.
func (p *printer) user(n, parent *report.Node) string {
	process := &n.Process
	if !process.HasIDs || p.User == nil || parent != nil && parent.Process.HasIDs && parent.Process.UID == process.UID {
		return ""
	}
	return p.User(process.UID)
}

// unsure says what is not certain of the parent; what is predicted is told with the
// change of parent.
func unsure(n *report.Node) string {
	switch {
	case n.State == report.Unseen:
		return ""
	case n.Certainty == report.Inferred:
		return "parent inferred: records were lost"
	case n.Certainty == report.Unknown:
		return "parent unknown"
	case n.Certainty == report.Predicted && len(n.Reparented) == 0:
		return "parent predicted"
	}
	return ""
}

// reaping marks a subreaper. No record of an end says whether the process still was one.
func reaping(s report.State) string {
	if s == report.Live || s == report.Unseen {
		return "subreaper"
	}
	return "was subreaper"
}

// ending says how far a process is that does not live.
func (p *printer) ending(n *report.Node) {
	switch n.State {
	case report.Unseen:
		p.note(dim, "(not seen itself)")
		return
	case report.Gone:
		p.note(yellow, "ended unseen")
		return
	case report.Live:
		return
	}
	p.note(yellow, p.end(n))
}

// end says how a process ended, and in angle brackets what is left of it.
func (p *printer) end(n *report.Node) string {
	text := "ended"
	if n.Exit != nil && (n.State == report.Exited || p.Ended) {
		text = words.Status(*n.Exit)
	}
	if n.LifetimeNS != 0 {
		text += " after " + words.Duration(n.LifetimeNS)
	}
	key := n.Process.Key
	text += words.Killer(n.Killer, key, key.Start+n.LifetimeNS)
	switch {
	case n.State == report.Ending:
		return "<" + text + ", waits in the kernel for its namespace's members>"
	case n.State == report.Zombie && text == "ended":
		return "<zombie>"
	case n.State == report.Zombie:
		return "<zombie, " + text + ">"
	}
	return text
}

func (p *printer) note(style, text string) {
	p.piece("", " ")
	p.piece(style, text)
}

func label(c *events.Container) string {
	if c.Runtime == "" {
		return words.Container(c)
	}
	return safe.String(c.Runtime) + " " + words.Container(c)
}

// moved tells one change of parent in a few words.
func moved(a report.Adoption, arrow string) string {
	text := "reparented " + words.Ref(a.From) + " " + arrow + " " + words.Ref(a.To)
	var why []string
	if a.Reason != events.ReparentUnknown {
		why = append(why, a.Reason.String())
	}
	if !a.Confirmed {
		why = append(why, "predicted")
	}
	if len(why) > 0 {
		text += " (" + strings.Join(why, ", ") + ")"
	}
	return text
}

// kthreads counts those below.
func kthreads(n *report.Node) (sum int) {
	for _, c := range n.Children {
		sum += kthreads(c)
		if c.Process.Kthread {
			sum++
		}
	}
	return sum
}
