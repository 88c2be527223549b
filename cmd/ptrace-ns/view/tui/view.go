package tui

import (
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
)

// headerLines are those above the body: what there is, and the headings.
const headerLines = 2

type glyphs struct {
	branch, last, pipe, arrow, from, more        string
	played, ahead, playing, stopped, open, close string
}

func (o Options) glyphs() glyphs {
	if o.Unicode {
		return glyphs{"├─", "└─", "│ ", "→", "← ", "…", "━", "─", "|>", "||", "╭", "╰"}
	}
	return glyphs{"|-", "`-", "| ", ">", "< ", "...", "=", "-", "|>", "||", "+", "+"}
}

// footerLines are those below the body.
func (m *Model) footerLines() int {
	n := 1
	if m.player != nil {
		n++
	}
	if m.prompt != nil && m.prompt.of == filtering {
		n += len(m.hints())
	}
	return n
}

func (m *Model) bodyHeight() int { return max(0, m.height-headerLines-m.footerLines()) }

// View returns the screen.
func (m *Model) View() tea.View {
	if m.drawn == "" {
		m.drawn = m.draw()
	}
	v := tea.NewView(m.drawn)
	v.AltScreen, v.MouseMode = true, tea.MouseModeCellMotion
	return v
}

// draw returns as many lines as the screen has, each as wide.
func (m *Model) draw() string {
	if m.width <= 0 || m.height <= 0 {
		return ""
	}
	m.work.screens++
	lines := make([]string, 0, m.height)
	lines = append(lines, m.header())
	if m.pane != nil {
		lines = append(lines, m.box()...)
	} else {
		lines = append(lines, m.headings())
		lines = append(lines, m.body()...)
	}
	lines = append(lines, m.footer()...)
	if len(lines) > m.height {
		lines = append(lines[:1], lines[len(lines)-m.height+1:]...)
	}
	return strings.Join(lines, "\n")
}

func (m *Model) pen(under string) *pen { return newPen(m.width, m.glyphs.more, under) }

// header says what there is. What has no room is left out, the least first.
func (m *Model) header() string {
	p := m.pen(plain)
	if m.scene == nil {
		p.put(m.look.title, "ptrace-ns: looking at all processes")
		return p.line()
	}
	sc := m.scene
	type piece struct {
		style, text string
		cut         bool // rather than left out
	}
	pieces := []piece{{style: m.look.title, text: m.clock(sc.NowNS)}}
	add := func(style, text string) { pieces = append(pieces, piece{style: style, text: text}) }
	if m.paused {
		add(reverse, "paused, "+words.Count(int(m.behind), "event", "events")+" behind")
	}
	if sc.Lost > 0 {
		add(m.look.failed, strconv.FormatUint(sc.Lost, 10)+" lost")
	}
	if m.Nobody != "" || m.filter != nil {
		add(plain, strconv.Itoa(sc.Wanted)+" of "+words.Count(sc.Living, "process", "processes"))
	} else {
		add(plain, words.Count(sc.Living, "process", "processes"))
	}
	add(plain, strconv.Itoa(int(sc.Rate+0.5))+" events/s")
	if m.filter != nil {
		pieces = append(pieces, piece{m.look.moved, "filter " + clean(m.filterText), true})
	}
	if m.follow {
		add(m.look.born, "following")
	}
	if m.Group != Tree {
		add(plain, "by "+[...]string{"", "PID namespace", "container"}[m.Group])
	}
	for i, piece := range pieces {
		if i > 0 && !piece.cut && p.left < cells(piece.text)+2 {
			continue
		}
		if i > 0 {
			p.put(plain, "  ")
		}
		p.put(piece.style, piece.text)
	}
	return p.line()
}

func (m *Model) clock(bootNS uint64) string {
	layout := time.TimeOnly
	if m.player != nil {
		layout = "15:04:05.000"
	}
	return time.Unix(0, m.BootTime+int64(bootNS)).In(m.Zone).Format(layout)
}

// body returns the lines of the table.
func (m *Model) body() []string {
	c := m.columns()
	lines := make([]string, 0, m.bodyHeight())
	for at := m.top; len(lines) < m.bodyHeight(); at++ {
		if at >= len(m.layout.lines) {
			text := ""
			if at == 0 && m.scene != nil {
				text = m.nobody()
			}
			p := m.pen(plain)
			p.put(dim, text)
			lines = append(lines, p.line())
			continue
		}
		lines = append(lines, m.bodyLine(c, at))
	}
	return lines
}

// nobody says why no process is shown.
func (m *Model) nobody() string {
	if m.filter != nil {
		return "no process passes the filter"
	}
	return clean(m.Nobody)
}

// footer returns the scrubber, and the line for what is typed, told or offered.
func (m *Model) footer() []string {
	var lines []string
	if m.player != nil {
		lines = append(lines, m.reel())
	}
	if p := m.prompt; p != nil {
		if p.of == filtering {
			style := dim
			if p.wrong != "" {
				style = m.look.failed
			}
			for _, hint := range m.hints() {
				pen := m.pen(plain)
				pen.put(style, hint)
				lines = append(lines, pen.line())
			}
		}
		return append(lines, m.typing())
	}
	pen := m.pen(plain)
	if m.notice != "" {
		pen.put(bold, clean(m.notice))
		return append(lines, pen.line())
	}
	return append(lines, m.offers(pen))
}

// offers names as many keys as have room.
func (m *Model) offers(p *pen) string {
	for i, b := range m.keys.ShortHelp() {
		name, does := b.Help().Key, b.Help().Desc
		if !m.Unicode {
			name = asciiKeys.Replace(name)
		}
		if i > 0 {
			name = "  " + name
		}
		if cells(name)+1+cells(does) > p.left {
			break
		}
		p.put(m.look.key, name)
		p.put(dim, " "+does)
	}
	return p.line()
}

// asciiKeys names the arrow keys without arrows.
var asciiKeys = strings.NewReplacer("↑", "up", "↓", "down", "←", "left", "→", "right")
