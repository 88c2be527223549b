package account

import (
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/timeline"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
)

// failed tells a start that did not come to its entrypoint, and what those who wanted it
// ended with.
func (a *teller) failed() {
	text := "It never ran anything: " + timeline.Failure(a.t, ref)
	if a.t.EndedNS > a.t.BeganNS && a.t.BeganNS != 0 {
		text += ", " + words.Duration(a.t.EndedNS-a.t.BeganNS) + " after the first sign of it"
	}
	for _, name := range []string{"runtime_create", "runtime_exit", "maker_exit", "client_exit"} {
		if f := a.phase(name); f != nil && f.Exit != nil {
			text += "; " + ref(timeline.Named(f)) + " " + words.Status(*f.Exit)
		}
	}
	a.say("failed", text)
	a.stopAsked()
}
