package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// refused tells who asked for a container in vain.
func (s *starts) refused() string {
	var all []string
	for _, f := range s.fruitless {
		all = append(all, fmt.Sprintf("%s asked for one (%s) and %s before any process of it was born",
			words.Ref(f.Process), words.AppendArgs(nil, f.Args, "..."), words.Status(*f.Exit)))
		if report.Refused(f.Program, *f.Exit) {
			all[len(all)-1] += " (its word for a refusal, as of an image that is missing; it printed why)"
		}
	}
	all = atMost(all)
	var hidden []string
	for _, f := range s.hidden {
		role := container.RoleOf(&events.Process{Exe: f.Program, Args: f.Args})
		hidden = append(hidden, fmt.Sprintf("%s is the %s: inside %s nothing is visible", words.Ref(f.Process), role.Words, safe.String(role.Call.ID)))
	}
	return strings.Join(append(all, atMost(hidden)...), "; ")
}

// atMost cuts a list at the number that an error names.
func atMost(all []string) []string {
	if len(all) > maxKnown {
		all = append(all[:maxKnown], "...")
	}
	return all
}

func after(text string) string {
	if text == "" {
		return ""
	}
	return "; " + text
}

// times says how often a container was started, or how many answer to one word.
func times(found []*report.Timeline) string {
	for _, t := range found {
		if t.ID != found[0].ID {
			return fmt.Sprintf("one of %d", len(found))
		}
	}
	if len(found) == 2 {
		return "there twice"
	}
	return fmt.Sprintf("there %d times", len(found))
}

// pids tells containers apart by the host's PIDs of their inits, each with what it has of
// its own: name, else id, else when it began and how it ended, as the lives of one that was
// started again.
func (s *starts) pids(found []*report.Timeline) string {
	differ := func(label func(*report.Timeline) string) bool {
		return slices.ContainsFunc(found, func(t *report.Timeline) bool { return label(t) != label(found[0]) })
	}
	label, id := nameOf, func(t *report.Timeline) string { return words.ShortID(t.ID) }
	if !differ(id) {
		label = s.span
	} else if !differ(nameOf) {
		label = id
	}
	var all []string
	for _, t := range found {
		one := strconv.Itoa(int(t.Init.Key.PID))
		if said := safe.String(label(t)); said != "" {
			one += " (" + said + ")"
		}
		all = append(all, one)
	}
	return strings.Join(atMost(all), ", ")
}

// span is when a container began and how it ended.
func (s *starts) span(t *report.Timeline) string {
	text := "there before"
	if t.BeganNS != 0 {
		text = "began at " + time.Unix(0, s.bootTime+int64(t.BeganNS)).Format("15:04:05.000")
	}
	switch {
	case t.Exit != nil:
		return text + ", " + words.Status(*t.Exit)
	case t.EndedNS != 0:
		return text + ", ended"
	}
	return text + ", running"
}

// maxKnown is how many containers an error names.
const maxKnown = 10

// known names containers in an error, those that share a name, and the lives of one, by their inits' PIDs.
func (s *starts) known(all []*report.Timeline) string {
	if len(all) == 0 {
		return "there is none"
	}
	var ids []string
	for _, t := range all {
		id := safe.String(nameOf(t))
		if s.sharesName(t) {
			id = fmt.Sprintf("%d (%s, %s)", t.Init.Key.PID, id, s.span(t))
		}
		ids = append(ids, id)
	}
	return "there are " + strings.Join(atMost(ids), ", ")
}

// own is the word that stands for this one alone.
func (s *starts) own(t *report.Timeline) string {
	if s.sharesName(t) {
		return strconv.Itoa(int(t.Init.Key.PID))
	}
	return nameOf(t)
}

func (s *starts) sharesName(t *report.Timeline) bool {
	return slices.ContainsFunc(s.all, func(other *report.Timeline) bool {
		return other != t && (nameOf(other) == nameOf(t) || other.ID == t.ID)
	})
}

// nameOf is what people call a container.
func nameOf(t *report.Timeline) string {
	switch {
	case t.Container != nil && t.Container.Name != "":
		return t.Container.Name
	}
	return words.ShortID(t.ID)
}
