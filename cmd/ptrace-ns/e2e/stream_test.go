package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// stream is what one run told.
type stream struct {
	t      testing.TB
	header ndjson.HeaderDoc
	lines  []line
}

// match says something of an event.
type match func(*line) bool

func all(matches []match) match {
	return func(l *line) bool {
		return !slices.ContainsFunc(matches, func(m match) bool { return !m(l) })
	}
}

func kind(name string) match { return func(l *line) bool { return l.Event == name } }

// about matches events of the process with this id.
func about(id string) match {
	return func(l *line) bool { return l.Process != nil && l.Process.ID == id }
}

// bornOf matches events of processes whose parent is that.
func bornOf(id string) match {
	return func(l *line) bool { return l.Process != nil && l.Process.Parent != nil && l.Process.Parent.ID == id }
}

// madeBy matches events whose creator is told, and is that.
func madeBy(id string) match {
	return func(l *line) bool { return l.Creator != nil && l.Creator.ID == id }
}

func pid(n int) match {
	return func(l *line) bool { return l.Process != nil && l.Process.PID == int32(n) }
}

func childOf(n int) match {
	return func(l *line) bool { return l.Process != nil && l.Process.PPID == int32(n) }
}

// runsIn matches events of processes in the container.
func runsIn(id string) match {
	return func(l *line) bool {
		return l.Process != nil && l.Process.Container != nil && l.Process.Container.ID == id
	}
}

// runs matches an image by its file's name.
func runs(name string) match {
	return func(l *line) bool { return l.Process != nil && filepath.Base(l.Process.Exe) == name }
}

// named matches the process's name.
func named(comm string) match {
	return func(l *line) bool { return l.Process != nil && l.Process.Comm == comm }
}

// with matches when these are among the arguments.
func with(args ...string) match {
	return func(l *line) bool {
		return l.Process != nil && !slices.ContainsFunc(args, func(a string) bool { return !slices.Contains(l.Process.Args, a) })
	}
}

func signalled(name string) match { return func(l *line) bool { return l.Signal == name } }

// since matches what the stream has after that event.
func since(earlier line) match { return func(l *line) bool { return l.Seq > earlier.Seq } }

// all returns every event that is all of that.
func (s stream) all(matches ...match) []line {
	var found []line
	for i := range s.lines {
		if all(matches)(&s.lines[i]) {
			found = append(found, s.lines[i])
		}
	}
	return found
}

// find returns the first event that is all of that; it must be there.
func (s stream) find(what string, matches ...match) line {
	s.t.Helper()
	found := s.all(matches...)
	if len(found) == 0 {
		s.t.Fatalf("%s: not told%s", what, s.digest())
	}
	return found[0]
}

// only returns the event that is all of that; there must be one and no other.
func (s stream) only(what string, matches ...match) line {
	s.t.Helper()
	found := s.all(matches...)
	if len(found) == 0 {
		s.t.Fatalf("%s: not told%s", what, s.digest())
	}
	for _, l := range found[1:] {
		s.t.Fatalf("%s: told %d times, want once:\n%s%s", what, len(found), found[0].raw, l.raw)
	}
	return found[0]
}

// newParent returns the event of a process's one change of parent: as it was
// foretold, which what comes later may only confirm.
func (s stream) newParent(what, id string) line {
	s.t.Helper()
	told := s.all(kind("reparent"), about(id))
	if len(told) == 0 {
		s.t.Fatalf("%s: not told%s", what, s.digest())
	}
	for _, later := range told[1:] {
		if !*later.Confirmed || later.Cause != told[0].Seq || later.To.Ref.ID != told[0].To.Ref.ID {
			s.t.Fatalf("%s: told more than once:\n%s%s", what, told[0].raw, later.raw)
		}
	}
	return told[0]
}

// digest is the stream for the reader of a failure, in short and without what was
// there before.
func (s stream) digest() string {
	var b strings.Builder
	for _, l := range s.lines {
		if l.Event == "snapshot" || l.Process == nil {
			continue
		}
		fmt.Fprintf(&b, "\n%d %s %v %s of %d", l.Seq, l.Event, chain(l), l.Process.Comm, l.Process.PPID)
	}
	return b.String()
}

// equal compares what was told with what is true.
func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// equals compares lists.
func equals[T comparable](t testing.TB, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// chain returns the process's numbers, outermost first.
func chain(l line) []int32 {
	var numbers []int32
	for _, p := range l.Process.PIDs {
		numbers = append(numbers, p.PID)
	}
	return numbers
}

// exitOf returns an exit as text: "code 3" or "SIGKILL".
func exitOf(e *ndjson.ExitDoc) string {
	switch {
	case e == nil:
		return "nothing"
	case e.Code != nil:
		return fmt.Sprintf("code %d", *e.Code)
	}
	return e.Signal
}

// idOf returns a reference's id, "" for none.
func idOf(r *ndjson.RefDoc) string {
	if r == nil {
		return ""
	}
	return r.ID
}
