package tui

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// TestEveryRune: what is left of a rune is as wide as the terminal library thinks, also
// between others.
func TestEveryRune(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		for _, s := range []string{string(r), "a" + string(r) + string(r) + "b"} {
			c := clean(s)
			if cells(c) != ansi.StringWidth(c) || cells(c) != ansi.StringWidthWc(c) {
				t.Fatalf("%U: %q is %d cells, and %d or %d on the screen", r, c, cells(c), ansi.StringWidth(c), ansi.StringWidthWc(c))
			}
		}
	}
}

// hostile draws bytes that a terminal would act on, or that make widths doubtful.
var hostile = rapid.Custom(func(t *rapid.T) string {
	part := rapid.OneOf(
		rapid.String(), rapid.StringN(0, 3, 9),
		rapid.SampledFrom([]string{"\x1b[2J", "\x1b]0;x\a", "\x1b]52;c;eA==\a", "\r", "\n", "\u202e", "\u009b31m", "\xff", "é", "a\u0301", "日本", "👨‍👩‍👧", "🇩🇪", "☺️", "\u200b", "a b", "'", "\\"}),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 8), func(b []byte) string { return string(b) }),
	)
	return strings.Join(rapid.SliceOfN(part, 0, 5).Draw(t, "parts"), "")
})

var sgr = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// checkScreen fails for anything but as many lines as the screen has, each as wide and
// with nothing in it that a terminal would act on besides colours.
func checkScreen(t *rapid.T, m *Model, what string) {
	lines := strings.Split(m.View().Content, "\n")
	if len(lines) != m.height {
		t.Fatalf("%s: %d lines on a screen of %d", what, len(lines), m.height)
	}
	for i, l := range lines {
		bare := sgr.ReplaceAllString(l, "")
		for _, r := range bare {
			if !unicode.IsGraphic(r) || r == unicode.ReplacementChar && !strings.Contains(bare, "\uFFFD") {
				t.Fatalf("%s: %U reaches the terminal: %q", what, r, l)
			}
		}
		if w := ansi.StringWidth(l); w != m.width {
			t.Fatalf("%s: line %d is %d wide on a screen of %d: %q", what, i, w, m.width, l)
		}
	}
}

// rows draws a forest with hostile names.
func rows(t *rapid.T) []scene.Row {
	n := rapid.IntRange(0, 12).Draw(t, "rows")
	all := make([]scene.Row, 0, n)
	path := []int32{-1}
	for i := range n {
		path = path[:rapid.IntRange(1, len(path)).Draw(t, "depth")]
		row := process(int32(i+1), path[len(path)-1], hostile.Draw(t, "comm"))
		row.Hit = rapid.Bool().Draw(t, "hit")
		row.State = rapid.SampledFrom([]report.State{report.Live, report.Zombie, report.Ending, report.Exited, report.Gone, report.Unseen}).Draw(t, "state")
		row.Args = events.ArgsOf(rapid.SliceOfN(hostile, 0, 3).Draw(t, "args")...)
		row.Kthread = rapid.Bool().Draw(t, "kthread")
		row.Role = clean(hostile.Draw(t, "role"))
		if rapid.Bool().Draw(t, "contained") {
			row.Container = &events.Container{ID: hostile.Draw(t, "id"), Name: hostile.Draw(t, "name"), Image: hostile.Draw(t, "image"), Runtime: hostile.Draw(t, "runtime"), Pod: hostile.Draw(t, "pod")}
			row.Chain = append(row.Chain, events.PIDEntry{NS: events.NSID{Inum: uint32(i % 3)}, PID: 1})
		}
		if row.State == report.Exited {
			row.End = &scene.End{Status: events.ExitStatus{Signal: 9}, LifetimeNS: 5, Killer: &events.Killer{Sender: events.Ref{Key: events.ProcKey{PID: 3}, Comm: hostile.Draw(t, "killer")}}}
		}
		if rapid.Bool().Draw(t, "adopted") {
			row.Adopted = &report.Adoption{ReparentDetail: events.ReparentDetail{From: events.Ref{Key: events.ProcKey{PID: 2}, Comm: hostile.Draw(t, "from")}, Reason: events.ReparentInit}}
		}
		all = append(all, row)
		path = append(path, int32(i))
	}
	return all
}

