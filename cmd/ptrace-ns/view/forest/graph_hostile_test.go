package forest_test

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/exporttest"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/forest"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// The grammar of one line each: whatever a label holds, there is nothing else.
var (
	dotLine      = regexp.MustCompile(`^\s*(?:digraph \w+ \{|rankdir=LR;|node \[[a-z=, ]*\];|\}|n\d+ -> n\d+;|(?:n\d+ \[|subgraph cluster_\d+ \{ )label="((?:[^"\\]|\\["\\n])*)"(?:\])?;)$`)
	mermaidLine  = regexp.MustCompile(`^\s*(?:flowchart LR|end|n\d+ --> n\d+|(?:subgraph s|n)\d+\["((?:[A-Za-z0-9 .,_/:-]|#\d+;|<br/>)*)"\])$`)
	mermaidEntry = regexp.MustCompile(`#\d+;`)
)

// dotLabel reads what is between the quotes, as Graphviz does.
func dotLabel(s string) []string {
	return strings.Split(strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n", "&amp;", "&").Replace(s), "\n")
}

func mermaidLabel(s string) (lines []string) {
	for line := range strings.SplitSeq(s, "<br/>") {
		lines = append(lines, mermaidEntry.ReplaceAllStringFunc(line, func(e string) string {
			n, _ := strconv.Atoi(e[1 : len(e)-1])
			return string(rune(n))
		}))
	}
	return lines
}

// TestGraphsAreInert: S10 and S11, reads graphs of any names back.
func TestGraphsAreInert(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := func() string { return exporttest.Text.Draw(t, "text") }
		comm := exporttest.Text.Filter(func(s string) bool { return s != "" }).Draw(t, "comm")
		c := &events.Container{ID: "id" + text(), Name: text(), Runtime: text()}
		one := node(7, text(), within(1, node(8, comm)))
		one.Children[0].Process.Container = c
		ns := &report.Namespace{
			Info: events.NSInfo{ID: events.NSID{Inum: 5}, Level: 1}, Init: ref(8, comm), Creator: ref(7, text()), Container: c,
			Chain: events.PIDChain{{PID: 8}, {PID: 1}},
		}
		wantContainer := words.Container(c)
		if c.Runtime != "" {
			wantContainer = safe.String(c.Runtime) + " " + wantContainer
		}
		for name, write := range map[string]func(io.Writer) error{
			"dot":                func(w io.Writer) error { return forest.Dot(w, []*report.Node{one}, forest.Options{}) },
			"mermaid":            func(w io.Writer) error { return forest.Mermaid(w, []*report.Node{one}, forest.Options{}) },
			"dot namespaces":     func(w io.Writer) error { return forest.DotNamespaces(w, []*report.Namespace{ns}, forest.Options{}) },
			"mermaid namespaces": func(w io.Writer) error { return forest.MermaidNamespaces(w, []*report.Namespace{ns}, forest.Options{}) },
		} {
			var out bytes.Buffer
			if err := write(&out); err != nil {
				t.Fatal(err)
			}
			line, label := dotLine, dotLabel
			if strings.HasPrefix(name, "mermaid") {
				line, label = mermaidLine, mermaidLabel
			}
			var shown []string
			for text := range strings.Lines(out.String()) {
				exporttest.Inert(t, strings.TrimLeft(text, "\t")) // graphs are indented by tabs
				m := line.FindStringSubmatch(strings.TrimSuffix(text, "\n"))
				if m == nil {
					t.Fatalf("%s has the line %s", name, text)
				}
				shown = append(shown, label(m[1])...)
			}
			process := "8>1 " + words.Name(comm)
			if !slices.Contains(shown, process) && !slices.Contains(shown, "init "+process) || !slices.Contains(shown, wantContainer) {
				t.Errorf("%s: %q and %q are not in %q", name, process, wantContainer, shown)
			}
			if got := exporttest.Name(t, strings.TrimPrefix(process, "8>1 ")); got != comm {
				t.Errorf("%s is read as %q", process, got)
			}
		}
	})
}
