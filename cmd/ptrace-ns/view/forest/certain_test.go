package forest_test

import (
	"bytes"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/forest"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// TestParentMarked: an edge that was not seen is marked, and told once; a tracer is told
// beside it.
func TestParentMarked(t *testing.T) {
	foretold := report.Adoption{ReparentDetail: events.ReparentDetail{From: ref(6, "a"), To: ref(1, "b")}}
	for _, c := range []struct {
		state report.State
		sure  report.Certainty
		moved []report.Adoption
		job   *events.Job
		want  string
	}{
		{report.Live, report.Confirmed, nil, nil, "9 x\n"},
		{report.Live, report.Inferred, nil, nil, "9 x parent inferred: records were lost\n"},
		{report.Live, report.Unknown, nil, nil, "9 x parent unknown\n"},
		{report.Live, report.Predicted, nil, nil, "9 x parent predicted\n"},
		{report.Live, report.Predicted, []report.Adoption{foretold}, nil, "9 x reparented 6 a > 1 b (predicted)\n"},
		{report.Gone, report.Inferred, nil, nil, "9 x ended unseen parent inferred: records were lost\n"},
		{report.Unseen, report.Unknown, nil, nil, "9 x (not seen itself)\n"},
		{report.Live, report.Confirmed, nil, &events.Job{Ptracer: ref(12981, "gdb")}, "9 x traced by 12981 gdb\n"},
	} {
		n := &report.Node{
			Process: events.Process{Key: events.ProcKey{PID: 9, Start: 9}, Comm: "x", Job: c.job},
			State:   c.state, Certainty: c.sure, Reparented: c.moved,
		}
		var out bytes.Buffer
		if err := forest.Text(&out, []*report.Node{n}, forest.Options{}); err != nil {
			t.Fatal(err)
		}
		if out.String() != c.want {
			t.Errorf("%s, %q: %q, want %q", c.state, c.sure, out.String(), c.want)
		}
	}
}

// TestWhatAnEndHides: of one that has ended it is not known whether it was a subreaper to the
// end, and above a tree is said that ends may be missing.
func TestWhatAnEndHides(t *testing.T) {
	for state, want := range map[report.State]string{
		report.Live: "9 x subreaper\n", report.Unseen: "9 x subreaper (not seen itself)\n",
		report.Exited: "9 x was subreaper ended\n", report.Gone: "9 x was subreaper ended unseen\n", report.Zombie: "9 x was subreaper <zombie>\n",
	} {
		n := &report.Node{Process: events.Process{Key: events.ProcKey{PID: 9, Start: 9}, Comm: "x", Subreaper: true}, State: state, Certainty: report.Confirmed}
		for gap, above := range map[bool]string{false: "", true: "Records were lost, and nobody has looked since: who is shown as alive may have ended.\n"} {
			var out bytes.Buffer
			if err := forest.Text(&out, []*report.Node{n}, forest.Options{Gap: gap, Width: 40}); err != nil {
				t.Fatal(err)
			}
			if out.String() != above+want {
				t.Errorf("%s: %q, want %q", state, out.String(), above+want)
			}
		}
	}
}
