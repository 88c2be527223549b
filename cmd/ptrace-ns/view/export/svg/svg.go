// Package svg draws the timelines of containers, or of processes, to scale, as a picture
// for documents.
// The elements are values that encoding/xml writes, so that no string can become one.
// It knows reports, and nothing of where they come from.
package svg

import (
	"encoding/xml"
	"io"
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/timeline"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// element is one element, with its text before its children.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []element
}

func el(name, text string, attrs ...string) element {
	e := element{XMLName: xml.Name{Local: name}, Text: text}
	for i := 0; i+1 < len(attrs); i += 2 {
		e.Attrs = append(e.Attrs, xml.Attr{Name: xml.Name{Local: attrs[i]}, Value: attrs[i+1]})
	}
	return e
}

// The columns, in pixels: offset, name, duration, bar, who.
const (
	width     = 1280
	margin    = 16
	rowHeight = 20
	offsetEnd = 88
	nameStart = 100
	spanEnd   = 330
	barStart  = 342
	barEnd    = 662
	whoStart  = 674
	// A character of the font at its size, and so how many fit.
	charWidth = 7.3
)

// style has both colour schemes. A picture that is included in a page takes that of the
// reader's system.
const style = `
text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #1f2328 }
.title { font-weight: bold; font-size: 14px }
.section { font-weight: bold }
.faint { fill: #59636e }
.page { fill: #ffffff }
.rail { fill: #eff2f5 }
.bar { fill: #6e7781 }
.client, .stopper { fill: #bf8700 }
.shim, .starter, .cleanup { fill: #8250df }
.runtime, .command, .stage0, .stage1 { fill: #0969da }
.init { fill: #1a7f37 }
.helper { fill: #bc4c00 }
.death { fill: #cf222e }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.faint { fill: #9198a1 }
.page { fill: #0d1117 }
.rail { fill: #1c2128 }
.bar { fill: #8b949e }
.client, .stopper { fill: #d29922 }
.shim, .starter, .cleanup { fill: #ab7df8 }
.runtime, .command, .stage0, .stage1 { fill: #4493f8 }
.init { fill: #3fb950 }
.helper { fill: #f0883e }
.death { fill: #f85149 }
}
`

type picture struct {
	body []element
	y    int
}

// Write draws the timelines, of which there is at least one, one below the other.
func Write(w io.Writer, all []*report.Timeline) error {
	p := &picture{y: margin}
	var names []string
	for i, t := range all {
		if i > 0 {
			p.y += rowHeight
		}
		names = append(names, timeline.Title(t))
		p.timeline(t)
	}
	return p.write(w, "Timeline of "+strings.Join(names, ", "))
}

// write puts what was drawn into a picture of that title.
func (p *picture) write(w io.Writer, title string) error {
	height := strconv.Itoa(p.y + margin)
	root := el("svg", "", "xmlns", "http://www.w3.org/2000/svg", "viewBox", "0 0 "+strconv.Itoa(width)+" "+height,
		"width", strconv.Itoa(width), "height", height, "role", "img")
	root.Children = append([]element{
		el("title", title),
		el("style", style),
		el("rect", "", "class", "page", "width", "100%", "height", "100%"),
	}, p.body...)
	return encode(w, root)
}

// encode writes each child of the root on a line of its own: the space within texts is
// to be seen.
func encode(w io.Writer, root element) error {
	out := xml.NewEncoder(w)
	start := xml.StartElement{Name: root.XMLName, Attr: root.Attrs}
	if err := out.EncodeToken(start); err != nil {
		return err
	}
	for _, child := range root.Children {
		if err := out.EncodeToken(xml.CharData("\n")); err != nil {
			return err
		}
		if err := out.Encode(child); err != nil {
			return err
		}
	}
	for _, token := range []xml.Token{xml.CharData("\n"), start.End(), xml.CharData("\n")} {
		if err := out.EncodeToken(token); err != nil {
			return err
		}
	}
	return out.Close()
}

// line writes a text over the whole width and goes to the next line.
func (p *picture) line(text, class string, x int) {
	p.y += rowHeight
	p.body = append(p.body, label(text, class, x, p.y-6, width-margin-x))
}

// label is a text that is cut where its room ends; the whole of it is its tooltip.
func label(text, class string, x, y, room int) element {
	cells := int(float64(room) / charWidth)
	shown := text
	if safe.Width(text) > cells {
		shown = safe.Cut(text, max(cells-1, 0)) + "…"
	}
	e := el("text", shown, "x", strconv.Itoa(x), "y", strconv.Itoa(y), "xml:space", "preserve")
	if class != "" {
		e.Attrs = append(e.Attrs, xml.Attr{Name: xml.Name{Local: "class"}, Value: class})
	}
	if shown != text {
		e.Children = []element{el("title", text)}
	}
	return e
}

