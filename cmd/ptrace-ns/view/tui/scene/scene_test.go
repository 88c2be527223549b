package scene_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

const second = uint64(time.Second)

// machine is a model and the stage beside it.
type machine struct {
	t     testing.TB
	model *tree.Model
	stage *scene.Stage
}

func newMachine(t testing.TB) *machine {
	m := &machine{t, tree.New(tree.Options{}), scene.NewStage(scene.Options{Unicode: true, Zone: time.UTC, FadeNS: 5 * second})}
	m.tell(snapshot(1, 0, "init"), snapshot(9, 1, "sh"), &events.Event{Kind: events.SnapshotEnd})
	return m
}

func (m *machine) tell(all ...*events.Event) {
	for _, ev := range all {
		if err := m.model.Apply(ev, m.stage.Put); err != nil {
			m.t.Fatal(err)
		}
	}
}

func (m *machine) look(nowNS uint64, f *scene.Filter) *scene.Scene {
	m.t.Helper()
	sc, err := m.stage.Look(func(see func(*tree.Model) error) error { return see(m.model) }, nowNS, f)
	if err != nil {
		m.t.Fatal(err)
	}
	return sc
}

func (m *machine) deaths(f *scene.Filter) []scene.Line {
	m.t.Helper()
	all, err := m.stage.Deaths(func(see func(*tree.Model) error) error { return see(m.model) }, 9*second, f)
	if err != nil {
		m.t.Fatal(err)
	}
	return all
}

func process(pid, parent int32, comm string) events.Process {
	return events.Process{
		Key: events.ProcKey{PID: pid, Start: uint64(pid)}, TID: pid, Comm: comm, Full: true,
		Parent: events.Ref{Key: events.ProcKey{PID: parent, Start: uint64(parent)}},
		Chain:  events.PIDChain{{NS: events.NSID{Inum: 1}, PID: pid}},
	}
}

func snapshot(pid, parent int32, comm string) *events.Event {
	return &events.Event{Kind: events.Snapshot, Process: process(pid, parent, comm)}
}

func fork(pid, parent int32, atNS uint64) *events.Event {
	p := process(pid, parent, "sh")
	return &events.Event{Kind: events.Fork, BootNS: atNS, Process: p, Fork: &events.ForkDetail{Creator: p.Parent}}
}

func exec(pid, parent int32, atNS uint64, args ...string) *events.Event {
	p := process(pid, parent, args[0])
	p.Args = events.ArgsOf(args...)
	return &events.Event{Kind: events.Exec, BootNS: atNS, Process: p, Exec: &events.ExecDetail{Filename: args[0]}}
}

func exit(pid, parent int32, atNS uint64, code int) *events.Event {
	return &events.Event{Kind: events.Exit, BootNS: atNS, Process: process(pid, parent, "sh"), Exit: &events.ExitDetail{
		Status: events.ExitStatus{Code: code}, Reaper: events.Ref{Key: events.ProcKey{PID: 1, Start: 1}}, ReaperReason: events.ReparentInit,
	}}
}

