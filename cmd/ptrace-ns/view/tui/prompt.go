package tui

import (
	"strconv"
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
)

// purpose is what is being typed.
type purpose uint8

const (
	searching purpose = iota
	filtering
)

// prompt is the line in which something is typed.
type prompt struct {
	input textinput.Model
	of    purpose
	from  place // the cursor was there when a search began
	wrong string
}

func (m *Model) ask(of purpose) tea.Cmd {
	p := &prompt{input: textinput.New(), of: of, from: m.at}
	p.input.Prompt = "/"
	if of == filtering {
		p.input.Prompt = "filter: "
		p.input.SetValue(m.filterText)
	}
	p.input.KeyMap.Paste.Unbind() // it would run a program to ask for the clipboard; what a terminal pastes comes as it is
	m.prompt = p
	return p.input.Focus()
}

func (p *prompt) update(msg tea.Msg) tea.Cmd {
	var cmd tea.Cmd
	p.input, cmd = p.input.Update(msg)
	return cmd
}

// typed takes a key for the prompt.
func (m *Model) typed(msg tea.KeyPressMsg) tea.Cmd {
	p := m.prompt
	switch msg.String() {
	case "esc":
		if m.prompt = nil; m.pane != nil {
			m.pane.found = found{}
		} else if p.of == searching {
			m.at = p.from
			m.arrange()
			m.reveal()
		}
		return nil
	case "enter":
		if p.of == filtering && !m.setFilter(p.input.Value()) {
			return nil
		}
		if m.prompt = nil; p.of == searching {
			m.seekAgain() // that there is none is to be read after the prompt, too
		}
		return nil
	}
	cmd := p.update(msg)
	if p.of == filtering {
		p.wrong = m.wrong(p.input.Value())
		return cmd
	}
	if m.pane != nil {
		m.pane.found = found{sought: p.input.Value()}
	} else {
		m.sought, m.at = p.input.Value(), p.from
		m.arrange()
	}
	m.seekAgain()
	return cmd
}

// seekAgain searches from where it is on.
func (m *Model) seekAgain() {
	if m.pane != nil {
		m.seekPane(0)
	} else {
		m.seek(0)
	}
}

// wrong says what is wrong with a filter, in one line; empty is nothing.
func (m *Model) wrong(text string) string {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	if _, err := m.Compile(text); err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return clean(first)
	}
	return ""
}

// setFilter takes a filter, an empty one for none, and reports whether it is one.
func (m *Model) setFilter(text string) bool {
	text = strings.TrimSpace(text)
	if text == "" {
		m.filter, m.filterText = nil, ""
		return true
	}
	wants, err := m.Compile(text)
	if err != nil {
		return false
	}
	m.filter, m.filterText = scene.NewFilter(wants), text
	return true
}

// mostHints is how many lines are taken for what is wrong with a filter.
const mostHints = 4

// hints say what is to be typed, or what is wrong with what was.
func (m *Model) hints() []string {
	text := "an expression as of watch -F; Enter takes it, Esc leaves it"
	if m.prompt.wrong == "" {
		return []string{text}
	}
	lines := wrap(m.prompt.wrong, max(1, m.width))
	return lines[:min(len(lines), mostHints)]
}

// typing draws what is typed, the cursor and, where there is room, what is told. The library that edits it would give any
// rune to the terminal as it is.
func (m *Model) typing() string {
	p, typed := m.prompt, []rune(m.prompt.input.Value())
	at := min(p.input.Position(), len(typed))
	under, after := " ", ""
	if at < len(typed) {
		under, after = clean(string(typed[at])), clean(string(typed[at+1:]))
	}
	pen := m.pen(plain)
	pen.put(plain, p.input.Prompt)
	before := typed[:at]
	for len(before) > 0 && cells(clean(string(before))) > pen.left-cells(under) {
		before = before[1:]
	}
	pen.put(plain, clean(string(before)))
	pen.put(reverse, under)
	pen.put(plain, after)
	if m.notice != "" && pen.left > 2 {
		pen.put(plain, "  ")
		pen.put(bold, clean(m.notice))
	}
	return pen.line()
}

// seek puts the cursor on the next row that has the text sought, in that direction; 0
// is from where it is on.
func (m *Model) seek(by int) {
	if m.sought == "" || m.scene == nil || len(m.scene.Rows) == 0 {
		return
	}
	text := strings.ToLower(m.sought)
	n, from := len(m.scene.Rows), max(0, m.rowOf(m.at.key))
	step := 1
	if by < 0 {
		step = n - 1
	}
	for i := range n {
		at := (from + by + n + i*step) % n
		if row := &m.scene.Rows[at]; row.Hit && has(row, text) {
			m.unfoldTo(at)
			return
		}
	}
	m.notice = "no process has " + clean(m.sought)
}

// has reports whether one of the columns of a row has the text, in lower case.
func has(row *scene.Row, text string) bool {
	pid := strconv.Itoa(int(row.Key.PID))
	return strings.Contains(pid, text) || strings.Contains(strings.ToLower(row.Comm), text) ||
		row.Container != nil && strings.Contains(strings.ToLower(words.Container(row.Container)), text) ||
		len(row.Args.Raw) > 0 && strings.Contains(strings.ToLower(string(words.AppendArgs(nil, row.Args, ""))), text)
}
