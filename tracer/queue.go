//go:build linux

package tracer

import "github.com/ptrace-ns/ptrace-ns/events"

// item is one record, or one event that has no record.
type item struct {
	raw []byte
	// event is told as it is.
	event *events.Event
	// received says that the record came through the ring and counts as read.
	received bool
	// shown is what /proc says of the process of a snapshot's record, once it was read.
	shown *shown
}

// queue holds what is to be told before the ring goes on.
type queue struct {
	items []item
	at    int
	now   item
}

func (q *queue) push(it item) { q.items = append(q.items, it) }

func (q *queue) pop() *item {
	if q.at == len(q.items) {
		q.items, q.at = nil, 0
		return nil
	}
	it := &q.items[q.at]
	q.at++
	return it
}

// rest returns the item that was just taken, and those behind it.
func (q *queue) rest() []item { return q.items[max(q.at-1, 0):] }

// unpop puts back the item that was just taken, or a copy of it.
func (q *queue) unpop(it item) {
	if q.at > 0 {
		q.at--
		q.items[q.at] = it
		return
	}
	q.items = append([]item{it}, q.items...)
}

// live wraps a record that was just read.
func (q *queue) live(raw []byte) *item {
	q.now = item{raw: raw, received: true}
	return &q.now
}
