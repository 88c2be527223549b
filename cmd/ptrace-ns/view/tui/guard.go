package tui

import (
	"fmt"
	"runtime/debug"
	"sync"

	tea "charm.land/bubbletea/v2"
)

// guard ends the program in order when the model or one of its commands panics. What
// the library does about a panic is to close the terminal under its reader's hands.
type guard struct {
	model tea.Model

	once   sync.Once
	err    error         // of the first panic
	broken chan struct{} // closed when err is there
}

func guarded(m tea.Model) *guard { return &guard{model: m, broken: make(chan struct{})} }

// Init begins with the model's first command.
func (g *guard) Init() tea.Cmd {
	defer g.caught()
	return g.command(g.model.Init())
}

// Update gives a message to the model, as long as nothing panicked.
func (g *guard) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	return g, g.command(g.update(msg))
}

func (g *guard) update(msg tea.Msg) (cmd tea.Cmd) {
	defer g.caught()
	if !g.failed() {
		g.model, cmd = g.model.Update(msg)
	}
	return cmd
}

// View draws the model, as long as nothing panicked.
func (g *guard) View() (view tea.View) {
	defer g.caught()
	if g.failed() {
		return view
	}
	return g.model.View()
}

// command guards a command, and those that it is made of.
func (g *guard) command(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		defer g.caught()
		msg = cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for i := range batch {
				batch[i] = g.command(batch[i])
			}
		}
		return msg
	}
}

// caught keeps the first panic of the function that defers it.
func (g *guard) caught() {
	if why := recover(); why != nil {
		g.once.Do(func() {
			g.err = fmt.Errorf("the view broke down: %v\n%s", why, debug.Stack())
			close(g.broken)
		})
	}
}

func (g *guard) failed() bool {
	select {
	case <-g.broken:
		return true
	default:
		return false
	}
}
