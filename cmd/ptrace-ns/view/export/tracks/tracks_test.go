package tracks_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/tracks"
	"github.com/ptrace-ns/ptrace-ns/events"
)

var host, child = events.NSID{Inum: 10}, events.NSID{Inum: 11}

func key(pid int32) events.ProcKey { return events.ProcKey{PID: pid, Start: uint64(pid)} }

func ref(pid int32) events.Ref { return events.Ref{Key: key(pid), Comm: fmt.Sprint("p", pid)} }

func process(pid, parent int32) events.Process {
	return events.Process{
		Key: key(pid), TID: pid, Comm: fmt.Sprint("p", pid), Parent: ref(parent), Chain: events.PIDChain{{NS: host, PID: pid}},
	}
}

func inside(pid, own, parent int32) events.Process {
	p := process(pid, parent)
	p.Chain = append(p.Chain, events.PIDEntry{NS: child, PID: own})
	return p
}

// draw writes each mark as "time phase name@track" and, of flows, <n or n>.
func draw(t *testing.T, all ...*events.Event) (marks []string, found []*tracks.Track) {
	t.Helper()
	r := tracks.New(&events.Header{}, func(m *tracks.Mark) error {
		if m.Track.Kind == tracks.Machine && m.Category == "recording" {
			return nil
		}
		name := m.Track.Name
		if m.Track.Kind == tracks.Thread {
			name = fmt.Sprint("thread ", m.Track.TID)
		}
		line := fmt.Sprintf("%d %s %s@%s", m.At, [...]string{"begin", "end", "at"}[m.Phase], m.Name, name)
		if m.In != 0 {
			line += fmt.Sprintf(" <%d", m.In)
		}
		if m.Out != 0 {
			line += fmt.Sprintf(" %d>", m.Out)
		}
		marks = append(marks, line)
		return nil
	})
	for i, ev := range all {
		ev.Seq = uint64(i + 1)
		if err := r.Put(ev); err != nil {
			t.Fatal(err)
		}
	}
	found, _ = r.Finish()
	return marks, found
}

func same(t *testing.T, got []string, want string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(want), "\n")
	if !slices.Equal(got, lines) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(lines, "\n"))
	}
}

// TestLife: a creator that is not the parent forks, the child executes and exits.
func TestLife(t *testing.T) {
	got, _ := draw(t,
		&events.Event{Kind: events.Fork, BootNS: 5, Process: process(8, 1), Fork: &events.ForkDetail{Creator: ref(7)}},
		&events.Event{Kind: events.Exec, BootNS: 6, Process: process(8, 1), Exec: &events.ExecDetail{}},
		&events.Event{Kind: events.Exit, BootNS: 9, Process: process(8, 1), Exit: &events.ExitDetail{}})
	same(t, got, `
5 at forks 8 p8@p7 1>
5 begin process 8@p8 <1
5 begin p8@p8
6 end @p8
6 begin p8@p8
9 end @p8
9 end @p8`)
}

// TestDeaths: by a signal that was told, by one that was not, and by the kernel when a
// PID 1 has ended. Each has one arrow.
func TestDeaths(t *testing.T) {
	killed := &events.ExitDetail{Status: events.ExitStatus{Signal: 9}, Killer: &events.Killer{Signal: 9, Origin: events.OriginUser, Sender: ref(7)}}
	got, _ := draw(t,
		&events.Event{Kind: events.Signal, BootNS: 4, Process: process(8, 1), Signal: &events.SignalDetail{Signal: 15, Sender: ref(7), Result: events.SignalIgnored}},
		&events.Event{Kind: events.Exit, BootNS: 5, Process: process(8, 1), Exit: killed},
		&events.Event{Kind: events.Signal, BootNS: 6, Process: process(9, 1), Signal: &events.SignalDetail{Signal: 9, Sender: ref(7)}},
		&events.Event{Kind: events.Exit, BootNS: 7, Process: process(9, 1), Exit: killed},
		&events.Event{Kind: events.PidnsReap, BootNS: 8, Process: process(10, 1), Pidns: &events.PidnsDetail{Init: ref(9)}},
		&events.Event{Kind: events.Exit, BootNS: 9, Process: process(10, 1), Exit: killed})
	same(t, got, `
4 at sends SIGTERM to 8 p8@p7 1>
4 at SIGTERM@p8 <1
5 at kills 8 p8@p7 2>
5 at SIGKILL@p8 <2
5 at exit@p8
6 at sends SIGKILL to 9 p9@p7 3>
6 at SIGKILL@p9 <3
7 at exit@p9
8 at its end kills 10 p10@p9 4>
8 at pidns_reap@p10 <4
9 at exit@p10`)
}

