package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// momentHelp says in flags what parseMoment takes.
const momentHelp = "a seq, a time (15:04:05, 2006-01-02 15:04:05, RFC 3339) or a span since recording began (1.5s)"

// moment is a place in a recording as a command line names it; the zero moment is
// none. Exactly one of the others is set.
type moment struct {
	given bool
	seq   uint64
	since time.Duration
	wall  time.Time
	// clock is a time of day, on the day on which recording began or the next.
	clock bool
}

func parseMoment(flag, text string) (moment, error) {
	m := moment{given: true}
	var err error
	if m.seq, err = strconv.ParseUint(text, 10, 64); err == nil {
		return m, nil
	}
	if m.since, err = time.ParseDuration(text); err == nil {
		return m, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateTime, "2006-01-02T15:04:05"} {
		if m.wall, err = time.ParseInLocation(layout, text, time.Local); err == nil {
			return m, nil
		}
	}
	m.clock = true
	for _, layout := range []string{time.TimeOnly, "15:04"} {
		if m.wall, err = time.ParseInLocation(layout, text, time.Local); err == nil {
			return m, nil
		}
	}
	return m, usageError("--%s %q is none of: %s", flag, text, momentHelp)
}

// beyond reports whether the moment is known to come after the other, whatever the
// recording: both are given, and in the same way. Times of day may be of two days.
func (m moment) beyond(o moment) bool {
	switch {
	case !m.given || !o.given || m.clock || o.clock || (m.seq > 0) != (o.seq > 0) || m.wall.IsZero() != o.wall.IsZero():
		return false
	case m.seq > 0:
		return m.seq > o.seq
	case !m.wall.IsZero():
		return m.wall.After(o.wall)
	}
	return m.since > o.since
}

// bootNS is the moment in a recording's CLOCK_BOOTTIME; that of a seq is 0.
func (m moment) bootNS(h *events.Header) uint64 {
	switch {
	case !m.given || m.seq > 0:
		return 0
	case m.wall.IsZero():
		return uint64(max(0, int64(h.StartNS)+int64(m.since)))
	}
	wall := m.wall
	if m.clock {
		began := time.Unix(0, h.BootTimeNS+int64(h.StartNS)).In(time.Local)
		year, month, day := began.Date()
		wall = time.Date(year, month, day, wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), time.Local)
		if wall.Before(began.Add(-12 * time.Hour)) {
			wall = wall.AddDate(0, 0, 1)
		}
	}
	return uint64(max(0, wall.UnixNano()-h.BootTimeNS))
}

// span is a part of a recording, both ends included.
type span struct {
	from, to           moment
	fromNS, toNS, over uint64
}

// disorder is how far the times of neighbours in the stream may lie apart the wrong
// way round; after that much beyond the end nothing of the span is still to come.
const disorder = uint64(10 * time.Second)

func newSpan(from, to moment, h *events.Header) span {
	s := span{from: from, to: to, fromNS: from.bootNS(h), toNS: to.bootNS(h)}
	s.over = s.toNS + disorder
	return s
}

func (s *span) before(ev *events.Event) bool {
	return s.from.given && (ev.Seq < s.from.seq || ev.BootNS < s.fromNS)
}

func (s *span) after(ev *events.Event) bool {
	return s.to.given && (s.to.seq > 0 && ev.Seq > s.to.seq || s.to.seq == 0 && ev.BootNS > s.toNS)
}

// ends reports whether nothing more of the span can come.
func (s *span) ends(ev *events.Event) bool {
	return s.after(ev) && (s.to.seq > 0 || ev.BootNS > s.over)
}

// short says, of a span whose end comes after the last event of the recording, where that
// one is: nobody knows what was later. seq and lastNS are of the last event of the whole
// recording, not of the span. It is empty where the span ends before, and for a second in
// which nothing happened any more.
func (s *span) short(seq, lastNS uint64, h *events.Header) string {
	if !s.to.given || s.to.seq > 0 && s.to.seq <= seq || s.to.seq == 0 && s.toNS <= lastNS+uint64(time.Second) {
		return ""
	}
	since := words.Duration(lastNS - min(lastNS, h.StartNS))
	return fmt.Sprintf("the recording's last event, %d, came %s after it began: what is shown is of then, and not of the later moment asked for", seq, since)
}

// early says, of a span that ends before the recording begins, that nothing is known of then.
func (s *span) early(h *events.Header) string {
	if !s.to.given || s.to.seq > 0 || s.toNS >= h.StartNS {
		return ""
	}
	return fmt.Sprintf("the recording begins %s after the moment asked for: what is shown is of its beginning", words.Duration(h.StartNS-s.toNS))
}

// within passes on the events of a span, and ends the stream after it. It is the one
// selection that keeps back a gap: one that was at another time.
type within struct {
	next events.Sink
	span
}

func (w *within) Put(ev *events.Event) error {
	switch {
	case w.ends(ev):
		return selection.ErrEnough
	case w.before(ev) || w.after(ev):
		return nil
	}
	return w.next.Put(ev)
}

func (w *within) Flush() error { return w.next.Flush() }
