package forest

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// Dot writes the trees in Graphviz's language. Identifiers are numbers of ours, and
// a label is a quoted string in which nothing but quotes and backslashes is special.
func Dot(w io.Writer, roots []*report.Node, o Options) error {
	return dot(w, "processes", o, func(g *graph) { g.forest(roots) })
}

// DotNamespaces writes the hierarchy of PID namespaces as Dot writes a tree.
func DotNamespaces(w io.Writer, roots []*report.Namespace, o Options) error {
	return dot(w, "namespaces", o, func(g *graph) { g.namespaces(roots) })
}

func dot(w io.Writer, name string, o Options, fill func(*graph)) error {
	g := &graph{printer: newPrinter(o), node: dotNode, edge: "\tn%d -> n%d;\n"}
	fmt.Fprintf(&g.out, "digraph %s {\n\trankdir=LR;\n\tnode [shape=box, fontname=monospace];\n", name)
	fill(g)
	g.out.WriteString("}\n")
	_, err := w.Write(g.out.Bytes())
	return err
}

// Mermaid writes the trees as a flowchart. All but letters, digits and a few signs
// becomes an entity, so that no label can end or begin anything.
func Mermaid(w io.Writer, roots []*report.Node, o Options) error {
	return mermaid(w, o, func(g *graph) { g.forest(roots) })
}

// MermaidNamespaces writes the hierarchy of PID namespaces as Mermaid writes a tree.
func MermaidNamespaces(w io.Writer, roots []*report.Namespace, o Options) error {
	return mermaid(w, o, func(g *graph) { g.namespaces(roots) })
}

func mermaid(w io.Writer, o Options, fill func(*graph)) error {
	g := &graph{printer: newPrinter(o), node: mermaidNode, edge: "  n%d --> n%d\n"}
	g.out.WriteString("flowchart LR\n")
	fill(g)
	_, err := w.Write(g.out.Bytes())
	return err
}

type graph struct {
	*printer
	node func(b *bytes.Buffer, id int, lines []string)
	edge string
	last int
}

func (g *graph) forest(roots []*report.Node) {
	for _, n := range roots {
		if !g.collapsed(n) {
			g.below(n, nil)
		}
	}
}

// below writes a process and its descendants and returns the process's number.
func (g *graph) below(n, parent *report.Node) int {
	g.last++
	id := g.last
	g.node(&g.out, id, g.label(n, parent))
	for _, c := range g.shown(n.Children) {
		child := g.below(c, n)
		fmt.Fprintf(&g.out, g.edge, id, child)
	}
	return id
}

// label is the process's name, its PIDs, and on further lines where it is when its
// parent is elsewhere.
func (g *graph) label(n, parent *report.Node) []string {
	pids := words.Chain(n.Process.Chain, ">")
	if pids == "" {
		pids = fmt.Sprint(n.Process.Key.PID)
	}
	lines := []string{pids + " " + g.name(n)}
	own := n.Process.Chain.Own().NS
	if n.Process.Chain.Level() > 0 && (parent == nil || parent.Process.Chain.Own().NS != own) {
		lines = append(lines, fmt.Sprintf("PID namespace %d", own.Inum))
	}
	if c := n.Process.Container; c != nil && (parent == nil || !parent.Process.Container.Equal(c)) {
		lines = append(lines, label(c))
	}
	if n.Exit != nil {
		lines = append(lines, words.Status(*n.Exit))
	}
	if n.State == report.Ending {
		lines = append(lines, "waits for its namespace's members")
	}
	return lines
}

func dotNode(b *bytes.Buffer, id int, lines []string) {
	text := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	for i := range lines {
		lines[i] = text.Replace(safe.String(lines[i]))
	}
	fmt.Fprintf(b, "\tn%d [label=\"%s\"];\n", id, strings.Join(lines, `\n`))
}

func mermaidNode(b *bytes.Buffer, id int, lines []string) {
	for i := range lines {
		lines[i] = mermaidText(lines[i])
	}
	fmt.Fprintf(b, "  n%d[\"%s\"]\n", id, strings.Join(lines, "<br/>"))
}

func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune(" .,_/:-", r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}
