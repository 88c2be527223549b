package tui

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// columns are the widths for a width of the screen; 0 is left out. The command has what
// the others leave.
type columns struct{ pid, chain, command, container, age, rate, story int }

// columns has room for the numbers that there are, and no more.
func (m *Model) columns() columns {
	width, n := m.width, m.layout.numbers
	pid, beside := max(n.pid, len("PID")), min(max(n.chain, len("CHAIN")), 14)
	c := columns{chain: min(max(n.pid, n.chain, len("PID")), 12), age: 6}
	switch {
	case width >= 130:
		c = columns{pid: pid, chain: beside, container: 24, age: 6, rate: 5, story: 36}
	case width >= 100:
		c = columns{pid: pid, chain: beside, container: 16, age: 6, rate: 5}
	case width >= 72:
		c.container, c.rate = 12, 5
	case width >= 56:
		c.container = 10
	default:
		c.age = 0
	}
	c.command = width
	for _, w := range []int{c.pid, c.chain, c.container, c.age, c.rate, c.story} {
		if w > 0 {
			c.command -= w + 1
		}
	}
	c.command = max(c.command, 1)
	return c
}

func (m *Model) headings() string {
	c, p := m.columns(), m.pen(plain)
	put := func(text string, width int, right bool) {
		if width == 0 {
			return
		}
		if right {
			text = fitRight(text, width, "")
		}
		p.put(m.look.heading, fit(text, width, ""))
		p.put(m.look.heading, " ")
	}
	chain := "CHAIN"
	if c.pid == 0 {
		if chain = "PID" + m.glyphs.arrow + "INNER"; cells(chain) > c.chain {
			chain = "PID"
		}
	}
	put("PID", c.pid, true)
	put(chain, c.chain, false)
	put("COMMAND", c.command, false)
	put("CONTAINER", c.container, false)
	put("AGE", c.age, true)
	put("EV/S", c.rate, true)
	put("STORY", c.story, false)
	return p.line()
}

// bodyLine draws a process or a heading.
func (m *Model) bodyLine(c columns, at int) string {
	under := plain
	if at == m.line {
		under = reverse
	}
	m.work.lines++
	p := m.pen(under)
	l := m.layout.lines[at]
	if l.row < 0 {
		group := &m.layout.clusters[l.group]
		p.put(m.look.group, group.title+", "+words.Count(group.living, "process", "processes"))
		if group.ended > 0 {
			p.put(dim, ", "+strconv.Itoa(group.ended)+" ended")
		}
		if l.hidden > 0 {
			p.put(dim, " [+]")
		}
		return p.line()
	}
	row := &m.scene.Rows[l.row]
	style := m.styleOf(row)
	chain := m.chainText(row, c.pid > 0)
	m.cell(p, style, fitRight(strconv.Itoa(int(row.Key.PID)), c.pid, ""), c.pid)
	m.cell(p, or(style, m.spaceStyle(row.Chain)), fit(chain, c.chain, m.glyphs.more), c.chain)
	m.commandCell(p, c, l, row, style)
	m.cell(p, or(style, m.look.container), fit(containerText(row), c.container, m.glyphs.more), c.container)
	m.cell(p, or(style, dim), fitRight(m.age(row), c.age, ""), c.age)
	m.cell(p, style, fitRight(rateText(row.Rate(m.scene.NowNS)), c.rate, ""), c.rate)
	if c.story > 0 {
		told, storyStyle := m.story(row)
		m.cell(p, storyStyle, fit(told, c.story, m.glyphs.more), c.story)
	}
	return p.line()
}

func (m *Model) cell(p *pen, style, text string, width int) {
	if width > 0 {
		p.put(style, text)
		p.put(plain, " ")
	}
}

func or(style, otherwise string) string {
	if style != plain {
		return style
	}
	return otherwise
}

// commandCell writes where in the tree the process is, what it is called and, where that
// has no column, its story.
func (m *Model) commandCell(p *pen, c columns, l line, row *scene.Row, style string) {
	c.command = min(c.command, p.left)
	inner := newPen(c.command, m.glyphs.more, plain)
	inner.under = p.under
	lead := m.lead(l, c.command*2/5)
	inner.put(dim, lead)
	folded, told, storyStyle := "", "", ""
	if l.hidden > 0 {
		folded = " [+" + strconv.Itoa(int(l.hidden)) + "]"
	}
	room := c.command - cells(lead)
	if c.story == 0 {
		told, storyStyle = m.storyWithin(row, room-2-min(12, cells(m.name(row, room))))
	}
	if told != "" {
		// What happened to it says more than the end of a long command line.
		room = max(room-cells(told)-2, min(12, room))
	}
	name := cut(m.name(row, room-len(folded)), max(room-len(folded), 0), m.glyphs.more) + folded
	inner.put(style, name)
	if told != "" {
		inner.put(plain, "  ")
		inner.put(storyStyle, told)
	}
	text := inner.b.String()
	p.b.WriteString(text)
	for ; inner.left > 0; inner.left-- {
		p.b.WriteByte(' ')
	}
	p.left -= c.command
	p.put(plain, " ")
}

