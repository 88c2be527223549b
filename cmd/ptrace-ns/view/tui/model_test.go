package tui

import (
	"errors"
	"fmt"
	"image/color"
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
func (s *still) Seen() uint64                      { return s.seen }
func (s *still) Namespaces() []string              { return []string{"PIDNS LEVEL", "4026531836 0"} }
func (s *still) Deaths() []scene.Line              { return []scene.Line{{Text: "7 sh: killed by SIGKILL"}} }
func (s *still) Detail(key events.ProcKey) *scene.Detail {
	s.asked = append(s.asked, key)
	return s.detail
}

// reel is a still that can be moved; it notes how.
type reel struct {
	still
	done []string
}

func (r *reel) Play(on bool)       { r.done = append(r.done, fmt.Sprint("play ", on)) }
func (r *reel) Faster(by float64)  { r.done = append(r.done, fmt.Sprint("faster ", by)) }
func (r *reel) Step(to scene.Mark) { r.done = append(r.done, fmt.Sprint("step ", to)) }
func (r *reel) Seek(part float64)  { r.done = append(r.done, fmt.Sprint("seek ", part)) }
func (r *reel) Rewind()            { r.done = append(r.done, "rewind") }

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
	if m.follow || m.line != 80 {
		t.Error("the wheel scrolls, and ends following")
	}
}

func TestSearch(t *testing.T) {
	m := screen(t, &still{scene: family()}, 80, 24)
	press(m, "j", "-", "/")
	typeIn(m, "C")
	expect(t, "while typing, into a fold", listed(m), "systemd bash make >cc1 nginx worker")
	typeIn(m, "zzz")
	if !strings.Contains(m.notice, "no process has") {
		t.Errorf("nothing found is told as %q", m.notice)
	}
	press(m, "esc")
	expect(t, "given up", listed(m), "systemd >bash make cc1 nginx worker")
	press(m, "/")
	typeIn(m, "web")
	press(m, "enter")
	expect(t, "by container", listed(m), "systemd bash make cc1 >nginx worker")
	press(m, "n")
	expect(t, "next", listed(m), "systemd bash make cc1 nginx >worker")
	press(m, "f3")
	expect(t, "around", listed(m), "systemd bash make cc1 >nginx worker")
	press(m, "ctrl+p")
	expect(t, "back", listed(m), "systemd bash make cc1 nginx >worker")
}

func TestFilterIsEditedInPlace(t *testing.T) {
	src := &still{scene: family()}
	m := screen(t, src, 80, 24)
	press(m, `\`)
	typeIn(m, "bad")
	if got := shown(m)[22]; !strings.HasPrefix(got, "filter: unknown name bad (1:1)") {
		t.Errorf("the error is told as %q", got)
	}
	press(m, "enter")
	if m.prompt == nil || m.filter != nil {
		t.Error("a bad filter is taken")
	}
	press(m, "backspace", "backspace", "backspace")
	typeIn(m, "true")
	press(m, "enter")
	next(m)
	if m.prompt != nil || src.filter == nil || !strings.Contains(shown(m)[0], "filter true") {
		t.Errorf("a good filter is not taken: %q", shown(m)[0])
	}
	press(m, "ctrl+f", "backspace", "backspace", "backspace", "backspace", "enter")
	if next(m); src.filter != nil {
		t.Error("an empty filter is one")
	}
}

// TestFilterShowsWhere: what is above a process that is wanted shows where that is.
func TestFilterShowsWhere(t *testing.T) {
	sc := family()
	for i := range sc.Rows {
		sc.Rows[i].Hit = i == 3
	}
	m := screen(t, &still{scene: sc}, 80, 24)
	expect(t, "in the tree", listed(m), ">systemd bash cc1")
	press(m, "t")
	expect(t, "in groups", listed(m), ">[PID namespace 1, level 0] cc1")
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
	r := &reel{still: still{scene: sc}}
	m := screen(t, r, 80, 24)
	press(m, "space", "<", ">", "n", "d", "r", "[", "]", "0")
	expect(t, "keys", strings.Join(r.done, ", "), fmt.Sprintf("play false, faster 0.5, faster 2, step %d, step %d, step %d, seek -0.05, seek 0.05, rewind",
		scene.AnyEvent, scene.Death, scene.Reparenting))
	if got := shown(m)[22]; !strings.HasPrefix(got, "|> 1x ━") || !strings.HasSuffix(got, "1.000s/2.000s  3/9") {
		t.Errorf("the scrubber is %q", got)
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
