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

// bodyOf returns the lines below the headings, without the spaces at their ends.
func bodyOf(m *Model, n int) []string {
	lines := shown(m)[1 : headerLines+n]
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}

// TestNarrowCommandLines: where there is little room the program is named first, and
// not the directory that it is in.
func TestNarrowCommandLines(t *testing.T) {
	sc := family()
	for i, args := range [][]string{
		{"/sbin/init"},
		{"/opt/a/very/long/directory/of/tools/bin/bash", "-c", "make all"},
		{"./relative/path/that/is/longer/than/the/line/make"},
		{"cc1", "/a/path/that/stays/as/it/is/but/for/its/end.c"},
		{"nginx: master process /usr/sbin/nginx -g daemon off;"},
		{"/no/program/but/a/directory/that/is/long/"},
	} {
		sc.Rows[i].Args = events.ArgsOf(args...)
	}
	m := New(&still{scene: sc}, Options{Unicode: true, Args: true, Zone: time.UTC})
	m.Update(tea.WindowSizeMsg{Width: 40, Height: 24})
	next(m)
	want := []string{
		"PID  COMMAND",
		"1    /sbin/init",
		"10   ├─bash -c 'make all'",
		"11   │ ├─make",
		"12   │ └─cc1 /a/path/that/stays/as/it/i…",
		"20→1 └─'nginx: master process /usr/sbin…",
		"21→7   └─/no/program/but/a/directory/th…",
	}
	got := bodyOf(m, len(sc.Rows))
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("line %d is %q, want %q", i, got[i], want[i])
		}
	}
}

// TestNarrowStory: of a former parent as much is told as has room, but no part of its name,
// which reads like another process.
func TestNarrowStory(t *testing.T) {
	from := events.Ref{Key: events.ProcKey{PID: 13867}, Comm: "containerd-shim"}
	adopted := &report.Adoption{ReparentDetail: events.ReparentDetail{From: from, Reason: events.ReparentSubreaper, Confirmed: true}}
	for _, c := range []struct {
		width int
		ended bool
		want  string
	}{
		{40, false, "← 13867"}, {40, true, "exited 0; ← 13867"},
		{100, false, "13867 containerd-shim → subreaper"}, {100, true, "exited 0; 13867 containerd-shim → subreaper"},
	} {
		sc := family()
		row := &sc.Rows[1]
		row.Adopted, row.State, row.End = adopted, report.Live, nil
		if c.ended {
			row.State, row.End = report.Exited, &scene.End{}
		}
		m := New(&still{scene: sc}, Options{Unicode: true, Zone: time.UTC})
		m.Update(tea.WindowSizeMsg{Width: c.width, Height: 24})
		next(m)
		got := strings.TrimSpace(bodyOf(m, len(sc.Rows))[2])
		if !strings.Contains(got, "  "+c.want) || c.width < 100 && !strings.HasSuffix(got, c.want) {
			t.Errorf("%d columns, ended %v: %q, want %q in it", c.width, c.ended, got, c.want)
		}
	}
}

// TestNumbersTakeTheirRoom, and do not give it back while processes come and go.
func TestNumbersTakeTheirRoom(t *testing.T) {
	src := &still{scene: family()}
	m := screen(t, src, 120, 24)
	if got := shown(m)[1]; !strings.HasPrefix(got, "PID CHAIN COMMAND") {
		t.Errorf("small numbers: %q", got)
	}
	big := family()
	big.Rows[5].Key.PID = 4194304
	big.Rows[5].Chain = events.PIDChain{{PID: 4194304}, {PID: 123456}, {PID: 1}}
	for _, src.scene = range []*scene.Scene{big, family()} {
		next(m)
		if got := shown(m)[1]; !strings.HasPrefix(got, "    PID CHAIN          COMMAND") {
			t.Errorf("big numbers: %q", got)
		}
	}
}

// TestDeepTree: how deep a line is can be read where its branches have no room.
func TestDeepTree(t *testing.T) {
	sc := &scene.Scene{NowNS: second}
	for i := range int32(60) {
		sc.Rows = append(sc.Rows, process(i+1, i-1, fmt.Sprint("level", i)))
	}
	for _, width := range []int{40, 60, 80, 120, 200} {
		m := screen(t, &still{scene: sc}, width, 64)
		lines := bodyOf(m, len(sc.Rows))[1:]
		drawn := 0
		for depth, l := range lines {
			branches := strings.Repeat("  ", max(depth-1, 0)) + "└─"
			switch name := fmt.Sprint("level", depth); {
			case !strings.HasSuffix(l, name) && !strings.Contains(l, name+" "):
				t.Errorf("%d columns, depth %d has no name: %q", width, depth, l)
			case depth > 0 && strings.Contains(l, " "+branches+name):
				drawn++
			case depth > 0 && !strings.Contains(l, fmt.Sprintf(" %d ", depth)):
				t.Errorf("%d columns: depth %d cannot be read: %q", width, depth, l)
			}
		}
		if drawn < 5 {
			t.Errorf("%d columns: only %d levels are drawn", width, drawn)
		}
	}
}
