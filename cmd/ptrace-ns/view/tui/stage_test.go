package tui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// still is a source that shows what it is told to.
type still struct {
	scene  *scene.Scene
	seen   uint64
	detail *scene.Detail
	asked  []events.ProcKey
	filter *scene.Filter
}

func (s *still) Look(f *scene.Filter) *scene.Scene { s.filter = f; return s.scene }

func (s *still) Seen() uint64 { return s.seen }

func (s *still) Namespaces(int) []string { return []string{"PIDNS LEVEL", "4026531836 0"} }

func (s *still) Deaths(*scene.Filter) []scene.Line {
	return []scene.Line{{Text: "7 sh: killed by SIGKILL"}}
}

func (s *still) Detail(key events.ProcKey) *scene.Detail {
	s.asked = append(s.asked, key)
	return s.detail
}

// reel is a still that can be moved; it notes how.
type reel struct {
	still
	done []string
}

func (r *reel) Play(on bool) { r.done = append(r.done, fmt.Sprint("play ", on)) }

func (r *reel) Faster(by float64) { r.done = append(r.done, fmt.Sprint("faster ", by)) }

func (r *reel) Step(to scene.Mark) { r.done = append(r.done, fmt.Sprint("step ", to)) }

func (r *reel) Seek(part float64) { r.done = append(r.done, fmt.Sprint("seek ", part)) }

func (r *reel) Rewind() { r.done = append(r.done, "rewind") }

const second = uint64(time.Second)

// process is a row in the initial namespace; up is the row's index of its parent.
func process(pid int32, up int32, comm string) scene.Row {
	return scene.Row{Up: up, Hit: true, Process: &scene.Process{
		Key: events.ProcKey{PID: pid, Start: uint64(pid) * second}, State: report.Live, Comm: comm,
		Chain: events.PIDChain{{NS: events.NSID{Inum: 1}, PID: pid}},
	}}
}

// family is init, a shell below it with two children, a container's init and its child.
func family() *scene.Scene {
	rows := []scene.Row{
		process(1, -1, "systemd"), process(10, 0, "bash"), process(11, 1, "make"), process(12, 1, "cc1"),
		process(20, 0, "nginx"), process(21, 4, "worker"),
	}
	for i := range rows {
		if up := rows[i].Up; up >= 0 {
			rows[i].Parent = events.Ref{Key: rows[up].Key, Comm: rows[up].Comm}
		}
	}
	for i, own := range []int32{1, 7} {
		row := &rows[4+i]
		row.Chain = append(row.Chain, events.PIDEntry{NS: events.NSID{Inum: 77}, PID: own})
		row.Container = &events.Container{ID: "abc", Name: "web", Runtime: "docker"}
	}
	rows[4].Creator = rows[1].Key
	return &scene.Scene{Rows: rows, NowNS: 1000 * second, Seen: 5, Living: 6}
}

// screen is a model of that size with a first scene.
func screen(t testing.TB, src Source, width, height int) *Model {
	t.Helper()
	m := New(src, Options{Unicode: true, Color: true, Zone: time.UTC, Compile: func(text string) (func(*events.Event) bool, error) {
		if text == "bad" {
			return nil, errors.New("filter: unknown name bad (1:1)\n | bad")
		}
		return func(*events.Event) bool { return true }, nil
	}})
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	next(m)
	return m
}

// next takes the next scene, as a tick does.
func next(m *Model) { m.Update(m.next()()) }

// press types keys; a name in brackets is a special one. What they ask for is got.
func press(m *Model, keys ...string) {
	for _, k := range keys {
		msg := tea.KeyPressMsg{Text: k, Code: []rune(k)[0]}
		if special, ok := map[string]rune{"esc": tea.KeyEscape, "enter": tea.KeyEnter, "tab": tea.KeyTab, "pgdown": tea.KeyPgDown, "left": tea.KeyLeft, "right": tea.KeyRight, "f3": tea.KeyF3, "backspace": tea.KeyBackspace}[k]; ok {
			msg = tea.KeyPressMsg{Code: special}
		} else if k == "space" {
			msg = tea.KeyPressMsg{Code: ' ', Text: " "}
		} else if rest, ok := strings.CutPrefix(k, "ctrl+"); ok {
			msg = tea.KeyPressMsg{Code: rune(rest[0]), Mod: tea.ModCtrl}
		}
		_, cmd := m.Update(msg)
		if cmd == nil || m.prompt != nil {
			continue
		}
		if got := cmd(); got != nil {
			m.Update(got)
		}
	}
}

func typeIn(m *Model, text string) { press(m, strings.Split(text, "")...) }

// shown returns the lines of the screen without colours.
func shown(m *Model) []string {
	return strings.Split(ansi.Strip(m.View().Content), "\n")
}

// listed returns what the body's lines are about, the one with the cursor marked.
func listed(m *Model) string {
	var all []string
	for i, l := range m.layout.lines {
		name := ""
		if l.row < 0 {
			name = "[" + m.layout.clusters[l.group].title + "]"
		} else {
			name = m.scene.Rows[l.row].Comm
		}
		if l.hidden > 0 {
			name += fmt.Sprint("+", l.hidden)
		}
		if i == m.line {
			name = ">" + name
		}
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got  %s\nwant %s", what, got, want)
	}
}
