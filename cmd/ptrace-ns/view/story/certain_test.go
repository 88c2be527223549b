package story_test

import (
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// TestParentInWords: what a parent rests on is said where it was not seen, and who
// traces beside it.
func TestParentInWords(t *testing.T) {
	const lost, gone = "Records were lost since its parent was last seen: that this is its parent still is inferred.\n",
		"Who its parent is now is not known: the last known one has ended.\n"
	for sure, want := range map[report.Certainty]string{report.Confirmed: "", report.Predicted: "", report.Inferred: lost, report.Unknown: gone} {
		l := lives("sh")["followed"]
		l.Certainty = sure
		got := tell(t, l)
		if strings.Contains(got, lost) != (want == lost) || strings.Contains(got, gone) != (want == gone) {
			t.Errorf("%q: want %q in\n%s", sure, want, got)
		}
	}
	l := lives("sh")["followed"]
	for tracer, want := range map[events.Ref]string{
		ref(12981, "gdb"):  "It is traced by 12981 gdb, which is not its parent.\n",
		l.Ancestors[0].Ref: "It is traced by " + words.Ref(l.Ancestors[0].Ref) + ".\n",
	} {
		l.Process.Job = &events.Job{Ptracer: tracer}
		if got := tell(t, l); !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// TestOuterReaped: a PID 1 that was killed with an outer namespace leaves nobody to its own
// end to kill, and not because nobody was there.
func TestOuterReaped(t *testing.T) {
	for origin, want := range map[events.Origin]string{
		events.OriginPidnsReap: "; what was left in it was killed with the outer namespace of 669 sh.\n",
		events.OriginUser:      "; nothing was left for the kernel to kill.\n",
	} {
		l := lives("sh")["dead"]
		l.Exit, l.Pidns.Killed = &events.ExitStatus{Signal: 9}, nil
		l.Killer = &events.Killer{Origin: origin, Signal: 9, Sender: ref(669, "sh")}
		if got := tell(t, l); !strings.Contains(got, want) {
			t.Errorf("%v: no %q in\n%s", origin, want, got)
		}
	}
}
