package tui

import (
	"fmt"
	"image/color"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// life is all that can be known of a process.
func life() *scene.Detail {
	self := events.Ref{Key: events.ProcKey{PID: 20, Start: 20}, Comm: "nginx"}
	p := events.Process{
		Key: self.Key, Comm: "nginx", Exe: "/usr/sbin/nginx", Args: events.ArgsOf("nginx", "", "-g", "daemon off;"),
		Chain:  events.PIDChain{{NS: events.NSID{Inum: 1}, PID: 20}, {NS: events.NSID{Inum: 77}, PID: 1}},
		HasIDs: true, UID: 33, GID: 34, NS: events.Namespaces{PID: 77, Net: 78},
		Cgroup: events.Cgroup{ID: 5, Path: "/docker/abc"}, Parent: events.Ref{Key: events.ProcKey{PID: 9, Start: 9}, Comm: "shim"},
		Container: &events.Container{ID: "abc", Name: "web", Runtime: "docker", Source: "cgroup", Outer: &events.Container{ID: "outer"}},
	}
	return &scene.Detail{
		Life: &report.Life{
			Node:   report.Node{Process: p, State: report.Live},
			Birth:  &report.Birth{Creator: events.Ref{Key: events.ProcKey{PID: 8}, Comm: "runc"}, Flags: 0x20000000},
			Images: []report.Image{{Exe: "/runc"}, {BootNS: 1, Exe: "/usr/sbin/nginx", Args: p.Args}},
			Pidns:  &report.Namespace{Info: events.NSInfo{Level: 1}, Init: self, Members: 3},
		},
		Story:  "20 nginx (id 20-20)\n  It was forked by 8 runc.\n  It is alive.\n",
		Events: []string{"exec one", "signal two"},
		NowNS:  second,
	}
}

// text is what the pane shows, joined.
func text(m *Model) string { return strings.Join(shown(m)[1:], "\n") }

func TestDetails(t *testing.T) {
	src := &still{scene: family(), detail: life()}
	m := screen(t, src, 120, 40)
	press(m, "G", "k", "V")
	if got := shown(m)[1]; !strings.Contains(got, "  identity  PIDs  namespaces  cgroup  arguments  images  events ") {
		t.Errorf("the tabs are %q", got)
	}
	if len(src.asked) != 1 || src.asked[0] != m.scene.Rows[4].Key {
		t.Fatalf("asked for %v", src.asked)
	}
	for i, wants := range [][]string{
		{"20-20", "/usr/sbin/nginx", "9 shim", "8 runc", "CLONE_NEWPID", "33, 34"},
		{"    0              1  20", "    1             77  1", "members      3"},
		{"pid          77", "net          78"},
		{"/docker/abc", "web", "known from", "which is in  outer"},
		{"  0  nginx", "  1  ''", "  3  'daemon off;'"},
		{"1  born with /runc", "2  executed /usr/sbin/nginx", "nginx '' -g 'daemon off;'"},
		{"exec one", "signal two"},
	} {
		for _, want := range wants {
			if !strings.Contains(text(m), want) {
				t.Errorf("tab %d lacks %q:\n%s", i, want, text(m))
			}
		}
		press(m, "tab")
	}
	if !strings.Contains(text(m), "20-20") {
		t.Error("behind the last tab there is not the first")
	}
	// A process that is forgotten meanwhile is still what is shown.
	src.detail = nil
	m.Update(m.load()())
	if !strings.Contains(text(m), "20-20") {
		t.Error("what is known is dropped with the process")
	}
	press(m, "esc")
	expect(t, "behind it", listed(m), "systemd bash make cc1 >nginx worker")
}

// TestDetailsOfAFormerSubreaper: of one that has ended it is not told as if it still was one.
func TestDetailsOfAFormerSubreaper(t *testing.T) {
	for state, want := range map[report.State]string{report.Live: "subreaper    gets the orphans", report.Exited: "subreaper    was subreaper: got the orphans"} {
		d := life()
		d.Life.Process.Subreaper, d.Life.State = true, state
		m := screen(t, &still{scene: family(), detail: d}, 120, 40)
		press(m, "V")
		if !strings.Contains(text(m), want) {
			t.Errorf("%s: %q is not told:\n%s", state, want, text(m))
		}
	}
}

func TestPanes(t *testing.T) {
	src := &still{scene: family(), detail: life()}
	m := screen(t, src, 80, 24)
	for keys, want := range map[string]string{
		"T": "It was forked by 8 runc.", "K": "7 sh: killed by SIGKILL", "N": "4026531836 0", "?": "fold or unfold", "V": "20-20", "enter": "20-20",
	} {
		press(m, keys)
		if !strings.Contains(text(m), want) {
			t.Errorf("%s shows\n%s", keys, text(m))
		}
		if press(m, keys); m.pane != nil {
			t.Errorf("%s does not close its pane", keys)
		}
	}
	press(m, "T", "K")
	if m.pane == nil || m.pane.name != "deaths" {
		t.Error("from one pane one cannot go to another")
	}
	if _, cmd := m.Update(tea.KeyPressMsg{Text: "q", Code: 'q'}); m.pane != nil || cmd != nil {
		t.Error("q does not close the pane, and only that")
	}
	if _, cmd := m.Update(tea.KeyPressMsg{Text: "q", Code: 'q'}); cmd == nil || cmd() != tea.Quit() {
		t.Error("q does not quit")
	}
}

// TestHelpIsComplete: whatever has a key is in the help.
func TestHelpIsComplete(t *testing.T) {
	for _, src := range []Source{&still{scene: family()}, &reel{still: still{scene: family()}}} {
		m := screen(t, src, 80, 100)
		press(m, "?")
		all := text(m)
		seen := map[string]string{}
		for _, column := range m.keys.FullHelp() {
			for _, b := range column {
				if b.Enabled() && !strings.Contains(all, b.Help().Desc) {
					t.Errorf("%q is not in the help", b.Help().Desc)
				}
				for _, name := range b.Keys() {
					if other := seen[name]; other != "" && b.Enabled() && !slices.Contains([]string{"p", "enter"}, name) {
						t.Errorf("%s is for %q and %q", name, other, b.Help().Desc)
					}
					seen[name] = b.Help().Desc
				}
			}
		}
		if !key.Matches(tea.KeyPressMsg{Code: tea.KeyF1}, m.keys.help) {
			t.Error("F1 is not help")
		}
	}
}

// TestLongPanesScroll at every size.
func TestLongPanesScroll(t *testing.T) {
	d := life()
	d.Events = nil
	for i := range 200 {
		d.Events = append(d.Events, fmt.Sprintf("event %d %s", i, strings.Repeat("long ", i%40)))
	}
	m := screen(t, &still{scene: family(), detail: d}, 40, 12)
	press(m, "V", "left")
	if !strings.Contains(text(m), "event 199") {
		t.Errorf("the latest events are not shown:\n%s", text(m))
	}
	press(m, "g")
	if !strings.Contains(text(m), "event 0 ") {
		t.Errorf("g does not show the first:\n%s", text(m))
	}
	m.Update(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
	if strings.Contains(text(m), "event 0 ") {
		t.Error("the wheel does not scroll")
	}
}

// TestPanesSayWhatIsNotShown: a pane that goes on says so, in the frame.
func TestPanesSayWhatIsNotShown(t *testing.T) {
	for _, c := range []struct {
		width, height int
		more          bool
	}{{160, 40, false}, {200, 30, false}, {80, 24, true}, {40, 12, true}} {
		m := screen(t, &reel{still: still{scene: family()}}, c.width, c.height)
		press(m, "?")
		if got := strings.Contains(text(m), "0 lines above, "); got != c.more {
			t.Errorf("%d×%d says that there is more: %t\n%s", c.width, c.height, got, text(m))
		}
		for i := 0; c.more && i < 100 && !strings.Contains(text(m), ", 0 below"); i++ {
			press(m, "j")
		}
		if !strings.Contains(text(m), "to the beginning") {
			t.Errorf("%d×%d does not come to its end:\n%s", c.width, c.height, text(m))
		}
		m.Update(tea.WindowSizeMsg{Width: 40, Height: 60})
		if !strings.Contains(text(m), "to the beginning") {
			t.Errorf("made narrow it is cut:\n%s", text(m))
		}
	}
}

// TestNoColours: not one sequence that sets or takes back a colour, on any screen.
func TestNoColours(t *testing.T) {
	colour := regexp.MustCompile(`\x1b\[([0-9]+[;:])*([34][0-9]|9[0-7]|10[0-7])([;:][0-9]+)*m`)
	sc := family()
	sc.Rows[2].State, sc.Rows[2].End = report.Exited, &scene.End{Status: events.ExitStatus{Signal: 9}}
	sc.Rows[3].BornNS, sc.Lost = sc.NowNS, 3
	sc.Rows[5].Adopted = &report.Adoption{BootNS: sc.NowNS}
	for _, coloured := range []bool{true, false} {
		m := New(&still{scene: sc, detail: life()}, Options{Unicode: true, Color: coloured, Zone: time.UTC, Compile: refuseAll})
		m.Update(tea.WindowSizeMsg{Width: 160, Height: 40})
		next(m)
		all := m.View().Content
		for _, keys := range []string{"t", "t", "F", "V", "tab", "esc", "K", "N", "?", "esc", "/", "x", "esc", `\`, "x"} {
			press(m, keys)
			all += m.View().Content
		}
		m.Update(tea.BackgroundColorMsg{Color: color.White})
		all += m.View().Content
		if got := colour.FindString(all); (got != "") != coloured {
			t.Errorf("with colours %t: %q", coloured, got)
		}
	}
}
