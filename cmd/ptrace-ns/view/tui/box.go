package tui

import (
	"fmt"
	"strings"
)

// box draws the pane in its frame.
func (m *Model) box() []string {
	p := m.pane
	lines := []string{m.boxTop()}
	side := "│"
	if !m.Unicode {
		side = "|"
	}
	shown := strings.Split(p.view.View(), "\n")
	for i := range p.h {
		text := ""
		if i < len(shown) {
			text = p.marked(shown[i], p.view.YOffset()+i, m.glyphs.more)
		}
		pen, style := m.pen(plain), plain
		if p.isFound(p.view.YOffset() + i) {
			style = reverse
		}
		pen.put(dim, side)
		pen.put(style, " "+fit(strings.TrimRight(text, " "), m.width-4, m.glyphs.more)+" ")
		pen.put(dim, side)
		lines = append(lines, pen.line())
	}
	return append(lines, m.boxBottom())
}

// marked is a row of the view with a mark where its line goes on beyond the frame.
func (p *pane) marked(row string, at int, more string) string {
	if !p.unbroken || at >= len(p.rows) {
		return row
	}
	if line := p.tabs[p.at].lines[p.rows[at]]; cells(line) > p.view.XOffset()+p.w {
		return fit(cut(row, p.w-cells(more), ""), p.w-cells(more), "") + more
	}
	return row
}

// outside is how many lines of the tab are above what is seen and below: of one that is
// broken, those of which no row is seen.
func (p *pane) outside() (above, below int) {
	first := p.view.YOffset()
	last := min(first+p.h, len(p.rows)) - 1
	if first >= len(p.rows) || last < first {
		return 0, 0
	}
	return p.rows[first], len(p.tabs[p.at].lines) - 1 - p.rows[last]
}

// boxBottom says how much there is that is not shown.
func (m *Model) boxBottom() string {
	p, pen := m.pane, m.pen(plain)
	pen.put(dim, m.glyphs.close+m.glyphs.ahead)
	above, below := p.outside()
	if above > 0 || below > 0 {
		pen.put(dim, " ")
		pen.put(bold, fmt.Sprintf("%d lines above, %d below", above, below))
		pen.put(dim, " ")
	}
	pen.put(dim, strings.Repeat(m.glyphs.ahead, max(0, pen.left-1))+turned(m.glyphs.close))
	return pen.line()
}

// boxTop has the title and the tabs.
func (m *Model) boxTop() string {
	p, pen := m.pane, m.pen(plain)
	pen.put(dim, m.glyphs.open+m.glyphs.ahead+" ")
	title := p.title
	if title == "" {
		title = p.name
	}
	pen.put(bold, cut(title, max(0, m.width-8), m.glyphs.more))
	m.tabs(pen)
	pen.put(dim, " "+strings.Repeat(m.glyphs.ahead, max(0, pen.left-2))+turned(m.glyphs.open))
	return pen.line()
}

// tabs names all tabs or, where there is no room for that, the one that is shown.
func (m *Model) tabs(pen *pen) {
	p, need := m.pane, 4
	for _, t := range p.tabs {
		need += cells(t.name) + 2
	}
	few := need > pen.left
	for i, t := range p.tabs {
		switch {
		case t.name == "" || few && i != p.at:
			continue
		case few:
			t.name = fmt.Sprintf("%s %d/%d", t.name, i+1, len(p.tabs))
		}
		style := dim
		if i == p.at {
			style = reverse
		}
		pen.put(plain, "  ")
		pen.put(style, cut(t.name, max(0, pen.left-4), m.glyphs.more))
	}
}

// turned is a corner on the other side.
func turned(corner string) string {
	switch corner {
	case "╭":
		return "╮"
	case "╰":
		return "╯"
	}
	return corner
}
