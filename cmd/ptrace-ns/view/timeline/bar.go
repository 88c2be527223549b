package timeline

import (
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// glyphs are what bars are drawn with.
type glyphs struct {
	arrow, more        string
	full, moment, open string
	// parts are the last cell of a bar, by eighths.
	parts []string
}

func glyphsOf(unicode bool) glyphs {
	if unicode {
		return glyphs{"→", "…", "█", "│", "░", []string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}}
	}
	return glyphs{">", "...", "#", "|", ".", []string{"", "", "", "", "#", "#", "#", "#"}}
}

// scale is the time that the width of all bars stands for.
type scale struct{ from, to uint64 }

func (s *scale) include(f *report.Phase) {
	if s.from == 0 || f.BeginNS < s.from {
		s.from = f.BeginNS
	}
	s.to = max(s.to, f.BeginNS, f.EndNS)
}

// eighths returns how far a moment is from the left, in eighths of a cell.
func (s scale) eighths(ns uint64, cells int) int {
	if s.to <= s.from || ns <= s.from {
		return 0
	}
	return int(float64(min(ns, s.to)-s.from) / float64(s.to-s.from) * float64(8*cells))
}

// draw returns the phase's bar, exactly so many cells wide. What has a length is
// never invisible.
func (p *printer) draw(f *report.Phase, s scale) string {
	begin := min(s.eighths(f.BeginNS, p.bar)/8, p.bar-1)
	lead := strings.Repeat(" ", begin)
	if f.Moment {
		return pad(lead+p.moment, p.bar)
	}
	if f.EndNS == 0 {
		return lead + strings.Repeat(p.open, p.bar-begin)
	}
	length := max(s.eighths(f.EndNS, p.bar)-8*begin, 1)
	body := strings.Repeat(p.full, length/8) + p.parts[length%8]
	if body == "" {
		body = p.moment
	}
	return pad(lead+body, p.bar)
}
