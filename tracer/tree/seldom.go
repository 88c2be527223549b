package tree

import "github.com/ptrace-ns/ptrace-ns/events"

// seldom is what few of the living have. A process gets it with the first of it that it
// needs, and the model has it back when the process is forgotten.
type seldom struct {
	duty     *duty
	deeds    *deeds
	under    events.Ref // real_parent at birth, where that was not its creator
	between  []*Image   // between the first image and the last
	tids     []int32
	inbox    *inbox
	end      *End       // kept when the memory is used again; State tells whether it holds
	reapedIn *Namespace // whose death killed it

	adoptions []Adoption
	dropped   uint32 // adoptions before the first that is kept
}

// nothing is what most have of it. It is never changed.
var nothing seldom

// few returns what the process has of it, to look at.
func (p *Process) few() *seldom {
	if p.seldom == nil {
		return &nothing
	}
	return p.seldom
}

// need returns what the process has of it, to be changed.
func (m *Model) need(p *Process) *seldom {
	if p.seldom != nil {
		return p.seldom
	}
	if n := len(m.freeSeldom); n > 0 {
		p.seldom, m.freeSeldom = m.freeSeldom[n-1], m.freeSeldom[:n-1]
	} else {
		p.seldom = &seldom{}
	}
	return p.seldom
}

// usualAdoptions is how many changes of parent it has room for when it is empty.
const usualAdoptions = 16

// giveBack empties it, with the memory that hangs on it, for the next process.
func (m *Model) giveBack(s *seldom) {
	if s == nil || len(m.freeSeldom) == len(m.window.slots) {
		return
	}
	s.inbox.empty()
	if s.end != nil {
		*s.end = End{}
	}
	clear(s.between)
	clear(s.adoptions)
	if cap(s.adoptions) > usualAdoptions {
		s.adoptions = nil
	}
	*s = seldom{between: s.between[:0], tids: s.tids[:0], inbox: s.inbox, end: s.end, adoptions: s.adoptions[:0]}
	m.freeSeldom = append(m.freeSeldom, s)
}
