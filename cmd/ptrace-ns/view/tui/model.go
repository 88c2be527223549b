package tui

import (
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// frame is how long it takes at least from one scene to the next.
const frame = 50 * time.Millisecond

// Model is what is on the screen. It changes in Update alone.
type Model struct {
	Options
	src    Source
	player Player // nil where it is live
	keys   *keys
	look   *palette
	glyphs glyphs

	width, height int
	scene         *scene.Scene
	layout        layout
	folds         map[place]bool // what was folded or unfolded by hand
	at            place          // the cursor
	line          int            // where it is
	top           int            // the first line on the screen
	follow        bool
	paused        bool
	behind        uint64 // events since it is paused
	filter        *scene.Filter
	filterText    string
	prompt        *prompt // nil while nothing is typed
	sought        string
	pane          *pane // nil is none
	stale         bool  // the pane was filled before the last scene
	waited        int   // how many frames ago
	asked         time.Time
	notice        string
	heard         int    // how much of what scenes said was told
	drawn         string // what View returns; empty is to be drawn
	work          work
}

// work counts what drawing has cost.
type work struct{ screens, lines int }

type (
	sceneMsg   struct{ scene *scene.Scene }
	tickMsg    struct{}
	behindMsg  struct{ seen uint64 }
	contentMsg struct {
		of      *pane
		content content
	}
)

// New returns the screen before the first scene.
func New(src Source, o Options) *Model {
	m := &Model{Options: o, src: src, folds: map[place]bool{}, notice: o.Notice, glyphs: o.glyphs()}
	m.player, _ = src.(Player)
	m.keys = newKeys(m.player != nil)
	m.light(!o.Light)
	if o.Filter != "" {
		m.setFilter(o.Filter)
	}
	return m
}

// light takes the colours for a dark or a light terminal.
func (m *Model) light(dark bool) {
	if m.look = uncoloured(); m.Color {
		m.look = newPalette(dark)
	}
}

// Init asks for the first scene, and for the terminal's background.
func (m *Model) Init() tea.Cmd {
	return tea.Batch(m.next(), tea.RequestBackgroundColor)
}

// next asks for a scene, or while it is paused only for how much was missed.
func (m *Model) next() tea.Cmd {
	src, filter := m.src, m.filter
	m.asked = time.Now()
	if m.paused {
		return func() tea.Msg { return behindMsg{src.Seen()} }
	}
	return func() tea.Msg { return sceneMsg{src.Look(filter)} }
}

// later asks again a frame after it was asked the last time, and not at once where that
// took longer.
func (m *Model) later() tea.Cmd {
	rest := max(frame-time.Since(m.asked), frame/4)
	return tea.Tick(rest, func(time.Time) tea.Msg { return tickMsg{} })
}

// Update takes one message.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tickMsg:
		return m, m.next() // nothing to draw
	case sceneMsg:
		if msg.scene != nil {
			m.show(msg.scene)
		}
		return m, tea.Batch(m.later(), m.refill())
	case behindMsg:
		if m.scene != nil && m.paused && msg.seen-m.scene.Seen != m.behind {
			m.behind, m.drawn = msg.seen-m.scene.Seen, ""
		}
		return m, m.later()
	}
	m.drawn = ""
	switch msg := msg.(type) {
	case contentMsg:
		if m.pane == msg.of && m.pane != nil {
			m.pane.fill(msg.content)
		}
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		m.resize()
	case tea.BackgroundColorMsg:
		m.light(msg.IsDark())
	case tea.MouseWheelMsg:
		m.wheel(msg)
	case tea.MouseClickMsg:
		m.click(msg)
	case tea.KeyPressMsg:
		return m, m.press(msg)
	default:
		if m.prompt != nil {
			return m, m.prompt.update(msg)
		}
	}
	return m, nil
}

// show takes a new scene. The cursor stays on its process.
func (m *Model) show(sc *scene.Scene) {
	m.scene, m.behind, m.drawn, m.stale = sc, 0, "", true
	if len(sc.Said) > m.heard {
		m.notice = strings.Join(sc.Said[m.heard:], "; ")
		m.heard = len(sc.Said)
	}
	m.arrange()
}

