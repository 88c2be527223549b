package forest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// jobCells are the columns before a line: what ps axjf shows besides the tree, by
// its headings and in its order.
type jobCells [8]string

type jobWidths [8]int

var jobHeadings = jobCells{"PPID", "PGID", "SID", "TTY", "TPGID", "STAT", "UID", "TIME"}

// leftAligned are the columns that hold no numbers.
var leftAligned = [len(jobCells{})]bool{3: true, 5: true}

// jobOf returns a process's cells, with a - for what it does not have.
func jobOf(n *report.Node) jobCells {
	var c jobCells
	if j := n.Process.Job; j != nil {
		c = jobCells{1: number(j.PGID), 2: number(j.SID), 3: safe.String(j.TTY), 4: number(j.TPGID), 5: safe.String(j.State)}
		if j.HasCPU {
			c[7] = cpuTime(j.CPUNS)
		}
	}
	if n.Process.HasIDs {
		c[6] = strconv.FormatUint(uint64(n.Process.UID), 10)
	}
	c[0] = number(n.Process.Parent.Key.PID)
	for i := range c {
		c[i] = words.Or(c[i], "-")
	}
	return c
}

func number(n int32) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(int(n))
}

// cpuTime is minutes and seconds, cut: as ps j writes it.
func cpuTime(ns uint64) string {
	seconds := ns / 1_000_000_000
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}

// jobHeadings measures the columns of all that will be shown, and writes their
// headings.
func (p *printer) jobHeadings(roots []*report.Node) {
	if !p.Jobs {
		return
	}
	p.widths.fit(jobHeadings)
	p.measure(roots)
	p.jobs(bold, jobHeadings)
	p.piece(bold, "PROCESS")
	p.endLine()
}

func (p *printer) measure(all []*report.Node) {
	for _, n := range p.shown(all) {
		p.widths.fit(jobOf(n))
		p.measure(n.Children)
	}
}

func (w *jobWidths) fit(c jobCells) {
	for i, text := range c {
		w[i] = max(w[i], safe.Width(text))
	}
}

func (p *printer) job(c jobCells) {
	if p.Jobs {
		p.jobs("", c)
	}
}

func (p *printer) jobs(style string, c jobCells) {
	var b strings.Builder
	for i, text := range c {
		fill := strings.Repeat(" ", p.widths[i]-safe.Width(text))
		if leftAligned[i] {
			b.WriteString(text + fill + " ")
		} else {
			b.WriteString(fill + text + " ")
		}
	}
	p.piece(style, b.String())
}
