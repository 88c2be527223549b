package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// counts is where the kernel events of one kind went.
type counts struct {
	Emitted  uint64 // wanted to be told, counted in the kernel
	Received uint64 // read from the ring buffer
	Dropped  uint64 // found no room in it
	Missed   uint64 // not even begun: the program was already running on that CPU
	Filtered uint64 // of others than those who are followed, left out in the kernel
}

func (c *counts) add(d counts) {
	c.Emitted += d.Emitted
	c.Received += d.Received
	c.Dropped += d.Dropped
	c.Missed += d.Missed
	c.Filtered += d.Filtered
}

// summary is what the tracer counted from attaching to the end.
type summary struct {
	ByKind map[events.Kind]counts
	// Process births, counted at two places of the kernel that do not know of
	// each other.
	BirthsNewtask, BirthsFork uint64
	// Mispredicted are new parents that turned out otherwise than told at first.
	Mispredicted uint64
}

func (s summary) total() (all counts) {
	for _, c := range s.ByKind {
		all.add(c)
	}
	return all
}

// check returns an error when events are neither told nor counted as lost.
func (s summary) check() error {
	for kind, c := range s.ByKind {
		if c.Emitted != c.Received+c.Dropped {
			return identityError("%d %s events emitted, %d received and %d dropped", c.Emitted, kind, c.Received, c.Dropped)
		}
	}
	if s.BirthsNewtask != s.BirthsFork {
		return identityError("%d births at task_newtask, %d at sched_process_fork", s.BirthsNewtask, s.BirthsFork)
	}
	return nil
}

func identityError(format string, args ...any) error {
	return &exitError{Code: exitIdentity, Err: fmt.Errorf("count identity does not hold: "+format, args...)}
}

// print writes the lines at the end of a run.
func (s summary) print(w io.Writer, shown *counter, took time.Duration) error {
	all := s.total()
	noun := "events"
	if shown.total() == 1 {
		noun = "event"
	}
	_, err := fmt.Fprintf(w, "%d %s%s, %d lost, in %s\n", shown.total(), noun, shown.byKind(), all.Dropped+all.Missed, words.Duration(uint64(took)))
	if err != nil {
		return err
	}
	holds := "holds"
	if s.check() != nil {
		holds = "DOES NOT HOLD"
	}
	_, err = fmt.Fprintf(w, "count identity %s: %d emitted = %d received + %d dropped, %d missed; births: %s\n",
		holds, all.Emitted, all.Received, all.Dropped, all.Missed, s.births())
	if err == nil && all.Filtered > 0 {
		_, err = fmt.Fprintf(w, "%d records of others were left out in the kernel\n", all.Filtered)
	}
	if err != nil || s.Mispredicted == 0 {
		return err
	}
	_, err = fmt.Fprintf(w, "%d new parents turned out otherwise than predicted\n", s.Mispredicted)
	return err
}

// births tells both counts. Two zeros are no proof of anything: a run of some
// milliseconds counts none.
func (s summary) births() string {
	if s.BirthsNewtask == 0 && s.BirthsFork == 0 {
		return "none was counted"
	}
	return fmt.Sprintf("%d by task_newtask, %d by sched_process_fork", s.BirthsNewtask, s.BirthsFork)
}

// counter counts what reaches a view.
type counter struct {
	next events.Sink
	n    [256]uint64
}

func (c *counter) Put(ev *events.Event) error {
	if err := c.next.Put(ev); err != nil {
		return err
	}
	c.n[ev.Kind]++
	return nil
}

func (c *counter) Flush() error { return c.next.Flush() }

func (c *counter) total() (n uint64) {
	for _, k := range c.n {
		n += k
	}
	return n
}

// byKind returns " (fork 400, exec 398)", the most frequent first.
func (c *counter) byKind() string {
	var kinds []events.Kind
	for k, n := range c.n {
		if n > 0 {
			kinds = append(kinds, events.Kind(k))
		}
	}
	if len(kinds) == 0 {
		return ""
	}
	slices.SortStableFunc(kinds, func(a, b events.Kind) int { return cmp.Compare(c.n[b], c.n[a]) })
	parts := make([]string, len(kinds))
	for i, k := range kinds {
		parts[i] = fmt.Sprintf("%s %d", k, c.n[k])
	}
	return " (" + strings.Join(parts, ", ") + ")"
}
