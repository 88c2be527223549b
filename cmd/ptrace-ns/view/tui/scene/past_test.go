package scene_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/picture"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
	"github.com/ptrace-ns/ptrace-ns/events"
)

func ref(pid int32) events.Ref {
	return events.Ref{Key: events.ProcKey{PID: pid, Start: uint64(pid)}, Comm: "sh"}
}

// kill is a signal of 9 that ends a process, and the end.
func kill(pid, by int32, atNS uint64) []*events.Event {
	end := exit(pid, 9, atNS, 0)
	end.Exit.Status = events.ExitStatus{Signal: 9}
	end.Exit.Killer = &events.Killer{Signal: 9, Origin: events.OriginUser, Sender: ref(by)}
	return []*events.Event{
		{Kind: events.Signal, BootNS: atNS, Process: process(pid, 9, "sh"), Signal: &events.SignalDetail{Signal: 9, Sender: ref(by), Group: true}}, end,
	}
}

func (m *machine) events(pid int32) *scene.Detail {
	m.t.Helper()
	d := m.stage.Detail(m.model, events.ProcKey{PID: pid, Start: uint64(pid)}, 9*second)
	if d == nil {
		m.t.Fatalf("process %d has no details", pid)
	}
	return d
}

// TestEventsOfAll in whom something happens: a process has the line of what it did to
// another as that one has.
func TestEventsOfAll(t *testing.T) {
	m := newMachine(t)
	m.tell(snapshot(7, 1, "caller"), snapshot(8, 1, "killer"))
	cloned := fork(20, 9, second)
	cloned.Fork.Creator = ref(7) // CLONE_PARENT
	m.tell(cloned, fork(21, 20, second))
	m.tell(kill(20, 8, 2*second)...)
	for pid, wants := range map[int32][]string{
		7:  {"forked"},                          // it called clone
		9:  {"forked"},                          // the parent
		8:  {"SIGKILL to", "killed by SIGKILL"}, // it sent the signal
		20: {"forked", "forked", "SIGKILL", "killed", "child of"},
		21: {"forked", "child of"}, // an orphan
		1:  {"child of"},           // who gets it
	} {
		got := m.events(pid).Events
		if len(got) != len(wants) {
			t.Errorf("process %d: %q, want %q", pid, got, wants)
			continue
		}
		for i, want := range wants {
			if !strings.Contains(got[i], want) {
				t.Errorf("process %d: %q, want %q", pid, got, wants)
			}
		}
	}
}

// TestEventsStay whatever happens to others, and how many of a process are not kept is
// said.
func TestEventsStay(t *testing.T) {
	m := newMachine(t)
	m.tell(fork(20, 9, second), exec(20, 9, second, "quiet"))
	for i := range int32(20_000) {
		m.tell(fork(30+i, 9, 2*second), exit(30+i, 9, 2*second, 0))
	}
	if d := m.events(20); len(d.Events) != 2 || d.Dropped != 0 {
		t.Errorf("of two events %q are kept, %d not", d.Events, d.Dropped)
	}
	m.tell(exec(9, 1, 3*second, "loud"))
	d := m.events(9)
	if last := d.Events[len(d.Events)-1]; len(d.Events) > 65 || !strings.Contains(last, "loud") || d.Dropped+uint64(len(d.Events)) != 20_002 {
		t.Errorf("%d events are kept and %d not; the last is %q", len(d.Events), d.Dropped, last)
	}
}