// TestHostileScreens: S01, on every screen of every size, whatever keys are pressed.
func TestHostileScreens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := life()
		d.Life.Process.Comm, d.Life.Process.Exe = hostile.Draw(t, "comm"), hostile.Draw(t, "exe")
		d.Life.Process.Args = events.ArgsOf(hostile.Draw(t, "arg"))
		d.Life.Process.Container.Image, d.Life.Process.Cgroup.Path = hostile.Draw(t, "image"), hostile.Draw(t, "cgroup")
		src := &still{scene: &scene.Scene{Rows: rows(t), NowNS: 1000 * second}, detail: d}
		m := New(src, Options{Unicode: rapid.Bool().Draw(t, "unicode"), Args: rapid.Bool().Draw(t, "args"), Zone: time.UTC, Compile: acceptAll, Notice: hostile.Draw(t, "notice"), Filter: hostile.Draw(t, "filter"), Nobody: hostile.Draw(t, "nobody")})
		m.Compile = refuseAll
		m.Update(tea.WindowSizeMsg{Width: rapid.IntRange(1, 180).Draw(t, "width"), Height: rapid.IntRange(1, 60).Draw(t, "height")})
		checkScreen(t, m, "before")
		next(m)
		for range rapid.IntRange(0, 12).Draw(t, "keys") {
			k := rapid.SampledFrom([]string{"j", "k", "-", "+", "t", "a", "F", "V", "T", "K", "N", "?", "tab", "esc", "G", "g", "pgdown", "p", "/", `\`, "x", "\u202e", "é", "日", "a\u0301", "\u200b", "backspace", "enter", "U", "1", "C", "left", "right"}).Draw(t, "key")
			press(m, k)
			checkScreen(t, m, k)
			if rapid.Bool().Draw(t, "resized") {
				m.Update(tea.WindowSizeMsg{Width: rapid.IntRange(1, 180).Draw(t, "width"), Height: rapid.IntRange(1, 60).Draw(t, "height")})
				checkScreen(t, m, "resized")
			}
		}
	})
}

func acceptAll(string) (func(*events.Event) bool, error) {
	return func(*events.Event) bool { return true }, nil
}

func refuseAll(text string) (func(*events.Event) bool, error) {
	return nil, fmt.Errorf("filter: %s", text)
}

// TestLayout: every process is on a line or folded away below the one that hides it, in
// the order of the tree, each below its nearest that is shown.
func TestLayout(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sc := &scene.Scene{Rows: rows(t)}
		closed := map[place]bool{}
		for i := range sc.Rows {
			closed[place{key: sc.Rows[i].Key}] = rapid.Bool().Draw(t, "folded")
		}
		by := Group(rapid.IntRange(0, int(groups)-1).Draw(t, "group"))
		var l layout
		for range 2 { // once more with what is left of the last time
			l.arrange(sc, by, func(p place, _ bool) bool { return closed[p] })
		}
		accounted, kept := 0, 0
		for i, line := range l.lines {
			accounted += int(line.hidden)
			if line.row < 0 {
				continue
			}
			accounted++
			if line.up >= int32(i) {
				t.Fatalf("line %d is below line %d", i, line.up)
			}
			if line.up >= 0 && l.lines[line.up].row >= 0 && !below(sc, line.row, l.lines[line.up].row) {
				t.Fatalf("row %d is drawn below row %d", line.row, l.lines[line.up].row)
			}
			if row := sc.Rows[line.row]; line.hidden > 0 && !closed[place{key: row.Key}] {
				t.Fatalf("row %d is open and hides %d", line.row, line.hidden)
			}
		}
		for i := range sc.Rows {
			if wanted(sc, i, by) {
				kept++
			}
		}
		if accounted != kept {
			t.Fatalf("%d processes are shown or folded, of %d", accounted, kept)
		}
	})
}

// below reports whether a row is below another in the tree.
func below(sc *scene.Scene, row, above int32) bool {
	for row >= 0 && row != above {
		row = sc.Rows[row].Up
	}
	return row == above
}

// wanted reports whether a row passes the filter or, in the tree, one below it does.
func wanted(sc *scene.Scene, i int, by Group) bool {
	if by != Tree {
		return sc.Rows[i].Hit
	}
	for j := range sc.Rows {
		if sc.Rows[j].Hit && below(sc, int32(j), int32(i)) {
			return true
		}
	}
	return false
}

// TestWrap: nothing is lost but the spaces at which lines break.
func TestWrap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := clean(hostile.Draw(t, "s"))
		room := rapid.IntRange(6, 40).Draw(t, "room")
		joined := ""
		for i, l := range wrap(s, room) {
			if cells(l) > room {
				t.Fatalf("%q is wider than %d", l, room)
			}
			if i > 0 {
				l = strings.TrimPrefix(l, "    ")
			}
			joined += l
		}
		bare := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if bare(joined) != bare(s) {
			t.Fatalf("%q became %q", s, joined)
		}
	})
}
