package forest

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// language is how a graph is written; the verbs of its patterns are numbers of ours
// and, last, a label.
type language struct {
	head         func(name string) string
	tail, indent string
	node         string
	begin, end   string // of a namespace, around its members
	edge, thread string // from parent to child, from process to thread
	text         func(string) string
	newline      string // within a label
}

var dotSpecial = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "&", "&amp;")

// dot has quoted strings for labels, in which quotes and backslashes are special and
// HTML's entities are read.
var dot = language{
	head: func(name string) string {
		return "digraph " + name + " {\n\trankdir=LR;\n\tnode [shape=box, fontname=monospace];\n"
	},
	tail: "}\n", indent: "\t",
	node: "n%d [label=\"%s\"];\n", begin: "subgraph cluster_%d { label=\"%s\";\n", end: "}\n",
	edge: "n%d -> n%d;\n", thread: "n%d -> n%d [style=dashed];\n",
	text: dotSpecial.Replace, newline: `\n`,
}

// mermaid takes entities for all but letters, digits and a few signs, so that no label
// can end or begin anything.
var mermaid = language{
	head: func(string) string { return "flowchart LR\n" }, indent: "  ",
	node: "n%d[\"%s\"]\n", begin: "subgraph s%d[\"%s\"]\n", end: "end\n",
	edge: "n%d --> n%d\n", thread: "n%d -.-> n%d\n",
	text: mermaidText, newline: "<br/>",
}

// Dot writes the trees in Graphviz's language, with a cluster for each child PID
// namespace.
func Dot(w io.Writer, roots []*report.Node, o Options) error {
	return draw(w, dot, "processes", o, func(g *graph) { g.forest(roots) })
}

// DotNamespaces writes the hierarchy of PID namespaces as Dot writes a tree.
func DotNamespaces(w io.Writer, roots []*report.Namespace, o Options) error {
	return draw(w, dot, "namespaces", o, func(g *graph) { g.namespaces(roots) })
}

// Mermaid writes the trees as a flowchart, with a subgraph for each child PID
// namespace.
func Mermaid(w io.Writer, roots []*report.Node, o Options) error {
	return draw(w, mermaid, "processes", o, func(g *graph) { g.forest(roots) })
}

// MermaidNamespaces writes the hierarchy of PID namespaces as Mermaid writes a tree.
func MermaidNamespaces(w io.Writer, roots []*report.Namespace, o Options) error {
	return draw(w, mermaid, "namespaces", o, func(g *graph) { g.namespaces(roots) })
}

func draw(w io.Writer, l language, name string, o Options, fill func(*graph)) error {
	g := &graph{printer: newPrinter(o), to: l, spaces: map[events.NSID]*space{}}
	fill(g)
	g.out.WriteString(l.head(name))
	g.write(&g.host, l.indent)
	g.out.Write(g.edges.Bytes())
	g.out.WriteString(l.tail)
	_, err := w.Write(g.out.Bytes())
	return err
}

// graph collects nodes by PID namespace, and edges, which come last: where a node is
// named first is where it is drawn.
type graph struct {
	*printer
	to     language
	host   space // and whatever is in no child namespace
	spaces map[events.NSID]*space
	edges  bytes.Buffer
	last   int // node
	made   int // spaces
}

// space is one PID namespace.
type space struct {
	id      int
	label   string
	nodes   []string
	below   []*space
	hasInit bool
}

func (g *graph) forest(roots []*report.Node) {
	for _, n := range roots {
		if !g.collapsed(n) {
			g.below(n, nil)
		}
	}
}

// below draws a process and its descendants and returns the process's number.
func (g *graph) below(n, parent *report.Node) int {
	in := g.space(n.Process.Chain)
	id := g.add(in, g.label(n, parent))
	for _, t := range n.Threads {
		thread := g.add(in, []string{threadChain(t, ">") + " {" + t.Comm + "}"})
		g.join(g.to.thread, id, thread)
	}
	for _, c := range g.shown(n.Children) {
		g.join(g.to.edge, id, g.below(c, n))
	}
	return id
}

func (g *graph) add(in *space, label []string) int {
	g.last++
	in.nodes = append(in.nodes, fmt.Sprintf(g.to.node, g.last, g.lines(label)))
	return g.last
}

func (g *graph) join(pattern string, from, to int) {
	fmt.Fprintf(&g.edges, g.to.indent+pattern, from, to)
}

func (g *graph) lines(all []string) string {
	lines := make([]string, len(all))
	for i, line := range all {
		lines[i] = g.to.text(safe.String(line))
	}
	return strings.Join(lines, g.to.newline)
}

// space returns the namespace at the end of the chain. An inode number is used again:
// a second PID 1 is that of another namespace.
func (g *graph) space(chain events.PIDChain) *space {
	in := &g.host
	for level, e := range chain {
		if level == 0 {
			continue
		}
		init := e.PID == 1 && level == chain.Level()
		known := g.spaces[e.NS]
		if known == nil || init && known.hasInit {
			g.made++
			known = &space{id: g.made, label: fmt.Sprintf("PID namespace %d, level %d", e.NS.Inum, level)}
			g.spaces[e.NS] = known
			in.below = append(in.below, known)
		}
		known.hasInit = known.hasInit || init
		in = known
	}
	return in
}

func (g *graph) write(s *space, indent string) {
	for _, n := range s.nodes {
		g.out.WriteString(indent + n)
	}
	for _, b := range s.below {
		fmt.Fprintf(&g.out, indent+g.to.begin, b.id, g.to.text(b.label))
		g.write(b, indent+g.to.indent)
		g.out.WriteString(indent + g.to.end)
	}
}

// label is the process's name, its PIDs, and on further lines whose it is, where that
// is not its parent's, and what it is for.
func (g *graph) label(n, parent *report.Node) []string {
	pids := words.Chain(n.Process.Chain, ">")
	if pids == "" {
		pids = fmt.Sprint(n.Process.Key.PID)
	}
	lines := []string{pids + " " + g.name(n)}
	if user := g.user(n, parent); user != "" {
		lines = append(lines, "user "+user)
	}
	if c := n.Process.Container; c != nil && (parent == nil || !parent.Process.Container.Equal(c)) {
		lines = append(lines, label(c))
	}
	if n.Label != "" {
		lines = append(lines, n.Label)
	}
	if n.Exit != nil {
		lines = append(lines, words.Status(*n.Exit))
	}
	if n.State == report.Ending {
		lines = append(lines, "waits for its namespace's members")
	}
	return lines
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