// TestReparent: the arrows go from the parent that was to the child, and on.
func TestReparent(t *testing.T) {
	got, _ := draw(t, &events.Event{Kind: events.Reparent, BootNS: 4, Process: process(8, 1), Reparent: &events.ReparentDetail{From: ref(7), To: ref(1)}})
	same(t, got, `
4 at leaves 8 p8@p7 1>
4 at reparent@p8 <1
4 at child of 1 p1@p8 2>
4 at adopts 8 p8@p1 <2`)
}

// TestTimeDoesNotGoBack where records of one process came the other way round.
func TestTimeDoesNotGoBack(t *testing.T) {
	got, _ := draw(t,
		&events.Event{Kind: events.Snapshot, BootNS: 9, Process: process(7, 1)},
		&events.Event{Kind: events.Fork, BootNS: 5, Process: process(8, 7), Fork: &events.ForkDetail{Creator: ref(7)}},
		&events.Event{Kind: events.Lost, BootNS: 12, Lost: &events.LostDetail{Count: 3, SinceNS: 10}})
	same(t, got, `
9 begin process 7@p7
9 begin p7@p7
9 begin PID namespace@initial PID namespace
9 at forks 8 p8@p7 1>
9 begin process 8@p8 <1
9 begin p8@p8
10 begin 3 lost events@machine
12 end @machine`)
}

// TestPlaces: threads are below their process, that below its container, that below
// the PID namespace; an inode number that is used again is another namespace.
func TestPlaces(t *testing.T) {
	init, thread := inside(8, 1, 7), inside(8, 1, 7)
	init.Container = &events.Container{ID: "c1", Name: "web"}
	thread.TID, thread.Comm = 9, "worker"
	got, all := draw(t,
		&events.Event{Kind: events.Snapshot, BootNS: 1, Process: init},
		&events.Event{Kind: events.ThreadStart, BootNS: 2, Process: thread, Fork: &events.ForkDetail{}},
		&events.Event{Kind: events.ThreadExit, BootNS: 3, Process: thread, Exit: &events.ExitDetail{}},
		&events.Event{Kind: events.Exit, BootNS: 4, Process: init, Exit: &events.ExitDetail{}},
		&events.Event{Kind: events.PidnsDestroy, BootNS: 4, Process: init, Pidns: &events.PidnsDetail{NS: events.NSInfo{ID: child}}},
		&events.Event{Kind: events.Fork, BootNS: 5, Process: inside(18, 1, 7)})
	if len(got) != 15 {
		t.Fatalf("%d marks: %q", len(got), got)
	}
	same(t, got[:7], `
1 begin process 8→1@p8
1 begin p8@p8
1 begin PID namespace@PID namespace 11
1 begin PID namespace@initial PID namespace
1 begin container@container web
2 begin thread@thread 9
3 end @thread 9`)
	var places []string
	for _, track := range all {
		path := fmt.Sprint(track.ID, " ", track.Name)
		for up := track.Parent; up != nil; up = up.Parent {
			path += " < " + fmt.Sprint(up.ID, " ", up.Name)
		}
		places = append(places, path)
	}
	same(t, places, `
1 machine
3 initial PID namespace
4 PID namespace 11 < 3 initial PID namespace
8 PID namespace 11 < 3 initial PID namespace
5 container web < 4 PID namespace 11 < 3 initial PID namespace
2 p8 < 5 container web < 4 PID namespace 11 < 3 initial PID namespace
7 p18 < 8 PID namespace 11 < 3 initial PID namespace
9 p7
6 worker < 2 p8 < 5 container web < 4 PID namespace 11 < 3 initial PID namespace`)
}
