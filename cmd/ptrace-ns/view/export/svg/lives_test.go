package svg_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/exporttest"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/svg"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

func node(pid int32, start, lifetime uint64, comm string, children ...*report.Node) *report.Node {
	n := &report.Node{State: report.Live, Children: children, LifetimeNS: lifetime}
	n.Process = events.Process{Key: events.ProcKey{PID: pid, Start: start}, Comm: comm, Args: events.ArgsOf(comm, "an argument")}
	if lifetime > 0 {
		n.State, n.Exit = report.Exited, &events.ExitStatus{Signal: 9}
	}
	return n
}

// TestLives: those that began or ended are drawn to scale, below one another.
func TestLives(t *testing.T) {
	roots := []*report.Node{node(1, 5, 0, "init",
		node(7, 1000, 0, "lives on"), node(8, 1000, 500, "half", node(9, 1250, 250, "quarter")), node(10, 5, 1495, "old"), node(11, 6, 0, "quiet"))}
	var out bytes.Buffer
	if done, err := svg.WriteLives(&out, roots, svg.Span{FromNS: 500, ToNS: 2500}); !done || err != nil {
		t.Fatal(done, err)
	}
	d := read(t, &out)
	var got []string
	for _, b := range d.bars {
		got = append(got, fmt.Sprintf("%.3f-%.3f", (b[0]-342)/320, (b[1]-342)/320))
	}
	if want := []string{"0.250-1.000", "0.250-0.500", "0.375-0.500", "0.000-0.500"}; !slices.Equal(got, want) {
		t.Errorf("the bars are %q, want %q", got, want)
	}
	text := strings.Join(d.texts, "\n")
	for _, want := range []string{"4 processes that began or ended", "8 half", "before", "killed by SIGKILL: half 'an argument'"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(text, "quiet") {
		t.Errorf("one to whom nothing happened is drawn:\n%s", text)
	}
}

func TestNoLives(t *testing.T) {
	var out bytes.Buffer
	if done, err := svg.WriteLives(&out, []*report.Node{node(1, 5, 0, "init")}, svg.Span{FromNS: 500, ToNS: 2500}); done || err != nil || out.Len() > 0 {
		t.Errorf("of nothing there is %q, %t, %v", out.String(), done, err)
	}
}

// TestManyLives: how many are not drawn is said.
func TestManyLives(t *testing.T) {
	var roots []*report.Node
	for i := range int32(1234) {
		roots = append(roots, node(i+1, 1000, 5, "sh"))
	}
	var out bytes.Buffer
	if _, err := svg.WriteLives(&out, roots, svg.Span{FromNS: 500, ToNS: 2500}); err != nil {
		t.Fatal(err)
	}
	if d := read(t, &out); len(d.bars) != 1000 || !slices.Contains(d.texts, "234 more are not drawn") {
		t.Errorf("%d bars", len(d.bars))
	}
}

// TestHostileLives: no string becomes markup, and each can be had again.
func TestHostileLives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		comm := exporttest.Life(t)[3].Process.Comm
		if comm == "" {
			return
		}
		var out bytes.Buffer
		if _, err := svg.WriteLives(&out, []*report.Node{node(8, 1000, 5, comm)}, svg.Span{FromNS: 500, ToNS: 2500}); err != nil {
			t.Fatal(err)
		}
		d := read(t, &out)
		if !slices.Contains(d.texts, "8 "+words.Name(comm)) { // which can be had again
			t.Errorf("%q is not in %q", comm, d.texts)
		}
	})
}
