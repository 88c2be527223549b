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
	// Moment shows when, CLOCK_BOOTTIME; nil leaves out when each was born and over.
	Moment func(bootNS uint64) string
	// User names a user id; nil shows none.
	User func(uint32) string
	// Width is how many cells a line should have; the columns that have no room are left
	// out, what tells the least first. 0 is any.
	Width int
}

type glyphs struct{ branch, last, pipe, arrow, more string }

func (o Options) glyphs() glyphs {
	if o.Unicode {
		return glyphs{"├─", "└─", "│ ", "→", "…"}
	}
	return glyphs{"|-", "`-", "| ", ">", "..."}
}

var headings = []string{"PIDNS", "LEVEL", "MEMBERS", "INIT", "USER", "USERNS", "BORN", "OVER", "AGE", "CONTAINER", "CREATOR", "COMMAND"}

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
	t := &table{Options: o, glyphs: o.glyphs(), hidden: map[string]bool{
		"USER":    o.User == nil || !anywhere(roots, func(ns *report.Namespace) bool { return ns.HasUID }),
		"USERNS":  !ownersDiffer(roots),
		"BORN":    o.Moment == nil,
		"OVER":    o.Moment == nil,
		"CREATOR": !anywhere(roots, func(ns *report.Namespace) bool { return !ns.Creator.IsZero() }), // one look knows none
	}}
	t.add(row{cells: headings, style: bold})
	for _, ns := range roots {
		t.namespace(ns, "", "")
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
	hidden map[string]bool // the columns that have nothing to tell
}

// anywhere reports whether it is so of one of the namespaces or of one below.
func anywhere(all []*report.Namespace, is func(*report.Namespace) bool) bool {
	return slices.ContainsFunc(all, func(ns *report.Namespace) bool {
		return is(ns) || anywhere(ns.Children, is)
	})
}

// ownersDiffer reports whether not all have the same owner.
func ownersDiffer(roots []*report.Namespace) bool {
	var first uint32
	return anywhere(roots, func(ns *report.Namespace) bool {
		owner := ns.Info.UserNS
		if first == 0 {
			first = owner
		}
		return owner != 0 && owner != first
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
	if ns.Over || len(ns.Holders) > 0 {
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
	init, user, owner, born, over, age, creator, command := "-", "-", "-", "-", "-", "-", "unknown", "-"
	if ns.HasUID && t.User != nil {
		user = safe.String(t.User(ns.UID))
	}
	if ns.Info.UserNS != 0 {
		owner = strconv.FormatUint(uint64(ns.Info.UserNS), 10)
	}
	if ns.Init.Comm != "" {
		command = words.Name(ns.Init.Comm)
	}
	if !ns.Init.IsZero() {
		init = strconv.Itoa(int(ns.Init.Key.PID))
	}
	if len(ns.Chain) > 0 {
		init = words.ShortChain(ns.Chain, t.arrow, t.more)
	}
	if ns.BornNS != 0 && t.Moment != nil {
		born = t.Moment(ns.BornNS)
	}
	if ns.Over && ns.EndNS != 0 && t.Moment != nil {
		over = t.Moment(ns.EndNS)
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
		init, user, owner, born, over, age, containers(ns), creator, command,
	}
}

// containers names those of the members, or that of the init where nothing lives.
func containers(ns *report.Namespace) string {
	if len(ns.Containers) == 0 {
		return words.Container(ns.Container)
	}
	names := make([]string, len(ns.Containers))
	for i, c := range ns.Containers {
		names[i] = words.Container(c)
	}
	return strings.Join(names, ",")
}

// maxHolders is how many are named of those whose children are to be born into one.
const maxHolders = 10

// remarks tell what a namespace is dying of and what it waits for, or why nothing lives
// in it.
func (t *table) remarks(ns *report.Namespace) []string {
	if len(ns.Holders) > 0 {
		return []string{
			"no process lives in it: it has had none yet, or its PID 1 has ended",
			"the children of " + words.Refs(ns.Holders, maxHolders, t.more) + " are to be born into it",
		}
	}
	if !ns.Dying {
		return nil
	}
	text, over := "dying, since when is not known", "over"
	if ns.Unsure > 0 {
		over = "empty"
	}
	switch {
	case ns.Over && ns.EndNS != 0 && ns.EndNS <= t.NowNS:
		text = over + " for " + words.Duration(t.NowNS-ns.EndNS)
	case ns.Over:
		text = over
	case ns.DyingNS != 0 && ns.DyingNS <= t.NowNS:
		text = "dying for " + words.Duration(t.NowNS-ns.DyingNS)
	}
	if ns.InitExit != nil {
		text += ": its PID 1 " + words.Status(*ns.InitExit)
	}
	switch {
	case ns.Unsure > 0:
		text += "; " + words.Unsure(ns.Unsure) + ": its PID 1 waits in the kernel until then"
	case ns.Over || ns.Visible > 0:
	case len(ns.WaitingFor) > 0:
		text += "; no process lives in it any more"
	case ns.InitWaits:
		text += "; no process lives in it any more, and its PID 1 waits in the kernel for a member that is not reaped"
	default:
		text += "; nothing lives in it, and its PID 1 is not reaped"
	}
	all := []string{text}
	for _, w := range ns.WaitingFor {
		all = append(all, "waiting for "+words.Await(w))
	}
	return all
}

// leastOf are the columns that go where there is no room for all, in that order.
var leastOf = []string{"LEVEL", "CREATOR", "USERNS", "BORN", "OVER", "USER", "AGE", "MEMBERS", "CONTAINER"}

// leastCommand is how much of a command says what it is.
const leastCommand = 10

// widths are those of the columns, of which it hides what has no room.
func (t *table) widths() []int {
	widths := make([]int, len(headings))
	for _, r := range t.rows {
		for i, c := range r.cells {
			widths[i] = max(widths[i], safe.Width(c))
		}
	}
	if t.Width <= 0 {
		return widths
	}
	for _, name := range leastOf {
		need := min(widths[len(widths)-1], leastCommand)
		for i, w := range widths[:len(widths)-1] {
			if !t.hidden[headings[i]] {
				need += w + 1
			}
		}
		if need <= t.Width {
			break
		}
		t.hidden[name] = true
	}
	return widths
}

// render aligns the columns; the last is not filled.
func (t *table) render() string {
	widths := t.widths()
	var b strings.Builder
	for _, r := range t.rows {
		line := r.remark
		for i, c := range r.cells {
			if t.hidden[headings[i]] {
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
