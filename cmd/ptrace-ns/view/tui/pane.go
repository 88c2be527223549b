package tui

import (
	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/viewport"
	tea "charm.land/bubbletea/v2"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
)

// content is what a pane shows: lines that are clean, on tabs.
type content struct {
	title string
	tabs  []tab
	gone  bool // there is nothing to show any more; what was there stays
}

type tab struct {
	name  string
	lines []string
	table bool // its lines are not broken but scrolled sideways
	ends  bool // what is last is what matters
}

// pane lies over the table.
type pane struct {
	content
	name     string
	load     func(width int) content // nil where it never changes
	at       int                     // the tab
	view     viewport.Model
	begun    bool
	w, h     int
	unbroken bool
	found    found
	rows     []int // which of the tab's lines a row of the view is of
}

// open opens a pane, or closes the one that its key has opened, and reports whether
// the key was for that.
func (m *Model) open(msg tea.KeyPressMsg) (tea.Cmd, bool) {
	k, src, filter := m.keys, m.src, m.filter
	var p *pane
	switch {
	case key.Matches(msg, k.details), key.Matches(msg, k.lineage):
		row := m.row()
		if m.pane == nil && row == nil {
			return nil, false
		}
		if m.pane != nil && (m.pane.name == "details" || m.pane.name == "lineage" || msg.String() == "enter") || row == nil {
			m.pane = nil
			return nil, true
		}
		of, more := row.Key, m.glyphs
		p = &pane{name: "details", load: func(int) content { return details(src.Detail(of), more) }}
		if key.Matches(msg, k.lineage) {
			p = &pane{name: "lineage", load: func(int) content { return lineage(src.Detail(of)) }}
		}
	case key.Matches(msg, k.deaths):
		title := "signals and deaths"
		if filter != nil || m.Nobody != "" {
			title += " of those chosen"
		}
		p = &pane{name: "deaths", load: func(int) content { return deaths(title, src.Deaths(filter)) }}
	case key.Matches(msg, k.namespaces):
		p = &pane{name: "namespaces", load: func(width int) content {
			return content{title: "PID namespaces", tabs: []tab{{lines: cleaned(src.Namespaces(width)), table: true}}}
		}}
	case key.Matches(msg, k.help):
		p = &pane{name: "help"}
	default:
		return nil, false
	}
	if m.pane != nil && m.pane.name == p.name {
		m.pane = nil
		return nil, true
	}
	p.view = viewport.New()
	m.pane = p
	m.resize()
	m.stale, m.waited = false, 0
	return m.load(), true
}

// load asks for what the pane shows.
func (m *Model) load() tea.Cmd {
	p := m.pane
	if p == nil || p.load == nil {
		return nil
	}
	width := p.w
	return func() tea.Msg { return contentMsg{p, p.load(width)} }
}

// patience is how many frames a pane may be behind the scene: it costs more than that.
const patience = 10

// refill asks for it again where something has happened since.
func (m *Model) refill() tea.Cmd {
	if m.waited++; m.pane == nil || !m.stale || m.waited < patience {
		return nil
	}
	m.stale, m.waited = false, 0
	return m.load()
}

func (p *pane) fill(c content) {
	if c.gone && p.begun {
		return
	}
	p.content = c
	p.at = min(p.at, max(0, len(c.tabs)-1))
	p.set(!p.begun)
	p.begun = true
}

// set gives the viewport the lines of the tab, broken as its width needs it.
func (p *pane) set(fresh bool) {
	if len(p.tabs) == 0 || p.w <= 0 {
		return
	}
	t := &p.tabs[p.at]
	end := p.view.AtBottom()
	p.unbroken, p.rows = t.table, p.rows[:0]
	var lines []string
	for i, l := range t.lines {
		broken := []string{l}
		if !t.table {
			broken = wrap(l, p.w)
		}
		for range broken {
			p.rows = append(p.rows, i)
		}
		lines = append(lines, broken...)
	}
	p.view.SetContentLines(lines)
	p.again()
	if t.ends && (end || fresh) {
		p.view.GotoBottom()
	} else if fresh {
		p.view.GotoTop()
	}
}

// turn goes to the tab so many further.
func (p *pane) turn(by int) {
	p.at = (p.at + by + len(p.tabs)) % len(p.tabs)
	p.found.text = ""
	p.set(true)
}

func (p *pane) scroll(by int) {
	if by < 0 {
		p.view.ScrollUp(-by)
	} else {
		p.view.ScrollDown(by)
	}
}

// resize fits the pane into the screen.
func (m *Model) resize() {
	m.top = max(0, min(m.top, len(m.layout.lines)-m.bodyHeight()))
	if m.scene != nil && m.line < m.top+m.bodyHeight() {
		m.reveal()
	}
	p := m.pane
	if p == nil {
		return
	}
	if p.name == "namespaces" {
		m.stale, m.waited = true, patience // what it shows depends on its width
	}
	p.w, p.h = max(0, m.width-4), max(0, m.bodyHeight()-1)
	if p.name == "help" {
		p.content = m.helpContent(p.w)
	}
	p.view.SetWidth(p.w)
	p.view.SetHeight(p.h)
	p.set(!p.begun)
}

// paneKey does what a key does while a pane is open.
func (m *Model) paneKey(msg tea.KeyPressMsg) tea.Cmd {
	k, p := m.keys, m.pane
	switch {
	case key.Matches(msg, k.back), key.Matches(msg, k.quit):
		m.pane = nil
	case len(p.tabs) > 1 && key.Matches(msg, k.tab):
		p.turn(1)
	case len(p.tabs) > 1 && key.Matches(msg, k.untab):
		p.turn(-1)
	case key.Matches(msg, k.search):
		return m.ask(searching)
	case key.Matches(msg, k.next):
		m.seekPane(1)
	case key.Matches(msg, k.previous):
		m.seekPane(-1)
	case key.Matches(msg, k.left):
		p.view.ScrollLeft(8)
	case key.Matches(msg, k.right):
		p.view.ScrollRight(8)
	case key.Matches(msg, k.up):
		p.scroll(-1)
	case key.Matches(msg, k.down):
		p.scroll(1)
	case key.Matches(msg, k.pageUp):
		p.scroll(-max(1, p.h-1))
	case key.Matches(msg, k.pageDown, k.space):
		p.scroll(max(1, p.h-1))
	case key.Matches(msg, k.top):
		p.view.GotoTop()
	case key.Matches(msg, k.bottom):
		p.view.GotoBottom()
	default:
		cmd, _ := m.play(msg) // one may look at a process while the recording goes on
		return cmd
	}
	return nil
}

func cleaned(lines []string) []string {
	all := make([]string, len(lines))
	for i, l := range lines {
		all[i] = clean(l)
	}
	return all
}

func deaths(title string, all []scene.Line) content {
	lines := make([]string, len(all))
	for i := range all {
		lines[i] = clean(all[i].Text)
	}
	if len(lines) == 0 {
		lines = []string{"none yet"}
	}
	return content{title: title, tabs: []tab{{lines: lines, ends: true}}}
}
