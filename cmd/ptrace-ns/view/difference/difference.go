// Package difference prints what is different in two starts. It knows reports, and
// nothing of how they are compared.
package difference

import (
	"fmt"
	"io"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/timeline"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// Options say what the terminal can show.
type Options struct{ Color bool }

// The only escape sequences that a line may hold.
const (
	reset  = "\x1b[0m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	bold   = "\x1b[1m"
)

type printer struct {
	Options
	strings.Builder
}

// Write prints the difference: a line that says whether there is one, then what was
// added and is missing, what is not the same, and what took another time.
func Write(w io.Writer, d *report.Difference, o Options) error {
	p := &printer{Options: o}
	verdict := "same sequence"
	if !d.Same() {
		verdict = words.Count(len(d.Changes), "difference", "differences")
	}
	p.line(bold, verdict+", "+words.Count(d.Compared, "phase", "phases")+" compared")
	p.line("", "A: "+timeline.Title(d.A)+took(d.A))
	p.line("", "B: "+timeline.Title(d.B)+took(d.B))
	for _, c := range d.Changes {
		p.change(c)
	}
	for _, c := range d.Unknown {
		side, why := "B", c.B
		if c.What == "added" {
			side, why = "A", c.A
		}
		p.line("", "? "+safe.String(timeline.Label(c.Phase))+": not known of "+side+" ("+safe.String(timeline.Label(why))+")")
	}
	for _, t := range d.Timings {
		p.timing(t)
	}
	_, err := io.WriteString(w, p.String())
	return err
}

func took(t *report.Timeline) string {
	if t.BeganNS == 0 || t.RunsNS <= t.BeganNS {
		return ""
	}
	return ", " + words.Duration(t.RunsNS-t.BeganNS) + " to the entrypoint"
}

func (p *printer) line(style, text string) {
	if p.Color && style != "" {
		text = style + text + reset
	}
	p.WriteString(text + "\n")
}

func (p *printer) change(c report.Change) {
	name := safe.String(timeline.Label(words.Or(c.Phase, "all")))
	switch c.What {
	case "missing":
		p.line(red, "- "+strings.TrimSpace(name+"  "+safe.String(c.A)))
	case "added":
		p.line(green, "+ "+strings.TrimSpace(name+"  "+safe.String(c.B)))
	default:
		p.line(yellow, "! "+name+": "+safe.String(c.What))
		p.line(red, "    A "+words.Or(safe.String(c.A), "-"))
		p.line(green, "    B "+words.Or(safe.String(c.B), "-"))
	}
}

func (p *printer) timing(t report.Timing) {
	ratio, what := t.Ratio(), "slower"
	if t.BNS < t.ANS {
		what = "faster"
		ratio = 0
		if t.BNS > 0 {
			ratio = float64(t.ANS) / float64(t.BNS)
		}
	}
	text := "~ " + safe.String(timeline.Label(t.Phase)) + " " + what
	if ratio > 0 {
		text += fmt.Sprintf(" %.1fx", ratio)
	}
	p.line("", text+": A "+words.Duration(t.ANS)+", B "+words.Duration(t.BNS))
}
