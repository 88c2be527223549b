package tui

import "strings"

// helpColumn is how wide a column of the help is: as its widest line.
const helpColumn = 48

// helpContent lists all keys, in as many columns as have room.
func (m *Model) helpContent(width int) content {
	blocks := m.helpBlocks()
	all := 0
	for _, b := range blocks {
		all += len(b)
	}
	n := min(max(width/helpColumn, 1), len(blocks))
	columns, at := make([][]string, n), 0
	for _, b := range blocks {
		// The last column has what is left.
		if at < n-1 && len(columns[at]) > 0 && len(columns[at])+len(b)/2 > all/n {
			at++
		}
		if len(columns[at]) > 0 {
			columns[at] = append(columns[at], "")
		}
		columns[at] = append(columns[at], b...)
	}
	return content{title: "keys", tabs: []tab{{lines: beside(columns)}}}
}

// helpBlocks are the keys that there are, by what they are for.
func (m *Model) helpBlocks() [][]string {
	names := []string{"moving", "looking", "panes", "recording"}
	var blocks [][]string
	for i, group := range m.keys.FullHelp() {
		lines := []string{names[i]}
		for _, b := range group {
			if !b.Enabled() {
				continue
			}
			name := b.Help().Key
			if !m.Unicode {
				name = asciiKeys.Replace(name)
			}
			lines = append(lines, "  "+fit(name, 9, "")+" "+b.Help().Desc)
		}
		blocks = append(blocks, lines)
	}
	return blocks
}

// beside puts columns side by side.
func beside(columns [][]string) []string {
	var lines []string
	for at, more := 0, true; more; at++ {
		line := ""
		more = false
		for i, c := range columns {
			text := ""
			if at < len(c) {
				text, more = c[at], true
			}
			if i < len(columns)-1 {
				text = fit(text, helpColumn, "")
			}
			line += text
		}
		if more {
			lines = append(lines, strings.TrimRight(line, " "))
		}
	}
	return lines
}
