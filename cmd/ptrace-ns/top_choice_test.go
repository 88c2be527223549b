package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// TestTopChooses: the rows that are wanted are the processes of whom watch, with the same
// flags, would tell something.
func TestTopChooses(t *testing.T) {
	all := family()
	for name, c := range map[string]struct {
		given topOptions
		wants func(*events.Event) bool
	}{
		"all":  {topOptions{}, func(*events.Event) bool { return true }},
		"host": {topOptions{watchOptions: watchOptions{host: true}}, func(ev *events.Event) bool { return len(ev.Process.Chain) == 1 && ev.Process.Container == nil }},
		"one":  {topOptions{watchOptions: watchOptions{pids: []int32{1}}}, func(ev *events.Event) bool { return ev.Process.Key.PID == 1 }},
	} {
		t.Run(name, func(t *testing.T) {
			o := c.given
			o.output, o.buffer, o.maxArgs = "text", 8<<20, 32<<10
			chosen, err := o.choose(&app{}, pflag.NewFlagSet("top", pflag.ContinueOnError))
			if err != nil {
				t.Fatal(err)
			}
			route := chosen.route(&events.Header{StartNS: 1}, nil, nil)
			stage := scene.NewStage(scene.Options{Zone: time.UTC, FadeNS: 1 << 62, Only: chosen.only()})
			model, want := tree.New(tree.Options{Keep: keptForTop}), map[int32]bool{}
			for _, ev := range all {
				if err := model.Apply(ev.Clone(), func(ev *events.Event) error {
					if c.wants(ev) {
						want[ev.Process.Key.PID] = true
					}
					if err := route.Put(ev); err != nil {
						return err
					}
					return stage.Put(ev)
				}); err != nil {
					t.Fatal(err)
				}
			}
			if err := route.Flush(); err != nil {
				t.Fatal(err)
			}
			sc, err := stage.Look(func(see func(*tree.Model) error) error { chosen.tidy(model); return see(model) }, 1<<40, nil)
			if err != nil || len(sc.Rows) == 0 {
				t.Fatalf("%v, %d rows", err, len(sc.Rows))
			}
			hits := 0
			for _, row := range sc.Rows {
				if row.Hit {
					hits++
				}
				if row.Hit != want[row.Key.PID] {
					t.Errorf("process %d is wanted: %t", row.Key.PID, row.Hit)
				}
			}
			if hits == 0 || (hits == len(sc.Rows)) != (name == "all") {
				t.Errorf("%d of %d rows are wanted", hits, len(sc.Rows))
			}
		})
	}
}

// TestTopShows what descends from a command, and not who was there before.
func TestTopShows(t *testing.T) {
	o := topOptions{watchOptions: watchOptions{output: "text", buffer: 8 << 20, maxArgs: 32 << 10, command: []string{"true"}}}
	chosen, err := o.choose(&app{}, pflag.NewFlagSet("top", pflag.ContinueOnError))
	if err != nil {
		t.Fatal(err)
	}
	route := chosen.route(&events.Header{StartNS: 100, TracerPID: tracerPID}, nil, nil)
	event := func(kind events.Kind, pid, parent int32, start uint64) *events.Event {
		p := events.Process{Key: events.ProcKey{PID: pid, Start: start}, Parent: events.Ref{Key: events.ProcKey{PID: parent, Start: 1}}}
		ev := &events.Event{Kind: kind, BootNS: start, Process: p}
		if kind == events.Fork {
			ev.Fork = &events.ForkDetail{Creator: p.Parent}
		}
		return ev
	}
	for _, ev := range []*events.Event{
		event(events.Snapshot, 1, 0, 1), event(events.Snapshot, tracerPID, 1, 1),
		event(events.Fork, 50, tracerPID, 200), event(events.Fork, 60, 1, 201),
	} {
		if err := route.Put(ev); err != nil {
			t.Fatal(err)
		}
	}
	var shown []int32
	for key := range chosen.shown.keys {
		shown = append(shown, key.PID)
	}
	if !slices.Equal(shown, []int32{50}) {
		t.Errorf("shown are %v, want the command alone", shown)
	}
}

// TestTopSaysWhatIsNotThere: a name that no container bears is told when all that was
// there is known, and of whom nobody is shown.
func TestTopSaysWhatIsNotThere(t *testing.T) {
	for given, want := range map[*topOptions]string{
		{}: "",
		{watchOptions: watchOptions{containers: []string{"nosuch"}}}:                              "there is no process of container nosuch",
		{watchOptions: watchOptions{containers: []string{"nosuch"}, host: false, newPidns: true}}: "there is no process of those that were asked for",
		{watchOptions: watchOptions{host: true}}:                                                  "there is no process of those that were asked for",
	} {
		given.output, given.buffer, given.maxArgs = "text", 8<<20, 32<<10
		chosen, err := given.choose(&app{}, pflag.NewFlagSet("top", pflag.ContinueOnError))
		if err != nil {
			t.Fatal(err)
		}
		if got := chosen.nobody(); got != want {
			t.Errorf("of nobody it says %q, want %q", got, want)
		}
		var said []string
		route := chosen.route(&events.Header{StartNS: 1}, nil, func(text string) { said = append(said, text) })
		for _, ev := range family() {
			if err := route.Put(ev.Clone()); err != nil {
				t.Fatal(err)
			}
		}
		if err := route.Flush(); err != nil {
			t.Fatal(err)
		}
		if unknown := len(given.containers) > 0; len(said) > 1 || unknown != (len(said) == 1) || unknown && !strings.Contains(said[0], "nosuch") {
			t.Errorf("%q: said %q", given.containers, said)
		}
	}
}
