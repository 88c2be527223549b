package tui

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
)

// crowded is a screen of 160×50 over that many processes.
func crowded(t *testing.T, n int, by Group) (*crowd, *Model) {
	c := newCrowd(t, n)
	m := New(c, Options{Unicode: true, Color: true, Zone: time.UTC, Group: by, Args: true})
	m.Update(tea.WindowSizeMsg{Width: 160, Height: 50})
	next(m)
	return c, m
}

// TestOneScreenAScene: whatever the terminal library asks for, a scene is drawn once, and
// where nothing has happened nothing is.
func TestOneScreenAScene(t *testing.T) {
	c, m := crowded(t, 2000, Tree)
	for i := range 10 {
		c.churn(t, 250)
		next(m)
		for range 3 {
			m.View()
			m.Update(tickMsg{})
		}
		m.Update(sceneMsg{nil})
		m.View()
		if m.work.screens != i+1 {
			t.Fatalf("after %d scenes %d screens were drawn", i+1, m.work.screens)
		}
	}
}

// TestFrameIsBounded by the screen and not by how many processes there are: of lines only
// those that are seen are drawn, and what a frame allocates stays the same.
func TestFrameIsBounded(t *testing.T) {
	for by := Tree; by < groups; by++ {
		var draws, arranges [2]float64
		for i, n := range []int{1000, 10_000} {
			_, m := crowded(t, n, by)
			if len(m.layout.lines) < n-1 {
				t.Fatalf("%s: %d lines of %d processes", GroupNames[by], len(m.layout.lines), n)
			}
			for _, key := range []string{"g", "G", "ctrl+d"} {
				press(m, key)
				m.work, m.drawn = work{}, ""
				if m.View(); m.work != (work{1, m.bodyHeight()}) {
					t.Errorf("%s, %d processes: %+v for %d lines", GroupNames[by], n, m.work, m.bodyHeight())
				}
			}
			draws[i] = testing.AllocsPerRun(5, func() { m.drawn = ""; m.View() })
			arranges[i] = testing.AllocsPerRun(5, func() { m.show(m.scene) })
		}
		if most := 40.0 * 50; draws[0] > most || draws[1] > most {
			t.Errorf("%s: a screen of 50 lines allocates %v times", GroupNames[by], draws)
		}
		if by == Tree && arranges[1] > 8 {
			t.Errorf("the arrangement as a tree allocates %v times", arranges)
		}
		if of := float64(20 * 101); by != Tree && arranges[1] > of { // there are 101 groups
			t.Errorf("%s: the arrangement allocates %v times", GroupNames[by], arranges)
		}
	}
}

// TestSceneSharesWhatIsTheSame: a scene costs allocations for what has happened since the
// last one, and not for each process.
func TestSceneSharesWhatIsTheSame(t *testing.T) {
	c, _ := crowded(t, 10_000, Tree)
	var last *scene.Scene
	if n := testing.AllocsPerRun(5, func() { last = c.Look(nil) }); n > 50 || len(last.Rows) < 9_999 {
		t.Errorf("a scene of %d rows to which nothing has happened allocates %g times", len(last.Rows), n)
	}
	events := testing.AllocsPerRun(5, func() { c.churn(t, 250) })
	if n := testing.AllocsPerRun(5, func() { c.churn(t, 250); last = c.Look(nil) }); n-events > 10*250 {
		t.Errorf("a scene after 250 events allocates %g times more than these", n-events)
	}
}
