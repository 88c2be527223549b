// Package timeline draws a container's start and end as bars, widths to scale. It
// knows reports, and nothing of where they come from nor of how a phase is
// recognised.
package timeline

import (
	"fmt"
	"io"
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
	Color    bool
	Unicode  bool // else ASCII stands for bars and arrows
	Width    int  // in cells; 0 is no limit
	BootTime int64
	Zone     *time.Location
}

// The widths of the columns before the bars.
const (
	offsetWidth   = 9
	nameWidth     = 20
	durationWidth = 8
	before        = offsetWidth + 2 + nameWidth + 1 + durationWidth + 2
)

// Widths of the bars: half of what is left, within these.
const (
	leastBar = 10
	mostBar  = 40
	plainBar = 30 // where there is no terminal
)

// The only escape sequences that a line may hold.
const (
	reset = "\x1b[0m"
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
)

// partColors tell apart who does what.
var partColors = map[string]string{
	"client": "\x1b[33m", "stopper": "\x1b[33m", "sender": "\x1b[33m", "shim": "\x1b[35m", "starter": "\x1b[35m", "cleanup": "\x1b[35m",
	"runtime": "\x1b[36m", "command": "\x1b[36m", "stage0": "\x1b[36m", "stage1": "\x1b[36m", "init": "\x1b[32m",
}

type printer struct {
	Options
	glyphs
	out strings.Builder
	t   *report.Timeline
	bar int
}

// Write draws one timeline.
func Write(w io.Writer, t *report.Timeline, o Options) error {
	p := &printer{Options: o, glyphs: glyphsOf(o.Unicode), t: t, bar: plainBar}
	if o.Width > 0 {
		p.bar = min(max((o.Width-before)/2, leastBar), mostBar)
	}
	p.head()
	for _, section := range []report.Section{report.Starting, report.Running, report.Stopping} {
		p.section(section)
	}
	p.absent()
	_, err := io.WriteString(w, p.out.String())
	return err
}

// line writes a line of text that is safe already, cut at the terminal's width.
func (p *printer) line(style, text string) {
	if p.Width > 0 && safe.Width(text) > p.Width {
		text = safe.Cut(text, max(p.Width-safe.Width(p.more), 0)) + p.more
	}
	if p.Color && style != "" {
		text = style + text + reset
	}
	p.out.WriteString(text + "\n")
}

func (p *printer) head() {
	if p.t.NeverRan {
		p.line(bold, Title(p.t)+"  never ran: "+Failure(p.t, words.Ref)+p.wanted())
	} else {
		p.line(bold, Title(p.t)+"  "+string(words.AppendArgs(nil, p.t.Args, p.more)))
	}
	init := "init " + words.Ref(p.t.Init)
	if len(p.t.Chain) > 1 {
		init = "init " + words.Chain(p.t.Chain, p.arrow) + " " + safe.String(p.t.Init.Comm)
	}
	ns := ", PID namespace " + strconv.FormatUint(uint64(p.t.Pidns.ID.Inum), 10) + ", level " + strconv.Itoa(p.t.Pidns.Level)
	if p.t.Shared {
		ns += ", which was there before"
	}
	p.line("", init+ns)
	if seen := FirstSeen(p.t); p.t.BeganNS == 0 && seen != "" {
		p.line("", seen+", from which the offsets are; child of "+Above(p.t, words.Ref))
	}
	var made []string
	if p.t.Genealogy != "" {
		made = append(made, "genealogy: "+safe.String(p.t.Genealogy))
	}
	if len(p.t.Namespaces) > 0 {
		made = append(made, "new namespaces: "+strings.Join(p.t.Namespaces, " "))
	}
	if len(p.t.Joined) > 0 {
		made = append(made, "joined: "+strings.Join(p.t.Joined, " "))
	}
	if len(made) > 0 {
		p.line("", strings.Join(made, "; "))
	}
}

// wanted is what the one who asked for it ended with.
func (p *printer) wanted() string {
	for i := range p.t.Phases {
		if f := &p.t.Phases[i]; f.Exit != nil && (f.Name == "client_exit" || f.Name == "runtime_exit") {
			return "; " + words.Ref(Named(f)) + " " + words.Status(*f.Exit)
		}
	}
	return ""
}

// Title names a container or a namespace.
func Title(t *report.Timeline) string {
	switch runtime := safe.String(t.Runtime); {
	case t.Container != nil:
		text := words.Or(runtime, "container") + " " + words.Container(t.Container)
		if id := t.Container.ID; t.Container.Name != "" && id != t.Container.Name {
			text += " (" + safe.String(words.ShortID(id)) + ")"
		}
		return text
	case runtime != "" && t.ID != strconv.FormatUint(uint64(t.Pidns.ID.Inum), 10):
		return runtime + " " + safe.String(t.ID)
	case runtime != "":
		return runtime + ", PID namespace " + safe.String(t.ID)
	}
	return "PID namespace " + safe.String(t.ID)
}

