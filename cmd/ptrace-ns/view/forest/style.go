package forest

import (
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// The only escape sequences that a line may hold.
const (
	reset   = "\x1b[0m"
	bold    = "\x1b[1m"
	dim     = "\x1b[2m"
	cyan    = "\x1b[36m"
	yellow  = "\x1b[33m"
	magenta = "\x1b[1;35m"
)

// palette tells neighbouring namespaces apart.
var palette = []string{"\x1b[32m", "\x1b[34m", "\x1b[35m", "\x1b[33m", "\x1b[36m", "\x1b[31m"}

// color is that of the process's PID namespace; the initial one has none.
func (p *printer) color(c events.PIDChain) string {
	if c.Level() <= 0 {
		return ""
	}
	own := c.Own().NS
	if _, ok := p.chosen[own]; !ok {
		p.chosen[own] = palette[len(p.chosen)%len(palette)]
	}
	return p.chosen[own]
}

// piece writes text that is safe already, as far as the line has room.
func (p *printer) piece(style, text string) {
	if p.full || text == "" {
		return
	}
	if p.Width > 0 {
		text = p.fit(text)
	}
	if p.Color && style != "" {
		p.out.WriteString(style + text + reset)
	} else {
		p.out.WriteString(text)
	}
}

// fit cuts text at the end of the line, where a sign says that there is more.
func (p *printer) fit(text string) string {
	room := p.Width - p.used
	width := safe.Width(text)
	// The last column is for the sign: whether more comes is not known yet.
	if sign := safe.Width(p.more); width > room-sign {
		p.full = true
		return safe.Cut(text, max(room-sign, 0)) + p.more
	}
	p.used += width
	return text
}

func (p *printer) endLine() {
	p.out.WriteByte('\n')
	p.used, p.full = 0, false
}
