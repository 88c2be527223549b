package tui

import (
	"fmt"
	"image/color"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

func TestMovingAndFolding(t *testing.T) {
	m := screen(t, &still{scene: family()}, 80, 24)
	for _, c := range []struct{ keys, want string }{
		{"", ">systemd bash make cc1 nginx worker"},
		{"j", "systemd >bash make cc1 nginx worker"},
		{"-", "systemd >bash+2 nginx worker"},
		{"j", "systemd bash+2 >nginx worker"},
		{"k +", "systemd >bash make cc1 nginx worker"},
		{"space", "systemd >bash+2 nginx worker"},
		{"right", "systemd >bash make cc1 nginx worker"},
		{"right", "systemd bash >make cc1 nginx worker"},
		{"left", "systemd >bash make cc1 nginx worker"},
		{"left left", ">systemd bash+2 nginx worker"},
		{"h", ">systemd+5"},
		{"G", ">systemd+5"},
		{"l G", "systemd bash+2 nginx >worker"},
		{"g", ">systemd bash+2 nginx worker"},
		{"ctrl+d", "systemd bash+2 nginx >worker"},
	} {
		press(m, strings.Fields(c.keys)...)
		expect(t, c.keys, listed(m), c.want)
	}
}

func TestJumps(t *testing.T) {
	m := screen(t, &still{scene: family()}, 80, 24)
	press(m, "G", "1")
	expect(t, "PID 1", listed(m), "systemd bash make cc1 >nginx worker")
	press(m, "C")
	expect(t, "creator", listed(m), "systemd >bash make cc1 nginx worker")
	press(m, "U")
	expect(t, "parent", listed(m), ">systemd bash make cc1 nginx worker")
	press(m, "C")
	if last := shown(m)[23]; !strings.Contains(last, "not seen") {
		t.Errorf("an unknown creator is told as %q", last)
	}
	// What is folded away is opened.
	press(m, "j", "-", "G", "1", "C")
	press(m, "+", "G", "U", "k", "k", "U", "-", "G", "1", "C")
	expect(t, "into a fold", listed(m), "systemd >bash+2 nginx worker")
}

func TestGroups(t *testing.T) {
	m := screen(t, &still{scene: family()}, 80, 24)
	press(m, "G", "t")
	expect(t, "by namespace", listed(m),
		"[PID namespace 1, level 0, init 1 systemd] systemd bash make cc1 [PID namespace 77, level 1, init 20 nginx] nginx >worker")
	press(m, "t")
	expect(t, "by container", listed(m), "[in no container] systemd bash make cc1 [docker web] nginx >worker")
	press(m, "U", "U")
	expect(t, "up out of it", listed(m), "[in no container] >systemd bash make cc1 [docker web] nginx worker")
	press(m, "k", "-")
	expect(t, "a group folded", listed(m), ">[in no container]+4 [docker web] nginx worker")
	press(m, "enter")
	expect(t, "and opened", listed(m), ">[in no container] systemd bash make cc1 [docker web] nginx worker")
	press(m, "t")
	expect(t, "as a tree again", listed(m), ">systemd bash make cc1 nginx worker")
}

// TestHeadingsTellWhoLives: the living of all groups are those of the top line.
func TestHeadingsTellWhoLives(t *testing.T) {
	sc := family()
	sc.Rows[2].State, sc.Rows[3].State, sc.Rows[5].State = report.Exited, report.Zombie, report.Unseen
	sc.Living = 3
	m := screen(t, &still{scene: sc}, 100, 24)
	press(m, "t")
	text := strings.Join(shown(m), "\n")
	for _, want := range []string{"  3 processes  ", "init 1 systemd, 2 processes, 2 ended ", "init 20 nginx, 1 process  "} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the screen:\n%s", want, text)
		}
	}
}

// TestCursorStays: a new scene does not move the cursor to another process.
func TestCursorStays(t *testing.T) {
	src := &still{scene: family()}
	m := screen(t, src, 80, 24)
	press(m, "G")
	later := family()
	later.Rows = append(later.Rows[:2:2], append([]scene.Row{process(30, 1, "new")}, later.Rows[2:]...)...)
	for i := 3; i < len(later.Rows); i++ {
		if later.Rows[i].Up >= 2 {
			later.Rows[i].Up++
		}
	}
	src.scene = later
	next(m)
	expect(t, "after a birth above it", listed(m), "systemd bash new make cc1 nginx >worker")
	src.scene = &scene.Scene{Rows: later.Rows[:4], NowNS: later.NowNS}
	next(m)
	expect(t, "after its end", listed(m), "systemd bash new >make")
}

