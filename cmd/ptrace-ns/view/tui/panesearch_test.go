package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// deadly is a source of many deaths.
type deadly struct {
	still
	lines []scene.Line
	asked *scene.Filter
	width int
}

func (d *deadly) Deaths(f *scene.Filter) []scene.Line { d.asked = f; return d.lines }

func (d *deadly) Namespaces(width int) []string {
	d.width = width
	return []string{"PIDNS INIT COMMAND", "└─4026532178 7609→1 " + strings.Repeat("word ", 40) + "end"}
}

func manyDeaths(n int) *deadly {
	d := &deadly{still: still{scene: family()}}
	for i := range n {
		d.lines = append(d.lines, scene.Line{Text: fmt.Sprintf("12:00:00.000000 %d sh exited 0 after so long that it takes two lines", i)})
	}
	d.lines[n/2].Text = "12:00:00.000000 7 sh killed by SIGKILL"
	return d
}

// TestPaneSearch: the one line that is sought is seen and stands out, from wherever it
// is sought.
func TestPaneSearch(t *testing.T) {
	src := manyDeaths(500)
	m := screen(t, src, 50, 20)
	press(m, "K")
	if strings.Contains(text(m), "SIGKILL") {
		t.Fatal("the line is seen before it is sought")
	}
	press(m, "/")
	typeIn(m, "sigkill")
	press(m, "enter")
	marked := ""
	for _, l := range strings.Split(m.View().Content, "\n") {
		if strings.Contains(l, reverse) {
			marked += l
		}
	}
	if !strings.Contains(marked, "SIGKILL") {
		t.Errorf("what was found is not marked: %q\n%s", marked, text(m))
	}
	press(m, "/")
	typeIn(m, "exited")
	press(m, "enter", "f3", "f3")
	if at := m.pane.found.line; at < 2 || !strings.Contains(src.lines[at].Text, "exited") {
		t.Errorf("the third that is found is line %d", at)
	}
	press(m, "/")
	typeIn(m, "nobody")
	if last := shown(m)[19]; !strings.HasPrefix(last, "/nobody   no line has nobody ") {
		t.Errorf("while typing, the last line is %q", last)
	}
	press(m, "enter")
	if last := shown(m)[19]; !strings.HasPrefix(last, "no line has nobody ") {
		t.Errorf("after Enter, the last line is %q", last)
	}
}

// TestPanesCountLines and not the rows that these take on a narrow screen.
func TestPanesCountLines(t *testing.T) {
	m := screen(t, manyDeaths(300), 40, 20)
	press(m, "K")
	last := shown(m)[len(shown(m))-2]
	var above, below int
	if _, err := fmt.Sscanf(strings.Trim(last, "╰─╯ "), "%d lines above, %d below", &above, &below); err != nil {
		t.Fatalf("%v: %q", err, last)
	}
	seen := strings.Count(text(m), " sh exited")
	if above+seen < 299 || above+seen > 301 || below != 0 || above >= 300 {
		t.Errorf("%d above, %d seen, %d below, of 300 lines", above, seen, below)
	}
}

// TestTablesEndInAMark where they go on, and are asked for as wide as they are shown.
func TestTablesEndInAMark(t *testing.T) {
	src := manyDeaths(2)
	m := screen(t, src, 60, 20)
	press(m, "N")
	row := func() string { return strings.TrimRight(strings.TrimSuffix(shown(m)[3], "│"), " ") }
	if src.width != 56 || !strings.HasSuffix(row(), "…") {
		t.Errorf("asked for a width of %d; the line is %q", src.width, row())
	}
	for range 40 {
		press(m, "right")
	}
	if !strings.HasSuffix(row(), "end") {
		t.Errorf("at its end: %q", row())
	}
	m.Update(tea.WindowSizeMsg{Width: 40, Height: 20})
	if cmd := m.refill(); cmd == nil {
		t.Fatal("on another width it stays as it was")
	} else {
		m.Update(cmd())
	}
	if src.width != 36 {
		t.Errorf("asked for a width of %d", src.width)
	}
}

// TestDeathsOfTheChosen: the pane says of whom it tells, and asks for these.
func TestDeathsOfTheChosen(t *testing.T) {
	src := manyDeaths(4)
	m := screen(t, src, 80, 20)
	m.Compile = acceptAll
	m.setFilter("x")
	press(m, "K")
	if src.asked == nil || src.asked != m.filter || !strings.Contains(shown(m)[1], "of those chosen") {
		t.Errorf("asked for %v: %q", src.asked, shown(m)[1])
	}
}

