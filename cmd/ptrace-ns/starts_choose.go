package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/phases"
)

// errSeveral is why no container was chosen: it is for the user to say which.
var errSeveral = errors.New("several containers")

// choose returns the container that the word names or, without a word, the one that
// the recorder's own command asked for, else the only one that started, else, where
// nobody asked for one in vain, the only one to which anything happened or the only one
// there is. With errSeveral come those to choose from; a word that several answer to is
// wrong usage.
func (s *starts) choose(word string) (*report.Timeline, []*report.Timeline, error) {
	found := s.all
	if word != "" {
		found = s.named(word)
	} else if begun := s.begun(); len(begun) > 0 {
		found = begun
		own := s.commanded(begun)
		if len(own) == 1 {
			found = own
		} else if len(own) == 0 && slices.ContainsFunc(s.fruitless, s.isCommand) {
			return nil, nil, errors.New("no container was started for the command: " + s.refused() + "; others started at that time: " + s.known(begun))
		}
	} else if len(s.fruitless) > 0 {
		return nil, nil, errors.New("no container was started: " + s.refused())
	} else if seen := s.eventful(); len(seen) == 1 {
		found = seen
	}
	switch {
	case len(found) == 1:
		return found[0], nil, nil
	case len(found) > 1 && word != "":
		return nil, nil, usageError("container %s is %s: choose by the init's PID, %s", safe.String(word), times(found), s.pids(found))
	case len(found) > 1:
		return nil, found, errSeveral
	case word != "":
		return nil, nil, fmt.Errorf("container %s is not there: %s", safe.String(word), s.known(s.all)+after(s.refused()))
	}
	return nil, nil, errors.New("no container and no PID namespace is there" + after(s.refused()))
}

// named are those that answer to a word; who is called exactly so comes before those
// whose ids begin with it.
func (s *starts) named(word string) (found []*report.Timeline) {
	exact := false
	for _, t := range s.all {
		called := t.ID == word || t.Container != nil && (t.Container.Name == word || t.Container.ID == word) || slices.Contains(t.Also, word)
		if !phases.Selects(t, word) || exact && !called {
			continue
		}
		if called && !exact {
			exact, found = true, nil
		}
		found = append(found, t)
	}
	return found
}

// begun are those whose start is in the stream.
func (s *starts) begun() (found []*report.Timeline) {
	for _, t := range s.all {
		if t.BeganNS != 0 {
			found = append(found, t)
		}
	}
	return found
}

// eventful are those of which more is in the stream than that they are there: docker exec
// in a container that shares a PID namespace shows whose that is, too.
func (s *starts) eventful() (found []*report.Timeline) {
	for _, t := range s.all {
		if len(t.Phases) > 0 {
			found = append(found, t)
		}
	}
	return found
}

// commanded are those whose first process is the command that was recorded.
func (s *starts) commanded(all []*report.Timeline) (found []*report.Timeline) {
	for _, t := range all {
		if len(t.Phases) > 0 && s.isCommand(t.Phases[0]) {
			found = append(found, t)
		}
	}
	return found
}

// isCommand reports whether a phase's process is the command that was recorded.
func (s *starts) isCommand(f report.Phase) bool {
	return s.tracer > 0 && f.Parent.Key.PID == s.tracer
}
