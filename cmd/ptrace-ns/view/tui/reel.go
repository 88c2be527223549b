package tui

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
)

// reel draws the scrubber: what has been played, where deaths (x) and reparentings (o)
// are, and the numbers.
func (m *Model) reel() string {
	p := m.pen(plain)
	if m.scene == nil || m.scene.Reel == nil {
		return p.line()
	}
	r := m.scene.Reel
	state := m.glyphs.stopped
	if r.Playing {
		state = m.glyphs.playing
	}
	p.put(bold, state+" "+strconv.FormatFloat(r.Speed, 'g', 3, 64)+"x ")
	numbers := fmt.Sprintf(" %s/%s", spanText(r.AtNS-r.FromNS), spanText(r.ToNS-r.FromNS))
	if long := fmt.Sprintf("%s  %d/%d", numbers, r.At, r.Total); p.left-cells(long) >= 20 {
		numbers = long
	}
	m.bar(p, r, max(0, p.left-cells(numbers)))
	p.put(plain, numbers)
	return p.line()
}

func (m *Model) bar(p *pen, r *scene.Reel, width int) {
	played := width
	if r.ToNS > r.FromNS {
		played = int(float64(width) * float64(r.AtNS-r.FromNS) / float64(r.ToNS-r.FromNS))
	}
	run, style := "", ""
	for i := range width {
		cell, look := m.glyphs.ahead, dim
		if i < played {
			cell, look = m.glyphs.played, m.look.bar
		}
		switch mark := marksAt(r.Marks, i, width); {
		case mark&scene.Reparenting != 0: // which a death is the cause of: that is at the same time
			cell = "o"
		case mark&scene.Death != 0:
			cell = "x"
		}
		if look != style {
			p.put(style, run)
			run, style = "", look
		}
		run += cell
	}
	p.put(style, run)
}

// marksAt is what a cell of the bar stands for.
func marksAt(marks []scene.Mark, i, width int) (all scene.Mark) {
	from, to := i*len(marks)/width, (i+1)*len(marks)/width
	for _, m := range marks[from:max(to, min(from+1, len(marks)))] {
		all |= m
	}
	return all
}

// spanText is a time within a recording.
func spanText(ns uint64) string {
	text := fmt.Sprintf("%d.%03d", ns/1e9%60, ns/1e6%1000)
	if ns < 60e9 {
		return text + "s"
	}
	return fmt.Sprintf("%d:%s", ns/60e9, strings.Repeat("0", max(0, 6-len(text)))+text)
}
