// Package picture draws what a terminal shows as an SVG image for the documents. It
// knows cells and colours, and no program.
package picture

import (
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// The size of a cell, and the margin around them all, in pixels.
const (
	cellWidth  = 8
	cellHeight = 18
	margin     = 12
)

// Colours are classes, so that a page that is dark gets a dark terminal.
const css = `text{font:14px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;white-space:pre;fill:#1f2328}
.bg{fill:#fff;stroke:#d1d9e0}.b{font-weight:bold}.d{opacity:.62}.u{text-decoration:underline}.r{fill:#fff}.rb{fill:#1f2328}
.c31{fill:#c5221f}.c32{fill:#1a7f37}.c33{fill:#9a6700}.c34,.c94{fill:#0550ae}.c35{fill:#8250df}.c36{fill:#1b7c83}
@media(prefers-color-scheme:dark){text{fill:#d8dee4}.bg{fill:#0d1117;stroke:#3d444d}.r{fill:#0d1117}.rb{fill:#d8dee4}
.c31{fill:#ff7b72}.c32{fill:#56d364}.c33{fill:#e3b341}.c34,.c94{fill:#79c0ff}.c35{fill:#d2a8ff}.c36{fill:#56d4dd}}`

// SVG returns the image of a screen: lines that hold text and changes of colour and
// weight only.
func SVG(title, screen string) string {
	lines := strings.Split(screen, "\n")
	width := 0
	for _, l := range lines {
		width = max(width, ansi.StringWidth(l))
	}
	w, h := width*cellWidth+2*margin, len(lines)*cellHeight+2*margin
	var b strings.Builder
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" xml:space=\"preserve\">\n", w, h, w, h)
	fmt.Fprintf(&b, "<title>%s</title>\n<style>%s</style>\n", escaped(title), css)
	fmt.Fprintf(&b, "<rect class=\"bg\" x=\".5\" y=\".5\" width=\"%d\" height=\"%d\" rx=\"8\"/>\n", w-1, h-1)
	for i, l := range lines {
		line(&b, l, margin+i*cellHeight)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// line draws each run of one look where it belongs, and as wide as its cells, whatever
// the font.
func line(b *strings.Builder, l string, top int) {
	at, look := 0, map[string]bool{}
	for l != "" {
		text, rest, styled := strings.Cut(l, "\x1b[")
		at += run(b, text, look, margin+at*cellWidth, top)
		if l = ""; styled {
			codes, after, _ := strings.Cut(rest, "m")
			for code := range strings.SplitSeq(codes, ";") {
				apply(look, code)
			}
			l = after
		}
	}
}

func run(b *strings.Builder, text string, look map[string]bool, x, top int) (cells int) {
	cells = ansi.StringWidth(text)
	if look["r"] && cells > 0 {
		fmt.Fprintf(b, "<rect class=\"rb\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n", x, top, cells*cellWidth, cellHeight)
	}
	class := classes(look)
	// What is apart is drawn apart, so that it is where it belongs in any font.
	for text != "" {
		word := strings.TrimLeft(text, " ")
		x += (len(text) - len(word)) * cellWidth
		text = ""
		if at := strings.Index(word, "  "); at >= 0 {
			word, text = word[:at], word[at:]
		}
		word = strings.TrimRight(word, " ")
		if word == "" {
			break
		}
		wide := ansi.StringWidth(word) * cellWidth
		fmt.Fprintf(b, "<text x=\"%d\" y=\"%d\" textLength=\"%d\"%s>%s</text>\n", x, top+cellHeight-5, wide, class, escaped(word))
		x += wide
	}
	return cells
}

// classes is the attribute for a look; empty is none.
func classes(look map[string]bool) string {
	var all []string
	for _, c := range []string{"b", "d", "u", "r", "c31", "c32", "c33", "c34", "c35", "c36", "c94"} {
		if look[c] {
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return ` class="` + strings.Join(all, " ") + `"`
}

// apply takes one parameter of SGR (ECMA-48 8.3.117).
func apply(look map[string]bool, code string) {
	switch code {
	case "", "0":
		clear(look)
	case "1":
		look["b"] = true
	case "2":
		look["d"] = true
	case "4":
		look["u"] = true
	case "7":
		look["r"] = true
	default:
		look["c"+code] = true
	}
}

func escaped(s string) string {
	var b strings.Builder
	// A Builder takes all that it is given.
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}
