// Package tui shows processes on a terminal as they come and go: `ptrace-ns top`.
//
// It works on scenes, which nobody changes, and asks a Source for the next one at most
// twenty times a second; of a scene it draws only the lines that are on the screen. It
// knows neither the model nor the kernel, and no byte of a process's own choice reaches
// the terminal but through clean.
package tui

import (
	"context"
	"errors"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// Source gives scenes. Its methods may be called while another is at work, and may take
// their time: the screen does not wait for them.
type Source interface {
	// Look returns the scene now, nil where it would be the same as the last.
	Look(*scene.Filter) *scene.Scene
	// Seen is how many events there were so far.
	Seen() uint64
	// Detail returns what is known of a process, nil when that is nothing any more.
	Detail(events.ProcKey) *scene.Detail
	// Namespaces returns lines for a pane of that width, Deaths those in which a process
	// that passes the filter has a part.
	Namespaces(width int) []string
	Deaths(*scene.Filter) []scene.Line
}

// Player is a source that can be moved in time: a recording.
type Player interface {
	Source
	// Play plays or pauses; Faster multiplies the speed.
	Play(bool)
	Faster(by float64)
	// Step goes to the next of a kind and pauses there.
	Step(scene.Mark)
	// Seek goes back or on by a part of the whole, -1 to 1, and Rewind to the beginning.
	Seek(part float64)
	Rewind()
}

// Options say how it begins and what the terminal can show.
type Options struct {
	Unicode bool // else ASCII stands for lines and arrows
	Color   bool
	Light   bool // dark text on light until the terminal tells its background
	Args    bool // command lines in place of names
	Group   Group
	Zone    *time.Location
	// BootTime is the wall clock at CLOCK_BOOTTIME 0.
	BootTime int64
	Filter   string
	// Compile makes a filter's predicate; the error says what is wrong with it.
	Compile func(string) (func(*events.Event) bool, error)
	// Notice is told at the beginning.
	Notice string
	// Nobody is told where no process is shown; empty is that nothing was asked for.
	Nobody string
	In     io.Reader
	Out    io.Writer
	Env    []string
}

// Run shows the source until the user has enough, ctx ends, or ended gives an error or
// is closed. A panic of the source or of the drawing is an error, with its stack.
// However it ends, the terminal is then as it was before.
func Run(ctx context.Context, src Source, o Options, ended <-chan error) error {
	g := guarded(New(src, o))
	// More colours than these are not used. To find out how many there are would run a
	// program where the terminal is tmux.
	profile := colorprofile.ANSI
	if !o.Color {
		profile = colorprofile.ASCII
	}
	program := tea.NewProgram(g, tea.WithInput(o.In), tea.WithOutput(o.Out), tea.WithEnvironment(o.Env),
		tea.WithColorProfile(profile), tea.WithoutSignalHandler(), tea.WithFPS(30))
	over := make(chan struct{})
	failed := make(chan error, 1)
	go func() {
		defer close(failed)
		select {
		case err := <-ended:
			failed <- err
		case <-ctx.Done():
		case <-g.broken:
		case <-over:
			return
		}
		program.Quit()
	}()
	_, err := program.Run()
	close(over)
	return errors.Join(<-failed, err, g.err)
}

// Still returns the first screen of that size as text with colours, or what it is once
// these keys are pressed, a rune each: for pictures in documents.
func Still(src Source, o Options, width, height int, keys string) string {
	m := New(src, o)
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	m.Update(m.next()())
	for _, r := range keys {
		key := tea.KeyPressMsg{Code: r, Text: string(r)}
		switch r {
		case '\r', '\t':
			key.Text = ""
		}
		_, cmd := m.Update(key)
		if cmd == nil || m.prompt != nil {
			continue
		}
		if told := cmd(); told != nil {
			m.Update(told)
		}
	}
	return m.View().Content
}
