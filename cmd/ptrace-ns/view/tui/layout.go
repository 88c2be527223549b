package tui

import (
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// Group is how the processes are arranged.
type Group uint8

// The arrangements, in the order in which one key turns through them.
const (
	Tree Group = iota
	ByNamespace
	ByContainer
	groups
)

// GroupNames are what a command line calls the arrangements.
var GroupNames = [groups]string{"tree", "pidns", "container"}

// line is one line of the body: a process, or the heading of a group.
type line struct {
	row    int32 // in the scene; -1 is a heading
	up     int32 // the line above it in the tree; -1 is none
	group  int32 // of a heading
	hidden int32 // how many processes are folded away below
	last   bool  // it is the last one below up
}

// place is what the cursor can be on, and what can be folded.
type place struct {
	key   events.ProcKey
	group string
}

// cluster is a group of processes.
type cluster struct {
	id, title     string
	rows          []int32
	living, ended int // of them; one that was not seen itself is neither
}

// layout arranges a scene as lines. What it needs for that is kept for the next time.
type layout struct {
	lines    []line
	clusters []cluster
	keep     []bool
	under    []int32 // by row: the line that shows it, or hides it, or -1
	hides    []bool  // by row: that line hides it
	of       []int32 // by row: its cluster
	numbers  numbers
}

// numbers are the widths of the widest so far, in cells: a column that became narrower
// again with each process that ends would be restless.
type numbers struct{ pid, chain int }

func (n *numbers) take(row *scene.Row) {
	n.pid = max(n.pid, digits(row.Key.PID))
	if len(row.Chain) > 1 {
		width := len(row.Chain) - 1 // the arrows
		for _, e := range row.Chain {
			width += digits(e.PID)
		}
		n.chain = max(n.chain, width)
	}
}

func digits(n int32) int {
	width := 1
	for ; n > 9; n /= 10 {
		width++
	}
	return width
}

// arrange is called for each new scene, and is all that costs time with the number of
// processes and not of lines on the screen.
func (l *layout) arrange(sc *scene.Scene, by Group, folded func(place, bool) bool) {
	l.lines, l.clusters = l.lines[:0], l.clusters[:0]
	l.keep = sized(l.keep, len(sc.Rows))
	l.under, l.hides = sized(l.under, len(sc.Rows)), sized(l.hides, len(sc.Rows))
	for i := len(sc.Rows) - 1; i >= 0; i-- {
		row := &sc.Rows[i]
		// What is above a row that is wanted shows where that is.
		if l.keep[i] = l.keep[i] || row.Hit; l.keep[i] && row.Up >= 0 {
			l.keep[row.Up] = true
		}
		l.under[i] = -1
	}
	if by == Tree {
		for i := range sc.Rows {
			if l.keep[i] {
				l.add(sc, int32(i), sc.Rows[i].Up, -1, folded)
			}
		}
	} else {
		l.cluster(sc, by)
		for c := range l.clusters {
			l.addCluster(sc, int32(c), folded)
		}
	}
	l.endings()
}

func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	s = s[:n]
	clear(s)
	return s
}

// add shows a row below the line of the row up, or below head where there is none.
func (l *layout) add(sc *scene.Scene, i, up, head int32, folded func(place, bool) bool) {
	over := head
	if up >= 0 {
		over = l.under[up]
		row := &sc.Rows[up]
		if l.hides[up] || folded(place{key: row.Key}, row.Kthread) {
			l.under[i], l.hides[i] = over, true
			l.lines[over].hidden++
			return
		}
	}
	l.numbers.take(&sc.Rows[i])
	l.under[i] = int32(len(l.lines))
	l.lines = append(l.lines, line{row: i, up: over})
}

// cluster sorts the rows into groups, in the order in which these appear.
func (l *layout) cluster(sc *scene.Scene, by Group) {
	spaces, containers := map[events.NSID]int32{}, map[string]int32{}
	l.of = sized(l.of, len(sc.Rows))
	for i := range sc.Rows {
		l.of[i] = -1
		row := &sc.Rows[i]
		if !row.Hit {
			continue
		}
		own := row.Chain.Own()
		c, ok := int32(0), false
		if by == ByNamespace {
			c, ok = spaces[own.NS]
		} else {
			c, ok = containers[containerID(row)]
		}
		if !ok {
			c = int32(len(l.clusters))
			l.clusters = append(l.clusters, cluster{id: groupID(row, by), title: groupTitle(row, by)})
			spaces[own.NS], containers[containerID(row)] = c, c
		}
		if by == ByNamespace && own.PID == 1 {
			l.clusters[c].title += ", init " + strconv.Itoa(int(row.Key.PID)) + " " + clean(words.Name(row.Comm))
		}
		l.of[i] = c
		l.clusters[c].rows = append(l.clusters[c].rows, int32(i))
		switch row.State {
		case report.Live:
			l.clusters[c].living++
		case report.Unseen:
		default:
			l.clusters[c].ended++
		}
	}
}

func (l *layout) addCluster(sc *scene.Scene, c int32, folded func(place, bool) bool) {
	group := &l.clusters[c]
	head := int32(len(l.lines))
	l.lines = append(l.lines, line{row: -1, up: -1, group: c})
	if folded(place{group: group.id}, false) {
		l.lines[head].hidden = int32(len(group.rows))
		return
	}
	for _, i := range group.rows {
		up := sc.Rows[i].Up
		for up >= 0 && l.of[up] != c {
			up = sc.Rows[up].Up
		}
		l.add(sc, i, up, head, folded)
	}
}

// endings marks the last line below each.
func (l *layout) endings() {
	l.hides = sized(l.hides, len(l.lines)) // by line, from here: its last one is found
	for i := len(l.lines) - 1; i >= 0; i-- {
		if up := l.lines[i].up; up >= 0 && !l.hides[up] {
			l.hides[up], l.lines[i].last = true, true
		}
	}
}

func groupID(row *scene.Row, by Group) string {
	if by == ByContainer {
		return "container " + containerID(row)
	}
	own := row.Chain.Own().NS
	return strconv.FormatUint(uint64(own.Inum), 10) + "-" + strconv.FormatUint(own.ID, 10)
}

func containerID(row *scene.Row) string {
	if row.Container == nil {
		return ""
	}
	return row.Container.ID
}

func groupTitle(row *scene.Row, by Group) string {
	if by == ByContainer {
		c := row.Container
		if c == nil {
			return "in no container"
		}
		title := words.Or(clean(c.Runtime), "container") + " " + words.Container(c)
		if c.Image != "" {
			title += ", image " + clean(c.Image)
		}
		if c.Pod != "" {
			title += ", pod " + clean(c.PodNS+"/"+c.Pod)
		}
		return clean(title)
	}
	own := row.Chain.Own().NS
	if own.IsZero() {
		return "PID namespace not known"
	}
	return "PID namespace " + strconv.FormatUint(uint64(own.Inum), 10) + ", level " + strconv.Itoa(row.Chain.Level())
}
