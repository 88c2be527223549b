package tree

import "github.com/ptrace-ns/ptrace-ns/events"

// shared holds equal values once for all processes that have them. It forgets them all
// when it is full: then a value is held twice, which harms nobody. What it has given is
// never changed.
type shared[T comparable] struct {
	known map[T]*T
	last  *T // that was given
}

// maxShared is how many values are remembered: as many cgroups, or sets of namespaces, as
// a large machine has.
const maxShared = 1024

// of returns the value's place, of the zero value none; had, which may be nil, is one that
// has it most likely.
func (s *shared[T]) of(v T, had *T) *T {
	var none T
	switch {
	case had != nil && *had == v:
		return had
	case s.last != nil && *s.last == v:
		return s.last
	case v == none:
		return nil
	}
	if same, ok := s.known[v]; ok {
		s.last = same
		return same
	}
	if s.known == nil || len(s.known) >= maxShared {
		s.known = make(map[T]*T)
	}
	place := new(T) // not &v, which would cost those that are found, too
	*place = v
	s.known[v], s.last = place, place
	return place
}

// NS returns its namespaces, as of the last record that shows them.
func (p *Process) NS() events.Namespaces { return *p.shown() }

func (p *Process) shown() *events.Namespaces {
	if p.spaces == nil {
		return &noneShown
	}
	return p.spaces
}

var noneShown events.Namespaces

// Cgroup returns the cgroup that it is in.
func (p *Process) Cgroup() events.Cgroup {
	if p.cgroup == nil {
		return events.Cgroup{}
	}
	return *p.cgroup
}
