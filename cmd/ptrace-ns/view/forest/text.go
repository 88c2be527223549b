// Package forest prints trees of processes: as text for people, and in the
// languages of Graphviz and Mermaid. Every string that comes from the kernel is
// made harmless for its language. It knows reports, and nothing of where they
// come from.
package forest

import (
	"bytes"
	"io"
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// Options say what is shown and what the terminal can show.
type Options struct {
	Color    bool
	Unicode  bool // else ASCII stands for lines and arrows
	Width    int  // lines are cut there; 0 is not at all
	Args     bool // the command line in place of the name
	Jobs     bool // what ps tells of each, as columns before its line
	Kthreads bool // each kernel thread, not only how many
	Ended    bool // more of those that have ended
	// Namespaces names those, besides the PID namespace, that are not the parent's.
	Namespaces bool
	// Gap says that records were lost, and that nobody has looked at all processes since.
	Gap bool
	// User names a user id.
	User func(uint32) string
	// Marked are shown bold.
	Marked map[events.ProcKey]bool
}

type glyphs struct{ branch, last, pipe, arrow, mark, more string }

func (o Options) glyphs() glyphs {
	if o.Unicode {
		return glyphs{"├─", "└─", "│ ", "→", "◆ ", "…"}
	}
	return glyphs{"|-", "`-", "| ", ">", "* ", "..."}
}

// Text writes the trees, one process a line.
func Text(w io.Writer, roots []*report.Node, o Options) error {
	p := newPrinter(o)
	p.gap()
	p.jobHeadings(roots)
	for _, n := range roots {
		if !p.collapsed(n) {
			p.tree(n, nil, "", "")
		}
	}
	_, err := w.Write(p.out.Bytes())
	return err
}

// gap says above the trees what no line of theirs can: of whom nothing is known to have
// ended, the end may be among what was lost.
func (p *printer) gap() {
	if p.Gap {
		p.out.WriteString("Records were lost, and nobody has looked since: who is shown as alive may have ended.\n")
	}
}

// printer writes lines of styled pieces and cuts them at the width.
type printer struct {
	Options
	glyphs
	out    bytes.Buffer
	chosen map[events.NSID]string
	widths jobWidths
	used   int
	full   bool
}

func newPrinter(o Options) *printer {
	return &printer{Options: o, glyphs: o.glyphs(), chosen: map[events.NSID]string{}}
}

// tree writes a process and what is below it. The process's line begins with
// lead, and those below with indent.
func (p *printer) tree(n, parent *report.Node, lead, indent string) {
	p.line(n, parent, lead)
	below := p.shown(n.Children)
	for i, t := range n.Threads {
		mark, _ := p.joints(i == len(n.Threads)-1 && len(below) == 0)
		p.thread(t, indent+mark)
	}
	for i, c := range below {
		mark, more := p.joints(i == len(below)-1)
		p.tree(c, n, indent+mark, indent+more)
	}
}

func (p *printer) joints(last bool) (mark, more string) {
	if last {
		return p.last, "  "
	}
	return p.branch, p.pipe
}

// shown leaves out the kernel threads that are only counted.
func (p *printer) shown(all []*report.Node) []*report.Node {
	var shown []*report.Node
	for _, n := range all {
		if !p.collapsed(n) {
			shown = append(shown, n)
		}
	}
	return shown
}

func (p *printer) collapsed(n *report.Node) bool {
	return n.Process.Kthread && n.Process.Parent.Key.PID != 0 && !p.Kthreads && !p.Marked[n.Process.Key]
}

func (p *printer) line(n, parent *report.Node, lead string) {
	p.job(jobOf(n))
	p.piece("", lead)
	own := n.Process.Chain.Own().NS
	enters := parent != nil && own != parent.Process.Chain.Own().NS || parent == nil && n.Process.Chain.Level() > 0
	color := p.color(n.Process.Chain)
	if enters {
		p.piece(color, p.mark)
	}
	if len(n.Process.Chain) > 0 {
		p.piece(color, p.chain(n.Process.Chain))
	} else {
		p.piece("", strconv.Itoa(int(n.Process.Key.PID)))
	}
	p.piece("", " ")
	style := ""
	if p.Marked[n.Process.Key] {
		style = bold
	}
	if n.Context {
		p.piece(dim, p.name(n))
		if n.Label != "" {
			p.note(dim, safe.String(n.Label))
		}
		p.note(dim, "(not followed itself)")
		p.endLine()
		return
	}
	p.piece(style, p.name(n))
	if exe := words.Unsaid(&n.Process); p.Args && !n.Process.Kthread && len(n.Process.Args.Raw) > 0 && exe != "" {
		p.note(dim, "[image "+safe.String(exe)+"]")
	}
	p.notes(n, parent, enters)
	p.endLine()
}

// chain leaves out the middle of a deep one where lines are cut.
func (p *printer) chain(c events.PIDChain) string {
	if p.Width > 0 {
		return words.ShortChain(c, p.arrow, p.more)
	}
	return words.Chain(c, p.arrow)
}

// name is the command line or the kernel's name for the process, quoted where it
// could be taken for what is said of it.
func (p *printer) name(n *report.Node) string {
	switch process := &n.Process; {
	case process.Kthread:
		return "[" + safe.String(process.Comm) + "]"
	case p.Args && len(process.Args.Raw) > 0:
		return string(words.AppendArgs(nil, process.Args, p.more))
	case process.Comm == "":
		return "?"
	default:
		return words.Name(process.Comm)
	}
}

// threadChain is a thread's number at every level.
func threadChain(t report.Thread, arrow string) string {
	chain := make(events.PIDChain, len(t.PIDs))
	for i, n := range t.PIDs {
		chain[i].PID = n
	}
	if len(chain) == 0 {
		chain = events.PIDChain{{PID: t.TID}}
	}
	return words.Chain(chain, arrow)
}

func (p *printer) thread(t report.Thread, lead string) {
	p.job(jobCells{})
	p.piece("", lead)
	p.piece("", threadChain(t, p.arrow))
	p.piece(dim, " {"+safe.String(t.Comm)+"}")
	p.endLine()
}