// TestTypedIsShownEscaped: what a filter or a search holds reaches the terminal as what
// a process has chosen does.
func TestTypedIsShownEscaped(t *testing.T) {
	m := New(&still{scene: family()}, Options{Unicode: true, Zone: time.UTC, Compile: acceptAll, Filter: "comm == \"\u202eab\""})
	m.Update(tea.WindowSizeMsg{Width: 60, Height: 12})
	next(m)
	for _, key := range []string{`\`, "/"} {
		press(m, key)
		typeIn(m, "\u202eab")
		last := m.View().Content[strings.LastIndex(m.View().Content, "\n"):]
		if strings.Contains(last, "\u202e") || !strings.Contains(last, `\u{202e}ab`) {
			t.Errorf("after %s: %q", key, last)
		}
		press(m, "esc")
	}
	press(m, "/")
	typeIn(m, strings.Repeat("long ", 30)+"end")
	if last := shown(m)[11]; !strings.HasSuffix(strings.TrimRight(last, " "), "end") {
		t.Errorf("the end of what is typed is not seen: %q", last)
	}
}

// TestNobodyIsExplained: an empty screen says why it is.
func TestNobodyIsExplained(t *testing.T) {
	m := New(&still{scene: &scene.Scene{Living: 113}}, Options{Unicode: true, Zone: time.UTC, Compile: acceptAll, Nobody: "there is no process of container web"})
	m.Update(tea.WindowSizeMsg{Width: 60, Height: 12})
	next(m)
	if !strings.Contains(text(m), "there is no process of container web") || !strings.Contains(shown(m)[0], "0 of 113 processes") {
		t.Errorf("a choice of nobody:\n%s", strings.Join(shown(m), "\n"))
	}
	m.setFilter("x")
	if m.drawn = ""; !strings.Contains(text(m), "no process passes the filter") {
		t.Errorf("a filter that nobody passes:\n%s", text(m))
	}
}

// TestSaidIsTold once, where it is seen.
func TestSaidIsTold(t *testing.T) {
	src := &still{scene: family()}
	m := screen(t, src, 80, 20)
	src.scene.Said = []string{"the file is\x1b full"}
	next(m)
	if last := shown(m)[19]; !strings.Contains(last, `the file is\x1b full`) {
		t.Errorf("the last line is %q", last)
	}
	press(m, "j")
	next(m)
	if last := shown(m)[19]; strings.Contains(last, "full") {
		t.Errorf("it is told again: %q", last)
	}
}

// TestLongErrorsAreWrapped: where a filter is wrong is at the end of what is said.
func TestLongErrorsAreWrapped(t *testing.T) {
	m := screen(t, &still{scene: family()}, 40, 12)
	m.Compile = func(string) (func(*events.Event) bool, error) {
		return nil, fmt.Errorf("filter: unexpected token Operator(\"=\") in what was typed (1:6)")
	}
	press(m, `\`)
	typeIn(m, "comm = 1")
	if !strings.Contains(text(m), "(1:6)") || len(shown(m)) != 12 {
		t.Errorf("where it is wrong is not seen:\n%s", text(m))
	}
}

// TestStoryNamesTheHeir: what the kernel has chosen by is said of the new parent and not
// of the one that has ended.
func TestStoryNamesTheHeir(t *testing.T) {
	from := events.Ref{Key: events.ProcKey{PID: 13867}, Comm: "runc"}
	for why, want := range map[events.ReparentReason]string{
		events.ReparentSubreaper: "13867 runc → subreaper", events.ReparentPidnsInit: "13867 runc → its namespace's PID 1",
		events.ReparentInit: "13867 runc → init", events.ReparentThread: "13867 runc → another thread of it", events.ReparentUnknown: "← 13867 runc",
	} {
		m := screen(t, &still{scene: family()}, 160, 20)
		row := process(20, -1, "sh")
		row.State = report.Live
		row.Adopted = &report.Adoption{ReparentDetail: events.ReparentDetail{From: from, Reason: why, Confirmed: true}}
		if got, _ := m.story(&row); got != want || cells(got) > 36 {
			t.Errorf("%s: %q, want %q", why, got, want)
		}
	}
}
