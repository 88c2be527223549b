package timeline

import "github.com/ptrace-ns/ptrace-ns/events/report"

// Who names the process of a phase of t and says what is particular of what it did.
func Who(t *report.Timeline, f *report.Phase) string {
	p := &printer{glyphs: glyphsOf(true), t: t}
	return p.who(f)
}
