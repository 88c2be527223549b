package tui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// placeOf is what a line stands for.
func (m *Model) placeOf(at int) place {
	if at < 0 || at >= len(m.layout.lines) {
		return place{}
	}
	if l := m.layout.lines[at]; l.row >= 0 {
		return place{key: m.scene.Rows[l.row].Key}
	}
	return place{group: m.layout.clusters[m.layout.lines[at].group].id}
}

// find puts the cursor to where its process is now. One that is gone leaves it where
// it was.
func (m *Model) find() {
	if m.at != (place{}) {
		for i := range m.layout.lines {
			if m.placeOf(i) == m.at {
				m.line = i
				return
			}
		}
	}
	m.line = max(0, min(m.line, len(m.layout.lines)-1))
	m.at = m.placeOf(m.line)
}

// to puts the cursor on a line and shows it.
func (m *Model) to(at int) {
	m.line = max(0, min(at, len(m.layout.lines)-1))
	m.at = m.placeOf(m.line)
	m.reveal()
}

// reveal moves what the screen shows so far that the cursor is on it.
func (m *Model) reveal() {
	height := m.bodyHeight()
	m.top = max(0, min(m.top, m.line), m.line-height+1)
}

// move moves the cursor, and reports whether the key was for that.
func (m *Model) move(msg tea.KeyPressMsg) bool {
	k, page := m.keys, max(1, m.bodyHeight()-1)
	switch {
	case key.Matches(msg, k.up):
		m.to(m.line - 1)
	case key.Matches(msg, k.down):
		m.to(m.line + 1)
	case key.Matches(msg, k.pageUp):
		m.to(m.line - page)
	case key.Matches(msg, k.pageDown):
		m.to(m.line + page)
	case key.Matches(msg, k.top):
		m.to(0)
	case key.Matches(msg, k.bottom):
		m.to(len(m.layout.lines) - 1)
	case key.Matches(msg, k.fold):
		m.fold(true)
	case key.Matches(msg, k.unfold):
		m.fold(false)
	case key.Matches(msg, k.space):
		m.fold(!m.closed())
	case key.Matches(msg, k.left):
		if m.closed() || !m.parentOf(m.line) {
			m.toUp()
		} else {
			m.fold(true)
		}
	case key.Matches(msg, k.right):
		if m.closed() {
			m.fold(false)
		} else if m.parentOf(m.line) {
			m.to(m.line + 1)
		}
	default:
		return false
	}
	return true
}

// closed reports whether something is folded away below the cursor.
func (m *Model) closed() bool {
	return m.line < len(m.layout.lines) && m.layout.lines[m.line].hidden > 0
}

// parentOf reports whether a line has lines below it.
func (m *Model) parentOf(at int) bool {
	return at+1 < len(m.layout.lines) && m.layout.lines[at+1].up == int32(at)
}

func (m *Model) fold(closed bool) {
	if closed == m.closed() || closed && !m.parentOf(m.line) {
		return
	}
	m.folds[m.at] = closed
	m.arrange()
}

func (m *Model) toUp() {
	if m.line < len(m.layout.lines) && m.layout.lines[m.line].up >= 0 {
		m.to(int(m.layout.lines[m.line].up))
	}
}

// jump goes to a relative, and reports whether the key was for that.
func (m *Model) jump(msg tea.KeyPressMsg) bool {
	k, row := m.keys, m.row()
	switch {
	case key.Matches(msg, k.parent):
		if row != nil {
			m.jumpTo(row.Parent.Key, "its parent")
		} else {
			m.toUp()
		}
	case key.Matches(msg, k.creator):
		switch {
		case row == nil:
		case row.Creator.IsZero():
			m.notice = "who called clone was not seen"
		default:
			m.jumpTo(row.Creator, "who called clone")
		}
	case key.Matches(msg, k.init):
		if row != nil {
			m.jumpTo(m.initOf(row.Chain), "PID 1 of its namespace")
		}
	default:
		return false
	}
	return true
}

func (m *Model) jumpTo(to events.ProcKey, what string) {
	i := m.rowOf(to)
	if i < 0 {
		m.notice = what + " is not here"
		return
	}
	m.unfoldTo(i)
	if m.at != (place{key: to}) {
		m.notice = what + " does not pass the filter"
	}
}

// unfoldTo puts the cursor on a row and opens what hides it.
func (m *Model) unfoldTo(row int) {
	for up := m.scene.Rows[row].Up; up >= 0; up = m.scene.Rows[up].Up {
		above := &m.scene.Rows[up]
		if at := (place{key: above.Key}); m.folded(at, above.Kthread) {
			m.folds[at] = false
		}
	}
	if m.Group != Tree {
		if of := m.layout.of[row]; of >= 0 {
			m.folds[place{group: m.layout.clusters[of].id}] = false
		}
	}
	was := m.at
	m.at = place{key: m.scene.Rows[row].Key}
	m.layout.arrange(m.scene, m.Group, m.folded)
	if m.find(); m.at != (place{key: m.scene.Rows[row].Key}) {
		m.at = was
		m.find()
	}
	m.reveal()
}

// initOf returns the PID 1 of the innermost namespace of a chain, zero where it is not
// on the screen.
func (m *Model) initOf(c events.PIDChain) events.ProcKey {
	own := c.Own()
	for i := range m.scene.Rows {
		if other := m.scene.Rows[i].Chain.Own(); other.PID == 1 && other.NS == own.NS {
			return m.scene.Rows[i].Key
		}
	}
	return events.ProcKey{}
}

// wheel scrolls, and takes the cursor along where it would be off the screen.
func (m *Model) wheel(msg tea.MouseWheelMsg) {
	by := 3
	if msg.Button == tea.MouseWheelUp {
		by = -by
	} else if msg.Button != tea.MouseWheelDown {
		return
	}
	if m.pane != nil {
		m.pane.scroll(by)
		return
	}
	m.follow = false
	height := m.bodyHeight()
	m.top = max(0, min(m.top+by, len(m.layout.lines)-height))
	m.line = max(m.top, min(m.line, m.top+height-1, len(m.layout.lines)-1))
	m.at = m.placeOf(m.line)
}

func (m *Model) click(msg tea.MouseClickMsg) {
	at := msg.Y - headerLines
	if m.pane == nil && msg.Button == tea.MouseLeft && at >= 0 && at < m.bodyHeight() && m.top+at < len(m.layout.lines) {
		m.to(m.top + at)
	}
}