// arrange lays the scene out anew.
func (m *Model) arrange() {
	if m.scene == nil {
		return
	}
	m.layout.arrange(m.scene, m.Group, m.folded)
	m.find()
	if m.follow {
		m.reveal()
	}
	m.top = min(m.top, max(0, len(m.layout.lines)-m.bodyHeight()))
}

// folded reports what of the tree is closed: by hand or, of the kernel's threads, from
// the beginning.
func (m *Model) folded(at place, kthread bool) bool {
	if by, ok := m.folds[at]; ok {
		return by
	}
	return kthread
}

// press does what a key is for: of the prompt, of the pane, or of the table.
func (m *Model) press(msg tea.KeyPressMsg) tea.Cmd {
	k := m.keys
	m.notice = ""
	switch {
	case msg.String() == "ctrl+c":
		return tea.Quit
	case key.Matches(msg, k.suspend):
		return tea.Suspend
	case m.prompt != nil:
		return m.typed(msg)
	case key.Matches(msg, k.quit) && m.pane == nil:
		return tea.Quit
	}
	if cmd, ok := m.open(msg); ok {
		return cmd
	}
	if m.pane != nil {
		return m.paneKey(msg)
	}
	if cmd, ok := m.play(msg); ok {
		return cmd
	}
	if m.move(msg) || m.jump(msg) {
		return nil
	}
	return m.command(msg)
}

// command does what changes the view.
func (m *Model) command(msg tea.KeyPressMsg) tea.Cmd {
	k := m.keys
	switch {
	case key.Matches(msg, k.group):
		m.Group = (m.Group + 1) % groups
		m.arrange()
		m.reveal()
	case key.Matches(msg, k.args):
		m.Args = !m.Args
	case key.Matches(msg, k.follow):
		m.follow = !m.follow
		if m.follow {
			m.reveal()
		}
	case key.Matches(msg, k.pause):
		m.paused = !m.paused
	case key.Matches(msg, k.search):
		return m.ask(searching)
	case key.Matches(msg, k.filter):
		return m.ask(filtering)
	case key.Matches(msg, k.next):
		m.seek(1)
	case key.Matches(msg, k.previous):
		m.seek(-1)
	case key.Matches(msg, k.back):
		m.sought = ""
	case key.Matches(msg, k.details): // on the heading of a group, which has none
		m.fold(!m.closed())
	}
	return nil
}

// play moves a recording in time, and reports whether the key was for that.
func (m *Model) play(msg tea.KeyPressMsg) (tea.Cmd, bool) {
	k, p := m.keys, m.player
	if p == nil {
		return nil, false
	}
	done := func(do func()) (tea.Cmd, bool) {
		return func() tea.Msg { do(); return nil }, true
	}
	switch {
	case key.Matches(msg, k.play):
		playing := m.scene != nil && m.scene.Reel != nil && m.scene.Reel.Playing
		return done(func() { p.Play(!playing) })
	case key.Matches(msg, k.faster):
		return done(func() { p.Faster(2) })
	case key.Matches(msg, k.slower):
		return done(func() { p.Faster(0.5) })
	case key.Matches(msg, k.event):
		return done(func() { p.Step(scene.AnyEvent) })
	case key.Matches(msg, k.death):
		return done(func() { p.Step(scene.Death) })
	case key.Matches(msg, k.reparent):
		return done(func() { p.Step(scene.Reparenting) })
	case key.Matches(msg, k.seekBack):
		return done(func() { p.Seek(-0.05) })
	case key.Matches(msg, k.seekOn):
		return done(func() { p.Seek(0.05) })
	case key.Matches(msg, k.rewind):
		return done(p.Rewind)
	}
	return nil, false
}

// row returns the process under the cursor, nil where there is none.
func (m *Model) row() *scene.Row {
	if m.scene == nil || m.line >= len(m.layout.lines) {
		return nil
	}
	if i := m.layout.lines[m.line].row; i >= 0 {
		return &m.scene.Rows[i]
	}
	return nil
}

// rowOf returns the index of a process in the scene, -1 where it is not.
func (m *Model) rowOf(key events.ProcKey) int {
	if m.scene != nil && !key.IsZero() {
		for i := range m.scene.Rows {
			if m.scene.Rows[i].Key == key {
				return i
			}
		}
	}
	return -1
}
