package phases

import (
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// called is what a container was called from some point in the stream on.
type called struct {
	of   *events.Container
	name string
	seq  uint64
}

// notesName notes a name that its container did not have before: docker rename gives it
// another while it runs.
func (r *Recorder) notesName(l *life, ev *events.Event) {
	c := ev.Process.Container
	if c == nil || c.Name == "" || c.ID == "" || l.last.Container != nil && l.last.Container.Name == c.Name {
		return
	}
	if all := r.namesOf(c); len(all) == 0 || all[len(all)-1].name != c.Name {
		r.namings[c.ID] = append(r.namings[c.ID], called{clone(c), c.Name, ev.Seq})
	}
}

// namesOf are the names of a container, oldest first.
func (r *Recorder) namesOf(c *events.Container) (found []called) {
	if c == nil {
		return nil
	}
	for _, n := range r.namings[c.ID] {
		if container.Same(n.of, c) {
			found = append(found, n)
		}
	}
	return found
}

// isCalled reports whether somebody who is called at that point in the stream means this
// container by a name: one that it ever had, and that no other container has got since.
func (p *play) isCalled(name string, at uint64) bool {
	own := p.init.last.Container
	var latest uint64
	is := false
	for _, n := range p.index.called[name] {
		if container.Same(n.of, own) {
			is, latest = true, n.seq
		}
	}
	for _, n := range p.index.called[name] {
		if is && !container.Same(n.of, own) && n.seq > latest && n.seq < at {
			return false
		}
	}
	return is
}
