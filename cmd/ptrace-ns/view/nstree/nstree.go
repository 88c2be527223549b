// Package nstree prints the hierarchy of PID namespaces for people. It knows
// reports, and nothing of where they come from.
package nstree

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// Options say what the terminal can show.
type Options struct {
	Color   bool
	Unicode bool // else ASCII stands for lines and arrows
	NowNS   uint64
}

type glyphs struct{ branch, last, pipe, arrow, more string }

func (o Options) glyphs() glyphs {
	if o.Unicode {
		return glyphs{"├─", "└─", "│ ", "→", "…"}
	}
	return glyphs{"|-", "`-", "| ", ">", "..."}
}

var headings = []string{"PIDNS", "LEVEL", "MEMBERS", "INIT", "AGE", "CONTAINER", "CREATOR", "COMMAND"}

// The only escape sequences that a line may hold.
const (
	reset = "\x1b[0m"
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	alarm = "\x1b[1;31m"
)

// Write prints one namespace a line, those below it under it, and what a dying one
// waits for on further lines.
func Write(w io.Writer, roots []*report.Namespace, o Options) error {
	t := &table{Options: o, glyphs: o.glyphs(), hidden: -1}
	t.add(row{cells: headings, style: bold})
	for _, ns := range roots {
		t.namespace(ns, "", "")
	}
	if !anyCreator(roots) {
		t.hidden = slices.Index(headings, "CREATOR")
	}
	_, err := io.WriteString(w, t.render())
	return err
}

// row is a line of cells, or a remark.
type row struct {
	cells  []string
	remark string
	style  string
}

type table struct {
	Options
	glyphs
	rows   []row
	hidden int // the column that has nothing to tell, or -1
}

// anyCreator reports whether a creator is known: one look knows none.
func anyCreator(all []*report.Namespace) bool {
	return slices.ContainsFunc(all, func(ns *report.Namespace) bool {
		return !ns.Creator.IsZero() || anyCreator(ns.Children)
	})
}

func (t *table) add(r row) { t.rows = append(t.rows, r) }

func (t *table) namespace(ns *report.Namespace, lead, indent string) {
	t.add(row{cells: t.cells(ns, lead)})
	below := "  "
	if len(ns.Children) > 0 {
		below = t.pipe
	}
	style := alarm
	if ns.Over {
		style = dim
	}
	for _, text := range t.remarks(ns) {
		t.add(row{remark: indent + below + text, style: style})
	}
	for i, c := range ns.Children {
		mark, more := t.branch, t.pipe
		if i == len(ns.Children)-1 {
			mark, more = t.last, "  "
		}
		t.namespace(c, indent+mark, indent+more)
	}
}

func (t *table) cells(ns *report.Namespace, lead string) []string {
	members := strconv.Itoa(ns.Members)
	if below := ns.Visible - ns.Members; below > 0 {
		members += "+" + strconv.Itoa(below)
	}
	init, age, creator, command := "-", "-", "unknown", "-"
	if ns.Init.Comm != "" {
		command = words.Name(ns.Init.Comm)
	}
	if !ns.Init.IsZero() {
		init = strconv.Itoa(int(ns.Init.Key.PID))
	}
	if len(ns.Chain) > 0 {
		init = words.Chain(ns.Chain, t.arrow)
	}
	if ns.AgeNS != 0 {
		age = words.Duration(ns.AgeNS)
	}
	switch {
	case !ns.Creator.IsZero():
		creator = words.Ref(ns.Creator)
		if ns.Via != "" {
			creator += " via " + safe.String(ns.Via)
		}
	case ns.Info.Level == 0:
		creator = "-"
	}
	if len(ns.Args.Raw) > 0 {
		command = string(words.AppendArgs(nil, ns.Args, t.more))
		if exe := words.Unsaid(&events.Process{Args: ns.Args, Exe: ns.Exe}); exe != "" {
			command += "  [image " + safe.String(exe) + "]"
		}
	}
	return []string{
		lead + strconv.FormatUint(uint64(ns.Info.ID.Inum), 10), strconv.Itoa(ns.Info.Level), members,
		init, age, words.Container(ns.Container), creator, command,
	}
}

// remarks tell what a namespace is dying of and what it waits for.
func (t *table) remarks(ns *report.Namespace) []string {
	if !ns.Dying {
		return nil
	}
	text := "dying, since before this look"
	switch {
	case ns.Over && ns.EndNS != 0 && ns.EndNS <= t.NowNS:
		text = "over since " + words.Duration(t.NowNS-ns.EndNS) + " ago"
	case ns.Over:
		text = "over"
	case ns.DyingNS != 0 && ns.DyingNS <= t.NowNS:
		text = "dying since " + words.Duration(t.NowNS-ns.DyingNS) + " ago"
	}
	if ns.InitExit != nil {
		text += ": its PID 1 " + words.Status(*ns.InitExit)
	}
	if !ns.Over && ns.Visible == 0 && len(ns.WaitingFor) == 0 {
		text += "; nothing lives in it, and its PID 1 is not reaped"
	}
	all := []string{text}
	for _, w := range ns.WaitingFor {
		what := "waiting for "
		if w.Zombie {
			what = "waiting for the zombie "
		}
		all = append(all, what+words.Ref(w.Process)+", whose parent "+words.Ref(w.Parent)+" lives outside")
	}
	return all
}

// render aligns the columns; the last is not filled.
func (t *table) render() string {
	widths := make([]int, len(headings))
	for _, r := range t.rows {
		for i, c := range r.cells {
			widths[i] = max(widths[i], safe.Width(c))
		}
	}
	var b strings.Builder
	for _, r := range t.rows {
		line := r.remark
		for i, c := range r.cells {
			if i == t.hidden {
				continue
			}
			line += c
			if i < len(r.cells)-1 {
				line += strings.Repeat(" ", widths[i]-safe.Width(c)+1)
			}
		}
		if t.Color && r.style != "" {
			line = r.style + line + reset
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}