// section draws the phases of one section over their own time.
func (p *printer) section(section report.Section) {
	var phases []*report.Phase
	s := scale{}
	for i := range p.t.Phases {
		if f := &p.t.Phases[i]; f.Section == section {
			phases = append(phases, f)
			s.include(f)
		}
	}
	if len(phases) == 0 {
		return
	}
	p.out.WriteByte('\n')
	p.line(bold, p.sectionTitle(section, s))
	for _, f := range phases {
		p.phase(f, s, section != report.Running)
	}
}

func (p *printer) sectionTitle(section report.Section, s scale) string {
	at := time.Unix(0, p.BootTime+int64(s.from)).In(p.Zone).Format("15:04:05.000")
	switch {
	case section == report.Starting && p.t.RunsNS > p.t.BeganNS && p.t.BeganNS != 0:
		return "start at " + at + ", " + words.Duration(p.t.RunsNS-p.t.BeganNS) + " to the entrypoint"
	case section == report.Starting:
		return "start at " + at
	case section == report.Running:
		return "run from " + at
	}
	return "end from " + at + ", " + words.Duration(s.to-s.from)
}

func (p *printer) phase(f *report.Phase, s scale, bars bool) {
	duration := "-"
	switch {
	case f.Moment:
		duration = ""
	case f.EndNS != 0:
		duration = words.Duration(f.EndNS - f.BeginNS)
	}
	bar := strings.Repeat(" ", p.bar)
	if bars {
		bar = p.draw(f, s)
	}
	first := pad(offset(f.BeginNS, p.base()), -offsetWidth) + "  " + pad(Label(f.Name), nameWidth) + " " + pad(duration, -durationWidth) + "  "
	who := p.who(f)
	if room := p.Width - before - p.bar - 1; p.Width > 0 && safe.Width(who) > room {
		who = safe.Cut(who, max(room-safe.Width(p.more), 0)) + p.more
	}
	line := first + p.paint(partColors[f.Part], bar) + " " + who
	p.out.WriteString(strings.TrimRight(line, " ") + "\n")
}

func (p *printer) paint(style, text string) string {
	if !p.Color || style == "" || strings.TrimSpace(text) == "" {
		return text
	}
	return style + text + reset
}

// base is what offsets are from: the first sign of it or, where that was not seen, the
// birth of its init, of which the kernel keeps the time.
func (p *printer) base() uint64 {
	if p.t.BeganNS == 0 && p.t.SeenNS != 0 {
		return p.t.Init.Key.Start
	}
	return p.t.BeganNS
}

// Label is a phase's name for people.
func Label(name string) string { return strings.ReplaceAll(name, "_", " ") }

const second = 1_000_000_000

// offset is when a phase begins, from the first sign of the container.
func offset(ns, from uint64) string {
	switch {
	case from == 0 || ns < from:
		return ""
	case ns == from:
		return "+0"
	case ns-from >= second && ns-from < 100*second:
		return fmt.Sprintf("+%.3f s", float64(ns-from)/second)
	}
	return "+" + words.Duration(ns-from)
}

// pad fills up to a width, on the left where that is negative.
func pad(text string, width int) string {
	fill := strings.Repeat(" ", max(max(width, -width)-safe.Width(text), 0))
	if width < 0 {
		return fill + text
	}
	return text + fill
}

var whys = map[string]string{
	"before": "before the recording", "not_recorded": "not recorded", "lost": "lost", "not_seen": "not seen", "others": "others called the daemon then",
}

// absent says what is not known.
func (p *printer) absent() {
	for i, a := range p.t.Absent {
		if i == 0 {
			p.out.WriteByte('\n')
		}
		why := words.Or(whys[a.Why], safe.String(a.Why))
		if a.Why == "not_recorded" {
			why += ": see record -- CMD, or watch --syscalls -e +cgroup_mkdir,+cgroup_rmdir"
		}
		p.line(dim, "not known: "+Label(a.Phase)+" ("+why+")")
	}
}

// Names lists containers and namespaces, one a line, to choose from.
func Names(w io.Writer, all []*report.Timeline, o Options) error {
	p := &printer{Options: o, glyphs: glyphsOf(o.Unicode)}
	p.line(bold, pad("ID", 14)+pad("RUNTIME", 12)+pad("INIT", 12)+pad("START", 11)+pad("STATE", 22)+"COMMAND")
	for _, t := range all {
		id := words.Container(&events.Container{ID: t.ID})
		took := "before"
		if t.RunsNS > t.BeganNS && t.BeganNS != 0 {
			took = words.Duration(t.RunsNS - t.BeganNS)
		} else if t.NeverRan {
			took = "failed"
		} else if t.BeganNS != 0 {
			took = "not seen"
		}
		state := "running"
		if t.Exit != nil {
			state = words.Status(*t.Exit)
		} else if t.EndedNS != 0 {
			state = "ended"
		}
		name := ""
		if t.Container != nil && t.Container.Name != "" {
			name = " (" + safe.String(t.Container.Name) + ")"
		}
		p.line("", pad(id, 14)+pad(words.Or(safe.String(t.Runtime), "-"), 12)+pad(words.Chain(t.Chain, p.arrow), 12)+pad(took, 11)+
			pad(state, 22)+string(words.AppendArgs(nil, t.Args, p.more))+name)
	}
	_, err := io.WriteString(w, p.out.String())
	return err
}