// lead draws the branches that lead to a line. Where they have no room it says how deep
// the line is.
func (m *Model) lead(l line, room int) string {
	text, depth := "", 0
	for first := true; l.up >= 0; first = false {
		if up := m.layout.lines[l.up]; up.row < 0 {
			if first {
				text = "  "
			}
			break
		}
		switch {
		case first && l.last:
			text = m.glyphs.last
		case first:
			text = m.glyphs.branch
		case depth*cells(m.glyphs.pipe) > room: // only how deep it is counts any more
		case l.last:
			text = "  " + text
		default:
			text = m.glyphs.pipe + text
		}
		depth++
		l = m.layout.lines[l.up]
	}
	if cells(text) <= room || depth <= 1 {
		return cut(text, room, "")
	}
	branch := text[len(text)-len(m.glyphs.branch):]
	return cut(fit(strconv.Itoa(depth), room/2*2-cells(branch), "")+branch, room, "")
}

// name is the command line or the kernel's name for the process. Where the line has no
// room, the directory of its program is the first to go.
func (m *Model) name(row *scene.Row, room int) string {
	switch {
	case row.Kthread:
		return "[" + clean(row.Comm) + "]"
	case m.Args && len(row.Args.Raw) > 0:
		line := m.commandLine(row.Args)
		if dir := directory(row.Args); dir > 0 && cells(line) > room {
			short := row.Args
			short.Raw = short.Raw[dir:]
			line = m.commandLine(short)
		}
		return line
	case row.Comm == "":
		return "?"
	}
	return clean(words.Name(row.Comm))
}

func (m *Model) commandLine(args events.Args) string {
	return clean(string(words.AppendArgs(nil, args, m.glyphs.more)))
}

// directory is how many bytes of the first argument name the directory of a program; 0
// where it is no such path: a process may write there what it likes.
func directory(args events.Args) int {
	program, _, _ := bytes.Cut(args.Raw, []byte{0})
	at := bytes.LastIndexByte(program, '/') + 1
	if at == len(program) || program[0] != '/' && program[0] != '.' || bytes.IndexByte(program[:at], ' ') >= 0 {
		return 0
	}
	return at
}

// chainText is the PID at every level; beside the host's own column it is told only of
// those that have more than that one.
func (m *Model) chainText(row *scene.Row, beside bool) string {
	switch {
	case len(row.Chain) > 1:
		return words.Chain(row.Chain, m.glyphs.arrow)
	case beside:
		return "-"
	}
	return strconv.Itoa(int(row.Key.PID))
}

func (m *Model) spaceStyle(c events.PIDChain) string {
	if c.Level() <= 0 {
		return plain
	}
	own := c.Own().NS
	return m.look.spaces[(uint64(own.Inum)+own.ID)%uint64(len(m.look.spaces))]
}

func containerText(row *scene.Row) string {
	name := ""
	if row.Container != nil {
		name = words.Container(row.Container)
	}
	if row.Role != "" && name != "" {
		name += " "
	}
	return clean(name + row.Role)
}

func rateText(rate float64) string {
	if rate < 0.5 {
		return ""
	}
	return strconv.Itoa(int(rate + 0.5))
}

// age is how long a process has lived, or did.
func (m *Model) age(row *scene.Row) string {
	switch {
	case row.End != nil && row.End.LifetimeNS > 0:
		return ageText(row.End.LifetimeNS)
	case row.Key.Start == 0 || row.Key.Start > m.scene.NowNS || row.State == report.Unseen:
		return ""
	}
	return ageText(m.scene.NowNS - row.Key.Start)
}

// ageText is a span of time in at most six cells.
func ageText(ns uint64) string {
	s := ns / 1e9
	switch {
	case ns < 1e9:
		return strconv.FormatUint(ns/1e6, 10) + "ms"
	case s < 60:
		return fmt.Sprintf("%d.%ds", s, ns%1e9/1e8)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	case s < 86400:
		return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
	case s < 100*86400:
		return fmt.Sprintf("%dd%02dh", s/86400, s/3600%24)
	}
	return strconv.FormatUint(s/86400, 10) + "d"
}
