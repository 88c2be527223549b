package tui

import "strings"

// The only escape sequences that a line may hold: colours of the terminal's own
// palette, which its owner has chosen to be legible, and weights.
const (
	reset   = "\x1b[0m"
	plain   = ""
	bold    = "\x1b[1m"
	dim     = "\x1b[2m"
	reverse = "\x1b[7m"
)

// palette is what things look like on a dark or on a light terminal.
type palette struct {
	title, heading, group                          string
	container, born, gone, failed, moved, key, bar string
	spaces                                         []string // neighbouring PID namespaces are told apart
}

// uncoloured tells apart by weights alone.
func uncoloured() *palette {
	return &palette{
		title: bold, heading: "\x1b[1;4m", group: bold, key: bold, bar: bold,
		container: plain, born: bold, gone: dim, failed: bold, moved: "\x1b[4m", spaces: []string{plain},
	}
}

func newPalette(dark bool) *palette {
	p := &palette{
		title: bold, heading: "\x1b[1;4m", group: "\x1b[1m", key: bold, bar: bold,
		container: "\x1b[36m", born: "\x1b[1;32m", gone: dim, failed: "\x1b[31m", moved: "\x1b[35m",
		spaces: []string{"\x1b[32m", "\x1b[94m", "\x1b[35m", "\x1b[33m", "\x1b[36m", "\x1b[31m"},
	}
	if !dark { // yellow and cyan are hard to read on white
		p.container = "\x1b[34m"
		p.spaces = []string{"\x1b[32m", "\x1b[34m", "\x1b[35m", "\x1b[31m"}
	}
	return p
}

// pen writes one line of styled text of a given width.
type pen struct {
	b     strings.Builder
	left  int    // cells
	more  string // stands for what has no room
	under string // style of the whole line, which takes the place of all others
}

func newPen(width int, more, under string) *pen {
	p := &pen{left: width, more: more, under: under}
	p.b.WriteString(under)
	return p
}

// put writes as much of a clean text as has room.
func (p *pen) put(style, text string) {
	if p.left <= 0 || text == "" {
		return
	}
	text = cut(text, p.left, p.more)
	p.left -= cells(text)
	if style == plain || p.under != plain {
		p.b.WriteString(text)
		return
	}
	p.b.WriteString(style)
	p.b.WriteString(text)
	p.b.WriteString(reset)
}

// line fills up the rest and returns the whole.
func (p *pen) line() string {
	if p.left > 0 {
		p.b.WriteString(strings.Repeat(" ", p.left))
	}
	if p.under != plain {
		p.b.WriteString(reset)
	}
	return p.b.String()
}