// drawn is a scene as text: each process below its row, indented.
func drawn(sc *scene.Scene) string {
	var b strings.Builder
	depth := make([]int, len(sc.Rows))
	for i, row := range sc.Rows {
		if row.Up >= 0 {
			depth[i] = depth[row.Up] + 1
		}
		b.WriteString(strings.Repeat(".", depth[i]) + row.Comm)
		if row.State != report.Live {
			b.WriteString(" " + string(row.State))
		}
		if row.Adopted != nil {
			b.WriteString(" from " + row.Adopted.From.Key.String())
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestLifeOfARow(t *testing.T) {
	m := newMachine(t)
	m.tell(fork(20, 9, second), exec(20, 9, second, "make", "-j2"), fork(21, 20, 2*second))
	sc := m.look(2*second, nil)
	if got, want := drawn(sc), "init\n.sh\n..make\n...sh\n"; got != want {
		t.Fatalf("got\n%swant\n%s", got, want)
	}
	if row := sc.Rows[2]; row.BornNS != second || row.Creator.PID != 9 || row.Args.Len() != 2 || row.Rate(2*second) <= 0 || !row.Hit {
		t.Errorf("the row is %+v", row)
	}
	m.tell(exit(20, 9, 3*second, 2))
	sc = m.look(3*second, nil)
	if got, want := drawn(sc), "init\n.sh\n..sh exited\n.sh from 20-20\n"; got != want {
		t.Errorf("after its parent's end: got\n%swant\n%s", got, want)
	}
	if end := sc.Rows[2].End; end == nil || end.Status.Code != 2 || end.AtNS != 3*second {
		t.Errorf("the end is %+v", end)
	}
	if got, want := drawn(m.look(9*second, nil)), "init\n.sh\n.sh from 20-20\n"; got != want {
		t.Errorf("when it has faded: got\n%swant\n%s", got, want)
	}
	if sc.Seen != 7 || sc.Living != 3 {
		t.Errorf("seen %d, living %d", sc.Seen, sc.Living)
	}
}

// TestScenesStay: what happens after a scene was taken is not in it.
func TestScenesStay(t *testing.T) {
	m := newMachine(t)
	m.tell(fork(20, 9, second), exec(20, 9, second, "make"))
	sc, again := m.look(second, nil), m.look(second, nil)
	d := m.stage.Detail(m.model, events.ProcKey{PID: 20, Start: 20}, second)
	story, chain := d.Story, d.Life.Process.Chain.Own()
	for i := range int32(3000) { // its node is used again
		m.tell(exit(20+i, 9, second, 0), fork(21+i, 9, 2*second), exec(21+i, 9, 2*second, "other", "words"))
	}
	if drawn(sc) != drawn(again) || sc.Rows[2].Comm != "make" || sc.Rows[2].Chain.Own().PID != 20 {
		t.Errorf("the scene has become\n%s", drawn(sc))
	}
	if d.Story != story || d.Life.Process.Chain.Own() != chain || string(d.Life.Process.Args.Raw) != "make\x00" {
		t.Error("the detail has changed")
	}
}

func TestFilter(t *testing.T) {
	m := newMachine(t)
	asked := 0
	f := scene.NewFilter(func(ev *events.Event) bool {
		asked++
		return ev.Process.Comm == "make" || ev.Kind == events.Exit && ev.Exit.Status.Code != 0
	})
	hits := func(nowNS uint64) (all []int32) {
		for _, row := range m.look(nowNS, f).Rows {
			if row.Hit {
				all = append(all, row.Key.PID)
			}
		}
		return all
	}
	m.tell(fork(20, 9, second), fork(21, 9, second))
	if got := hits(second); len(got) != 0 || asked != 4 {
		t.Errorf("of 4 processes %d were asked for, %v hit", asked, got)
	}
	m.tell(exec(20, 9, second, "make"), exit(21, 9, second, 1))
	if got := hits(second); !reflect.DeepEqual(got, []int32{20, 21}) || asked != 6 {
		t.Errorf("of 2 that changed %d were asked for, %v hit", asked-4, got)
	}
	m.tell(exec(20, 9, second, "true"))
	if got := hits(second); !reflect.DeepEqual(got, []int32{21}) || asked != 7 {
		t.Errorf("of 1 that changed %d were asked for, %v hit", asked-6, got)
	}
}

func TestRateFades(t *testing.T) {
	m := newMachine(t)
	for i := range uint64(100) {
		m.tell(exec(9, 1, i*second/10, "sh"))
	}
	now, later, last := m.look(10*second, nil), m.look(14*second, nil), m.look(60*second, nil)
	if r := now.Rows[1].Rate(10 * second); r < 8 || r > 12 {
		t.Errorf("10 events a second are shown as %g", r)
	}
	if now.Rate <= later.Rate || later.Rate <= last.Rate || last.Rate > 0.01 {
		t.Errorf("the rate goes from %g to %g to %g", now.Rate, later.Rate, last.Rate)
	}
}

// TestRateFromTheStart: what is told of the first seconds is not less than it was, and a
// short recording has its rate.
func TestRateFromTheStart(t *testing.T) {
	const from = 1000 * second
	for _, c := range []struct {
		events, over uint64
		want         float64
	}{
		{20_000, 2 * second, 10_000},
		{1_000, second, 1_000},
		{40_000, 20 * second, 2_000},
	} {
		m := newMachine(t)
		m.stage = scene.NewStage(scene.Options{FromNS: from, Zone: time.UTC, FadeNS: second})
		for i := range c.events {
			m.tell(exec(9, 1, from+(i+1)*c.over/c.events, "sh"))
		}
		m.tell(fork(30, 9, from+c.over)) // one that is new is not as old as the tracing
		sc := m.look(from+c.over, nil)
		for what, got := range map[string]float64{"the machine": sc.Rate, "the process": sc.Rows[1].Rate(sc.NowNS)} {
			if got < 0.99*c.want || got > 1.01*c.want+2 {
				t.Errorf("%d events in %d s of %s are shown as %g a second", c.events, c.over/second, what, got)
			}
		}
		if got := sc.Rows[2].Rate(sc.NowNS); got < 1 || got > 2 {
			t.Errorf("one event of a newborn is shown as %g a second", got)
		}
	}
}

// TestThreads: how many is of a moment, which is told.
func TestThreads(t *testing.T) {
	m := newMachine(t)
	many := snapshot(40, 1, "java")
	many.Process.Threads = 31
	m.tell(many, &events.Event{Kind: events.SnapshotEnd}, fork(20, 9, second), exec(20, 9, second, "make"))
	for pid, want := range map[int32]string{40: "31 when it was last looked at", 20: "1 at its last exec", 9: ""} {
		d := m.stage.Detail(m.model, events.ProcKey{PID: pid, Start: uint64(pid)}, second)
		if !strings.HasPrefix(d.Threads, want) || want == "" && d.Threads != "" {
			t.Errorf("process %d: %q, want %q", pid, d.Threads, want)
		}
	}
	end := exit(20, 9, 2*second, 0)
	end.Exit.Threads = 8
	m.tell(end)
	if d := m.stage.Detail(m.model, events.ProcKey{PID: 20, Start: 20}, 2*second); !strings.HasPrefix(d.Threads, "8 from its last exec on") {
		t.Errorf("of one that has ended: %q", d.Threads)
	}
}
