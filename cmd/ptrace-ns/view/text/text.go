// Package text prints events for people: one event a line in aligned columns, and
// in words what happened. Every string that comes from the kernel goes through
// package safe. It knows events, and nothing of where they come from.
package text

import (
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/lines"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// Options say what the terminal can show.
type Options struct {
	Color   bool
	Unicode bool // else ASCII stands for arrows and marks
	Zone    *time.Location
	// Story says that no column tells the kind of a line, and Told is the number of the last
	// exit that was told in it.
	Story bool
	Told  uint64
	// Outer is who is known, by that exit, to have had the process killed with an outer PID
	// namespace, whose end killed all in it.
	Outer events.Ref
	// Late holds the headings back until there is something below them.
	Late bool
}

// glyphs are the signs that a terminal may lack.
type glyphs struct{ mark, arrow, more string }

func (o Options) glyphs() glyphs {
	if o.Unicode {
		return glyphs{mark: "◆", arrow: "→", more: "…"}
	}
	return glyphs{mark: "*", arrow: ">", more: "..."}
}

// A PID has up to 7 digits (PID_MAX_LIMIT is 4194304), a name up to 15 bytes.
const (
	pidWidth    = 7
	parentWidth = pidWidth + 1 + 15
)

// column is a heading and the width that the text below it rarely passes.
type column struct {
	name  string
	width int
}

var columns = []column{
	{"TIME", 15}, {"  EVENT", 17}, {"CONTAINER", 12}, {"PID", pidWidth}, {"CHAIN", 11}, {"PARENT", parentWidth}, {"WHAT", 0},
}

// Sink prints events.
type Sink struct {
	out *lines.Buffer
	printer
	bootTime int64
	zone     *time.Location
	headed   bool
	// container is the width of that column, which grows with the names that it has held:
	// an engine makes them up to 25 letters long.
	container int
}

// New returns a sink over w and buffers the line of headings.
func New(w io.Writer, h *events.Header, o Options) *Sink {
	s := &Sink{out: lines.New(w), printer: printer{glyphs: o.glyphs(), color: o.Color}, bootTime: h.BootTimeNS, zone: o.Zone, container: columns[2].width}
	if !o.Late {
		// The buffer is empty and takes any line.
		_ = s.head(h.StartNS)
	}
	return s
}

func (s *Sink) head(bootNS uint64) error {
	s.headed = true
	s.begin(s.out.Bytes())
	for _, c := range columns {
		s.cell(c.name, c.width)
	}
	return s.out.Put(s.end(bold), bootNS)
}

// Put buffers one line.
func (s *Sink) Put(ev *events.Event) error {
	if !s.headed {
		if err := s.head(ev.BootNS); err != nil {
			return err
		}
	}
	s.begin(s.out.Bytes())
	p := &ev.Process
	s.time(time.Unix(0, s.bootTime+int64(ev.BootNS)).In(s.zone))
	s.event(ev.Kind)
	container := words.Container(p.Container)
	s.container = max(s.container, safe.Width(container))
	s.cell(container, s.container)
	s.cell(pidText(p.Key.PID), columns[3].width)
	s.chain(p.Chain)
	s.cell(words.Ref(p.Parent), columns[5].width)
	s.what(ev)
	return s.out.Put(s.end(lineStyle(ev.Kind)), ev.BootNS)
}

// Line returns an event as a line of a story: when, and what happened in words.
func Line(ev *events.Event, bootTime int64, o Options) string {
	p := printer{glyphs: o.glyphs(), exitTold: o.Told, story: o.Story, outer: o.Outer}
	p.time(time.Unix(0, bootTime+int64(ev.BootNS)).In(o.Zone))
	if !ev.Process.Key.IsZero() {
		p.str(words.Or(words.Chain(ev.Process.Chain, p.arrow), pidText(ev.Process.Key.PID)), " ")
	}
	p.what(ev)
	return string(p.b)
}

// Flush writes the buffered lines.
func (s *Sink) Flush() error { return s.out.Flush() }

// printer appends one line.
type printer struct {
	glyphs
	color bool
	b     []byte
	start int
	// exitTold is the Seq of the last exit on a line: what follows from it need not
	// say all of it again.
	exitTold uint64
	story    bool // not a line of a stream
	outer    events.Ref
}

func (p *printer) begin(b []byte) { p.b, p.start = b, len(b) }

// end styles the whole line, where it has a style, and returns the buffer.
func (p *printer) end(style string) []byte {
	if p.color && style != "" {
		line := string(p.b[p.start:])
		p.b = append(append(append(p.b[:p.start], style...), line...), reset...)
	}
	return append(p.b, '\n')
}

// cell writes text that is safe already and fills it up to the width.
func (p *printer) cell(text string, width int) {
	p.b = append(p.b, text...)
	p.fill(safe.Width(text), width)
}

func (p *printer) fill(used, width int) {
	if width == 0 {
		return
	}
	for ; used < width; used++ {
		p.b = append(p.b, ' ')
	}
	p.b = append(p.b, ' ')
}

func (p *printer) time(t time.Time) {
	p.b = t.AppendFormat(p.b, "15:04:05.000000")
	p.b = append(p.b, ' ')
}

// event writes the kind, derived ones marked.
func (p *printer) event(k events.Kind) {
	name, mark := k.String(), " "
	if lineStyle(k) != "" {
		mark = p.mark
	}
	style := kindStyle(k)
	if p.color && style != "" && lineStyle(k) == "" {
		p.b = append(append(append(append(p.b, style...), mark...), ' '), name...)
		p.b = append(p.b, reset...)
	} else {
		p.b = append(append(append(p.b, mark...), ' '), name...)
	}
	p.fill(2+len(name), columns[1].width)
}

// chain writes the PIDs from the outermost namespace to the process's own.
func (p *printer) chain(c events.PIDChain) {
	if len(c) < 2 {
		p.cell("-", columns[4].width)
		return
	}
	start := len(p.b)
	for i, e := range c {
		if i > 0 {
			p.b = append(p.b, p.arrow...)
		}
		p.b = strconv.AppendInt(p.b, int64(e.PID), 10)
	}
	p.fill(utf8.RuneCount(p.b[start:]), columns[4].width)
}

func pidText(pid int32) string {
	if pid == 0 {
		return "-"
	}
	return strconv.Itoa(int(pid))
}
