package tui

import (
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/text/width"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
)

// A line must take as many cells as it is thought to, or the frame around it breaks.
// Terminals do not agree on what combines with its neighbours, so that none of that
// reaches them: what is shown is one or two cells wide by itself, whatever is beside it.

// clean makes a string that is fit for a terminal fit for a cell grid.
func clean(s string) string {
	s = safe.String(s)
	for i := range len(s) {
		if s[i] >= 0x80 {
			return escapeCombining(s)
		}
	}
	return s
}

func escapeCombining(s string) string {
	var b strings.Builder
	for _, r := range s {
		if alone(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(`\u{` + strconv.FormatInt(int64(r), 16) + `}`)
		}
	}
	return b.String()
}

// alone reports whether a rune has the same width whatever is beside it. What does not
// combine even with itself does with nothing that is left.
func alone(r rune) bool {
	if r < 0x300 {
		return r != 0xad
	}
	one, n := string(r), runeCells(r)
	return ansi.StringWidth(one) == n && ansi.StringWidth("a"+one+one+"b") == 2*n+2 && ansi.StringWidthWc(one) == n
}

// runeCells is the width of a rune that is alone.
func runeCells(r rune) int {
	if r < 0x300 {
		return 1
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// cells is the width of a string that clean returned.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n += runeCells(r)
	}
	return n
}

// cut returns what of a clean string fits, and a mark where that is not all.
func cut(s string, room int, more string) string {
	if len(s) <= room || cells(s) <= room {
		return s
	}
	if room -= cells(more); room < 0 {
		return ""
	}
	for i, r := range s {
		if room -= runeCells(r); room < 0 {
			return s[:i] + more
		}
	}
	return s
}

// fit returns a clean string as wide as it should be.
func fit(s string, room int, more string) string {
	s = cut(s, room, more)
	return s + strings.Repeat(" ", max(0, room-cells(s)))
}

// fitRight is fit for numbers.
func fitRight(s string, room int, more string) string {
	s = cut(s, room, more)
	return strings.Repeat(" ", max(0, room-cells(s))) + s
}

// wrap breaks a clean line into lines that fit, at spaces where there are some; what
// is carried over is indented.
func wrap(s string, room int) []string {
	const indent = "    "
	var all []string
	for lead := ""; ; lead = indent {
		left := max(room-len(lead), 1)
		if cells(s) <= left {
			return append(all, lead+s)
		}
		end, space, used := 0, 0, 0
		for i, r := range s {
			if used += runeCells(r); used > left && i > 0 {
				break
			}
			if end = i + len(string(r)); r == ' ' {
				space = end
			}
		}
		if space > end/2 {
			end = space
		}
		all = append(all, lead+strings.TrimRight(s[:end], " "))
		s = s[end:]
	}
}
