package text

import "github.com/ptrace-ns/ptrace-ns/events"

// What returns what happened, in the words that a line of the sink ends with.
func What(ev *events.Event, o Options) string {
	p := printer{glyphs: o.glyphs()}
	p.what(ev)
	return string(p.b)
}