// TestFollow: with F the process is kept in view, without it the view stays.
func TestFollow(t *testing.T) {
	many := func(before int) *scene.Scene {
		sc := &scene.Scene{NowNS: second}
		for i := range before {
			sc.Rows = append(sc.Rows, process(int32(100+i), -1, "x"))
		}
		sc.Rows = append(sc.Rows, process(7, -1, "it"))
		return sc
	}
	src := &still{scene: many(1)}
	m := screen(t, src, 40, 12)
	press(m, "G")
	src.scene = many(50)
	next(m)
	if m.top != 0 || m.line != 50 {
		t.Errorf("not followed: top %d, line %d", m.top, m.line)
	}
	press(m, "F")
	if m.top+m.bodyHeight() <= m.line {
		t.Errorf("F does not show line %d: top %d", m.line, m.top)
	}
	src.scene = many(80)
	next(m)
	if m.line != 80 || m.top+m.bodyHeight() <= m.line {
		t.Errorf("followed: top %d, line %d", m.top, m.line)
	}
	m.Update(tea.MouseWheelMsg{Button: tea.MouseWheelUp})
	if m.follow || m.line != 77 {
		t.Errorf("the wheel ends following: line %d", m.line)
	}
}

// TestWheelKeepsTheCursorInView: it goes along at the edges, and between them stays on
// its process.
func TestWheelKeepsTheCursorInView(t *testing.T) {
	sc := &scene.Scene{NowNS: second}
	for i := range 50 {
		sc.Rows = append(sc.Rows, process(int32(100+i), -1, "x"))
	}
	m := screen(t, &still{scene: sc}, 40, 13) // ten lines of processes
	for _, c := range []struct {
		wheel     tea.MouseButton
		top, line int
	}{
		{tea.MouseWheelUp, 0, 0}, {tea.MouseWheelDown, 3, 3}, {tea.MouseWheelDown, 6, 6},
		{tea.MouseWheelUp, 3, 6}, {tea.MouseWheelUp, 0, 6}, {tea.MouseWheelDown, 3, 6},
	} {
		m.Update(tea.MouseWheelMsg{Button: c.wheel})
		if m.top != c.top || m.line != c.line || m.at != m.placeOf(c.line) {
			t.Errorf("top %d, line %d, want %d and %d", m.top, m.line, c.top, c.line)
		}
	}
	press(m, "G")
	m.Update(tea.MouseWheelMsg{Button: tea.MouseWheelUp})
	if m.top != 37 || m.line != 46 {
		t.Errorf("from the end: top %d, line %d", m.top, m.line)
	}
	press(m, "j")
	if m.top != 38 || m.line != 47 {
		t.Errorf("a key goes on from there: top %d, line %d", m.top, m.line)
	}
	none := screen(t, &still{scene: &scene.Scene{}}, 40, 13)
	none.Update(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
	if none.top != 0 || none.line != 0 || none.at != (place{}) {
		t.Errorf("without a process: top %d, line %d", none.top, none.line)
	}
}

func TestPause(t *testing.T) {
	src := &still{scene: family(), seen: 5}
	m := screen(t, src, 80, 24)
	press(m, "p")
	src.scene, src.seen = &scene.Scene{}, 17
	next(m)
	if got := shown(m)[0]; !strings.Contains(got, "paused, 12 events behind") {
		t.Errorf("while paused: %q", got)
	}
	expect(t, "while paused", listed(m), ">systemd bash make cc1 nginx worker")
	press(m, "p")
	if next(m); len(m.layout.lines) != 0 {
		t.Error("it does not go on")
	}
}

func TestPlayerKeys(t *testing.T) {
	sc := family()
	sc.Reel = &scene.Reel{FromNS: 0, ToNS: 2 * second, AtNS: second, At: 3, Total: 9, Playing: true, Speed: 1, Marks: make([]scene.Mark, 64)}
	sc.Reel.Marks[4], sc.Reel.Marks[32] = scene.Death|scene.Reparenting, scene.Death
	r := &reel{still: still{scene: sc}}
	m := screen(t, r, 80, 24)
	press(m, "space", "<", ">", "n", "d", "r", "[", "]", "0")
	expect(t, "keys", strings.Join(r.done, ", "), fmt.Sprintf("play false, faster 0.5, faster 2, step %d, step %d, step %d, seek -0.05, seek 0.05, rewind",
		scene.AnyEvent, scene.Death, scene.Reparenting))
	if got := shown(m)[22]; !strings.HasPrefix(got, "|> 1x ━") || !strings.HasSuffix(got, "1.000s/2.000s  3/9") {
		t.Errorf("the scrubber is %q", got)
	} else if strings.Count(got, "o") != 1 || strings.Count(got, "x") != 2 {
		t.Errorf("the scrubber is %q, want a new parent, and a death beside the speed's x", got)
	}
	expect(t, "space folds nothing", listed(m), ">systemd bash make cc1 nginx worker")
}

// TestLight: on a light terminal there is nothing yellow or cyan, which is hard to read there.
func TestLight(t *testing.T) {
	m := screen(t, &still{scene: family()}, 160, 24)
	before := m.View().Content
	m.Update(tea.BackgroundColorMsg{Color: color.White})
	after := m.View().Content
	if !strings.Contains(before, "\x1b[36m") || strings.Contains(after, "\x1b[36m") || strings.Contains(after, "\x1b[33m") {
		t.Errorf("dark %q\nlight %q", before, after)
	}
}
