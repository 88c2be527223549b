package svg

import (
	"io"
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// mostLives is how many processes a picture has room for: no document shows more.
const mostLives = 1000

// Span is the time that a picture shows, CLOCK_BOOTTIME.
type Span struct{ FromNS, ToNS uint64 }

// WriteLives draws the lives of processes, each below its parent. Those to whom nothing
// happened within the span are left out; it writes nothing and reports false where that
// are all.
func WriteLives(w io.Writer, roots []*report.Node, span Span) (bool, error) {
	l := &lives{picture: picture{y: margin}, Span: span}
	l.line("", "title", margin) // once it is known how many there are
	l.all(roots, 0)
	if l.drawn == 0 {
		return false, nil
	}
	title := words.Count(l.drawn+l.left, "process", "processes") + " that began or ended within " + words.Duration(span.ToNS-span.FromNS)
	l.body[0] = label(title, "title", margin, margin+rowHeight-6, width-2*margin)
	if l.left > 0 {
		l.line(strconv.Itoa(l.left)+" more are not drawn", "faint", margin)
	}
	return true, l.write(w, title)
}

type lives struct {
	picture
	Span
	drawn, left int
}

func (l *lives) all(nodes []*report.Node, depth int) {
	for _, n := range nodes {
		below := depth
		if begin, end := l.of(n); begin > l.FromNS || end != 0 {
			below++
			if l.drawn < mostLives {
				l.drawn++
				l.life(n, depth, begin, end)
			} else {
				l.left++
			}
		}
		l.all(n.Children, below)
	}
}

// of is when a process began, or the picture does, and when it ended; 0 is that it did not.
func (l *lives) of(n *report.Node) (begin, end uint64) {
	start := n.Process.Key.Start
	if n.Exit != nil && n.LifetimeNS != 0 {
		end = min(max(start+n.LifetimeNS, l.FromNS), l.ToNS)
	}
	return min(max(start, l.FromNS), l.ToNS), end
}

// life draws one process: when it began, its name, how long it lived, and how it ended.
func (l *lives) life(n *report.Node, depth int, begin, end uint64) {
	p := &n.Process
	top := l.y
	l.y += rowHeight
	base := l.y - 6
	since := "before"
	if begin > l.FromNS {
		since = offset(begin - l.FromNS)
	}
	indent := min(depth*10, 90)
	name := words.Or(words.Chain(p.Chain, "→"), strconv.Itoa(int(p.Key.PID))) + " " + words.Name(p.Comm)
	l.body = append(l.body, atEnd(since, offsetEnd, base), label(name, "", nameStart+indent, base, spanEnd-nameStart-indent-60))
	if n.LifetimeNS != 0 {
		l.body = append(l.body, atEnd(words.Duration(n.LifetimeNS), spanEnd, base))
	}
	class := "bar life"
	if n.Exit != nil && n.Exit.Signal != 0 {
		class = "bar death"
	}
	until := end
	if until == 0 {
		until = l.ToNS
	}
	l.body = append(l.body, rail(top), barOf(class, begin, until, l.FromNS, l.ToNS, top), label(told(n), "", whoStart, base, width-margin-whoStart))
}

// told is how it ended, then what it ran.
func told(n *report.Node) string {
	text := string(n.State)
	if n.Exit != nil {
		text = words.Status(*n.Exit) + words.KillerBrief(n.Killer, n.Process.Key)
	}
	if n.Process.Args.Known() {
		text += ": " + string(words.AppendArgs(nil, n.Process.Args, "…"))
	}
	return strings.TrimSpace(text)
}