func (p *picture) timeline(t *report.Timeline) {
	p.line(timeline.Title(t)+"  "+string(words.AppendArgs(nil, t.Args, "…")), "title", margin)
	about := "init " + words.Ref(t.Init)
	if len(t.Chain) > 1 {
		about = "init " + words.Chain(t.Chain, "→") + " " + words.Name(t.Init.Comm)
	}
	about += ", PID namespace " + strconv.FormatUint(uint64(t.Pidns.ID.Inum), 10) + ", level " + strconv.Itoa(t.Pidns.Level)
	p.line(about, "faint", margin)
	for _, section := range []report.Section{report.Starting, report.Running, report.Stopping} {
		p.section(t, section)
	}
	for _, a := range t.Absent {
		p.line("not known: "+timeline.Label(a.Phase)+" ("+strings.ReplaceAll(safe.String(a.Why), "_", " ")+")", "faint", margin)
	}
}

// section draws the phases of one section over their own time.
func (p *picture) section(t *report.Timeline, section report.Section) {
	var phases []*report.Phase
	var from, to uint64
	for i := range t.Phases {
		f := &t.Phases[i]
		if f.Section != section {
			continue
		}
		if len(phases) == 0 || f.BeginNS < from {
			from = f.BeginNS
		}
		to = max(to, f.BeginNS, f.EndNS)
		phases = append(phases, f)
	}
	if len(phases) == 0 {
		return
	}
	p.y += rowHeight / 2
	p.line(string(section)+", "+words.Duration(to-from), "section", margin)
	for _, f := range phases {
		p.phase(t, f, from, to)
	}
}

func (p *picture) phase(t *report.Timeline, f *report.Phase, from, to uint64) {
	top := p.y
	p.y += rowHeight
	base := p.y - 6
	p.body = append(p.body, atEnd(offset(f.BeginNS-from), offsetEnd, base), label(timeline.Label(f.Name), "", nameStart, base, spanEnd-nameStart-60))
	if !f.Moment && f.EndNS != 0 {
		p.body = append(p.body, atEnd(words.Duration(f.EndNS-f.BeginNS), spanEnd, base))
	}
	p.body = append(p.body,
		rail(top),
		bar(f, from, to, top),
		label(timeline.Who(t, f), "", whoStart, base, width-margin-whoStart))
}

// atEnd is a faint text that ends at x.
func atEnd(text string, x, y int) element {
	e := label(text, "faint", x, y, x)
	e.Attrs = append(e.Attrs, xml.Attr{Name: xml.Name{Local: "text-anchor"}, Value: "end"})
	return e
}

// rail is behind the bar of the row that begins at that height.
func rail(top int) element {
	return el("rect", "", "class", "rail", "x", strconv.Itoa(barStart), "y", strconv.Itoa(top+3), "width", strconv.Itoa(barEnd-barStart), "height", strconv.Itoa(rowHeight-6))
}

// bar is from the phase's beginning to its end, to scale, and at least to be seen. One
// whose end was not seen goes to the end.
func bar(f *report.Phase, from, to uint64, top int) element {
	end := f.EndNS
	if end == 0 && !f.Moment {
		end = to
	}
	return barOf("bar "+part(f), f.BeginNS, end, from, to, top)
}

// barOf is from begin to end, of the time from the first to the last.
func barOf(class string, begin, end, first, last uint64, top int) element {
	scale := float64(barEnd-barStart) / float64(max(last-first, 1))
	x := barStart + float64(begin-first)*scale
	w := max(float64(max(end, begin)-begin)*scale, 2)
	x = min(x, barEnd-2)
	return el("rect", "", "class", class, "x", decimal(x), "y", strconv.Itoa(top+3), "width", decimal(min(w, barEnd-x)), "height", strconv.Itoa(rowHeight-6))
}

// part is the class of a bar's colour: a death stands out, whoever died.
func part(f *report.Phase) string {
	if f.Signal != nil || f.Name == "exit" || f.Name == "reaped" {
		return "death"
	}
	return f.Part
}

// offset is when a phase begins, from the beginning of its section.
func offset(ns uint64) string {
	switch {
	case ns == 0:
		return "+0"
	case ns >= second && ns < 100*second:
		return "+" + strconv.FormatFloat(float64(ns)/second, 'f', 3, 64) + " s"
	}
	return "+" + words.Duration(ns)
}

const second = 1_000_000_000

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }
