package picture_test

import (
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/picture"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// Why a birth was not seen is said by when the process started, what was asked for and
// whether records were lost.
func TestUnborn(t *testing.T) {
	only := []any{"reparent", "exit"} // as read from a file
	for name, c := range map[string]struct {
		header events.Header
		lost   bool
		want   report.UnseenBirth
		asked  []string
		moved  bool // whether it had another parent is not known
	}{
		"before":        {header: events.Header{StartNS: 81}, want: report.BeforeTracing, moved: true},
		"lost":          {header: events.Header{StartNS: 10}, lost: true, want: report.WasLost, moved: true},
		"filtered":      {header: events.Header{Options: map[string]any{"events": only, "output": "x", "scope": "all"}}, want: report.NotAsked, asked: []string{"--events reparent,exit"}},
		"filtered, too": {header: events.Header{Options: map[string]any{"host": true, "events": []string{"exit"}}}, want: report.NotAsked, asked: []string{"--events exit", "--host"}, moved: true},
		"both":          {header: events.Header{Options: map[string]any{"events": only}}, lost: true, want: report.NotAsked, asked: []string{"--events reparent,exit"}, moved: true},
		"neither":       {want: report.NotAsked},
	} {
		s := pod(t)
		if c.lost {
			s.put(&events.Event{Kind: events.Lost, Lost: &events.LostDetail{Count: 1, SinceNS: 60}})
		}
		s.put(seen(of(80, 70, 0, 5, "")))
		l := s.life(80)
		if l.Unborn != report.BeforeLook || !slices.Contains(l.Unknown, "reparented") {
			t.Errorf("%s: a look says %q, unknown %v", name, l.Unborn, l.Unknown)
		}
		picture.Covered(&c.header).Explain(s.Model, l)
		if l.Unborn != c.want || !slices.Equal(l.Asked, c.asked) || slices.Contains(l.Unknown, "reparented") != c.moved {
			t.Errorf("%s: %q by %q, unknown %v; want %q by %q", name, l.Unborn, l.Asked, l.Unknown, c.want, c.asked)
		}
	}
}

// A file that goes on where another was full begins with its first event.
func TestUnbornOfRotated(t *testing.T) {
	for seq, want := range map[uint64]report.UnseenBirth{1: report.NotAsked, 500: report.BeforeTracing} {
		s := pod(t)
		s.put(seen(of(80, 70, 0, 5, "")))
		c := picture.Covered(&events.Header{Options: map[string]any{"rotate-size": "1MiB"}})
		c.Begin(&events.Event{Seq: seq, BootNS: 90})
		l := s.life(80)
		if c.Explain(s.Model, l); l.Unborn != want {
			t.Errorf("a file that begins with event %d: %q, want %q", seq, l.Unborn, want)
		}
	}
}

// A change of parent that is told is not what is unknown.
func TestReparentedIsKnown(t *testing.T) {
	s := pod(t)
	father, child := of(80, 70, 0, 5, ""), of(82, 80, 0, 5, "")
	s.put(seen(father), seen(child))
	end := exited(father)
	end.Exit.Reaper, end.Exit.ReaperReason = events.Ref{Key: events.ProcKey{PID: 1, Start: 1}, Comm: "p"}, events.ReparentInit
	s.put(end)
	l := s.life(82)
	if len(l.Reparented) != 1 || l.Reparented[0].EndNS != l.Reparented[0].BootNS || slices.Contains(l.Unknown, "reparented") {
		t.Errorf("%+v, unknown %v", l.Reparented, l.Unknown)
	}
}