func TestDeaths(t *testing.T) {
	m := newMachine(t)
	m.tell(fork(20, 9, second), exit(20, 9, 2*second, 0))
	if all := m.deaths(nil); len(all) != 1 || all[0].Key.PID != 20 || !strings.Contains(all[0].Text, "exited 0") {
		t.Errorf("deaths: %+v", all)
	}
	if m.stage.Detail(m.model, events.ProcKey{PID: 99}, 0) != nil {
		t.Error("nobody has details")
	}
	reaped := exit(21, 9, 3*second, 0)
	reaped.Exit.Status, reaped.Exit.Killer = events.ExitStatus{Signal: 9}, &events.Killer{Signal: 9, Origin: events.OriginPidnsReap, Sender: ref(20)}
	m.tell(fork(21, 9, 3*second), &events.Event{
		Kind: events.Signal, BootNS: 3 * second, Process: process(21, 9, "sh"),
		Signal: &events.SignalDetail{Signal: 9, Sender: ref(20), Origin: events.OriginPidnsReap, Group: true},
	})
	if all := m.deaths(nil); len(all) > 2 {
		t.Errorf("what the kernel does once is told %d times: %+v", len(all)-1, all)
	}
	for range 5000 {
		m.tell(exit(22, 1, 3*second, 0), fork(22, 9, 3*second))
	}
	if n := len(m.deaths(nil)); n > 2048 {
		t.Errorf("%d lines are kept", n)
	}
	if lines := m.stage.Namespaces(m.model, 3*second, 0); len(lines) != 2 || !strings.Contains(lines[1], "init") {
		t.Errorf("namespaces: %q", lines)
	}
}

// TestDeathsOfThoseThatAreWanted: others' do not push them out, nor are they among them.
func TestDeathsOfThoseThatAreWanted(t *testing.T) {
	m := newMachine(t)
	m.stage = scene.NewStage(scene.Options{Zone: time.UTC, FadeNS: second, Only: func(key events.ProcKey) bool { return key.PID == 20 }})
	m.tell(fork(20, 9, second), fork(21, 9, second), snapshot(8, 1, "killer"))
	m.tell(kill(20, 8, 2*second)...)
	for i := range int32(3000) {
		m.tell(fork(30+i, 9, 3*second), exit(30+i, 9, 3*second, 0))
	}
	if all := m.deaths(nil); len(all) != 2 || all[0].Key.PID != 20 || all[1].Key.PID != 20 {
		t.Errorf("deaths of process 20: %+v", all)
	}
	if sc := m.look(3*second, nil); sc.Wanted != 0 || sc.Living == 0 {
		t.Errorf("%d of %d are wanted and live", sc.Wanted, sc.Living)
	}
}

// TestDeathsThatPassTheFilter: the pane has what concerns rows that pass, of those that
// have no row any more, too.
func TestDeathsThatPassTheFilter(t *testing.T) {
	m := newMachine(t)
	m.tell(snapshot(8, 1, "killer"), fork(20, 9, second), fork(21, 9, second))
	m.tell(kill(20, 8, 2*second)...)
	m.tell(exit(21, 9, 2*second, 0))
	f := scene.NewFilter(func(ev *events.Event) bool { return ev.Process.Comm == "killer" || ev.Process.Key.PID == 21 })
	var got []string
	for _, l := range m.deaths(f) {
		got = append(got, fmt.Sprint(l.Key.PID))
	}
	if want := "20 20 21"; strings.Join(got, " ") != want {
		t.Errorf("deaths of %q, want %s", got, want)
	}
	if sc := m.look(2*second, f); sc.Wanted != 1 {
		t.Errorf("%d living processes pass", sc.Wanted)
	}
}

// TestSaid is told by the next scene.
func TestSaid(t *testing.T) {
	m := newMachine(t)
	if said := m.look(second, nil).Said; len(said) != 0 {
		t.Errorf("nobody said %q", said)
	}
	m.stage.Say("the file is full")
	if said := m.look(second, nil).Said; len(said) != 1 || said[0] != "the file is full" {
		t.Errorf("said: %q", said)
	}
}

// TestUnbornBeforeTheTracing: of one that was there before, the story says that it was
// so when the tracing began, and speaks of a look only where there is but that.
func TestUnbornBeforeTheTracing(t *testing.T) {
	m := newMachine(t)
	if d := m.events(9); !strings.Contains(d.Story, "before this look") {
		t.Errorf("of one look: %s", d.Story)
	}
	covered := picture.Covered(&events.Header{StartNS: second})
	m.stage = scene.NewStage(scene.Options{Zone: time.UTC, Covered: &covered})
	if d := m.events(9); !strings.Contains(d.Story, "before the tracing began") || strings.Contains(d.Story, "this look") {
		t.Errorf("while it is traced: %s", d.Story)
	}
}
