package timeline

import (
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// Failure says how a start that never came to its entrypoint ended: "runc's init 4349
// runc:[2:INIT] exited 1 before the entrypoint". Name is how processes are called.
func Failure(t *report.Timeline, name func(events.Ref) string) string {
	maker := ""
	for i := range t.Phases {
		switch f := &t.Phases[i]; f.Name {
		case "runtime_create", "runtime_run", "maker":
			maker = name(Named(f)) + "'s "
		}
	}
	text := maker + "init " + name(t.Init)
	if t.Exit == nil {
		return text + " ended before the entrypoint, how is not known"
	}
	text += " " + words.Status(*t.Exit)
	if t.Killer != nil {
		text += words.Killer(t.Killer, t.Init.Key, t.EndedNS) + ","
	}
	return text + " before the entrypoint"
}

// FirstSeen says of one whose start was not seen since when it was there, and below
// whom; empty where neither is known.
func FirstSeen(t *report.Timeline) string {
	text := ""
	if start := t.Init.Key.Start; start != 0 && t.SeenNS > start {
		text = "first seen " + words.Duration(t.SeenNS-start) + " after the birth of its init"
	}
	return text
}

// Above names the parent of the init and those above it, with what they are for.
func Above(t *report.Timeline, name func(events.Ref) string) string {
	text := ""
	for i, one := range t.Above {
		if i > 0 {
			text += ", child of "
		}
		text += name(one.Ref)
		if one.Role != "" {
			text += " (" + one.Role + ")"
		}
	}
	if text == "" {
		return name(t.Parent)
	}
	return text
}
