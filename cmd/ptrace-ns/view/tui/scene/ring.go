package scene

// ring holds the latest lines.
type ring struct {
	lines []Line
	next  int
	room  int
}

func (r *ring) add(l Line) {
	if len(r.lines) < r.room {
		r.lines = append(r.lines, l)
		return
	}
	r.lines[r.next] = l
	r.next = (r.next + 1) % r.room
}

// all calls yield with each line, the oldest first.
func (r *ring) all(yield func(Line) bool) {
	for i := range r.lines {
		if !yield(r.lines[(r.next+i)%len(r.lines)]) {
			return
		}
	}
}
