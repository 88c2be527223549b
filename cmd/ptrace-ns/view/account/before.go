package account

import (
	"slices"
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/timeline"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// before tells of a start that was not seen what is known all the same: the kernel keeps
// when a process was born.
func (a *teller) before() {
	text := "Its start was before the first event of it"
	if slices.ContainsFunc(a.t.Absent, func(x report.Absence) bool { return x.Why == "lost" }) {
		text = "Its first events are lost"
	}
	if known := timeline.FirstSeen(a.t); known != "" {
		text += "; it was " + known
	}
	a.unknown("start", text)
}

// entered tells who was put into it from outside.
func (a *teller) entered() {
	n := 0
	for i := range a.t.Phases {
		f := &a.t.Phases[i]
		if f.Name != "entered" {
			continue
		}
		if n++; n > most {
			continue
		}
		text := ref(timeline.Named(f)) + " was put into it from outside"
		if c := command(f.Args); c != "" {
			text += " (" + c + ")"
		}
		if f.Exit != nil {
			text += "; it " + was(*f.Exit) + words.Status(*f.Exit) + " after " + words.Duration(f.EndNS-f.BeginNS)
		}
		a.say("entered", text)
	}
	if n > most {
		a.say("entered", strconv.Itoa(n-most), " more were put into it")
	}
}
