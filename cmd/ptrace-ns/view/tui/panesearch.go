package tui

import (
	"slices"
	"strings"
)

// found is a line of a pane that has the text sought.
type found struct {
	sought string // empty is no search
	line   int
	text   string // of that line; empty is none yet
}

// seek goes to the next line that has the text, in that direction, and reports whether
// there is one; 0 is from where it is on.
func (p *pane) seek(by int) bool {
	if len(p.tabs) == 0 || p.found.sought == "" {
		return true
	}
	text, lines := strings.ToLower(p.found.sought), p.tabs[p.at].lines
	n, from, step := len(lines), p.from(), 1
	if by < 0 {
		step = n - 1
	}
	for i := range n {
		at := (from + by + n + i*step) % n
		if strings.Contains(strings.ToLower(lines[at]), text) {
			p.found.line, p.found.text = at, lines[at]
			p.reveal()
			return true
		}
	}
	p.found.text = ""
	return false
}

// from is the line at which a search goes on: what was found, else the first that is seen.
func (p *pane) from() int {
	if p.found.text != "" {
		return p.found.line
	}
	if at := p.view.YOffset(); at < len(p.rows) {
		return p.rows[at]
	}
	return 0
}

// reveal scrolls to what was found.
func (p *pane) reveal() {
	row := slices.Index(p.rows, p.found.line)
	if top := p.view.YOffset(); row < top || row >= top+p.h {
		p.view.SetYOffset(max(0, row-p.h/2))
	}
}

// again finds the same line among those that have come in place of the last.
func (p *pane) again() {
	if p.found.text != "" {
		if p.found.line = slices.Index(p.tabs[p.at].lines, p.found.text); p.found.line < 0 {
			p.found.text = ""
		}
	}
}

// isFound reports whether a row of the view is of the line that was found.
func (p *pane) isFound(row int) bool {
	return p.found.text != "" && row < len(p.rows) && p.rows[row] == p.found.line
}

// seekPane searches the pane that is open.
func (m *Model) seekPane(by int) {
	if p := m.pane; !p.seek(by) {
		m.notice = "no line has " + clean(p.found.sought)
	}
}
