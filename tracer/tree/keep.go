package tree

// window holds the latest exited processes.
type window struct {
	slots []*Process
	next  int
}

// remember keeps an ended process until Keep others have ended after it.
func (m *Model) remember(p *Process) {
	if p.inWindow {
		return
	}
	w := &m.window
	evicted := w.slots[w.next]
	w.slots[w.next] = p
	w.next = (w.next + 1) % len(w.slots)
	p.inWindow = true
	if evicted != nil {
		evicted.inWindow = false
		m.release(evicted)
	}
}

// needed reports whether somebody still needs the node: it lives, it was the
// last to end, it has children, or it is the init of a namespace that is not dead.
func (p *Process) needed() bool {
	return p.State == Live || p.State == Zombie || p.inWindow || p.first != nil ||
		p.ns != nil && p.ns.init == p && p.ns.listed
}

// release forgets a node that nobody needs and then, upwards, those that only it
// needed.
func (m *Model) release(p *Process) {
	for p != nil && p != &m.root && !p.needed() {
		up := p.parent
		m.unlink(p)
		delete(m.procs, p.Key)
		m.recycle(p)
		p = up
	}
}

func (m *Model) node() *Process {
	n := len(m.free)
	if n == 0 {
		return &Process{}
	}
	p := m.free[n-1]
	m.free = m.free[:n-1]
	return p
}

// usualAdoptions is how many changes of parent an empty node has room for.
const usualAdoptions = 16

// recycle keeps an empty node, with the memory that hangs on it, for the next
// process. A crowd that once was is not kept for ever.
func (m *Model) recycle(p *Process) {
	m.dropHeld(p)
	if p.ns != nil && p.ns.init == p {
		p.ns.init = nil
	}
	if len(m.free) == len(m.window.slots) {
		return
	}
	clear(p.images)
	p.inbox.empty()
	clear(p.adoptions)
	if cap(p.adoptions) > usualAdoptions {
		p.adoptions = nil
	}
	end := p.end
	if end != nil {
		*end = End{}
	}
	*p = Process{
		Chain: p.Chain[:0], images: p.images[:0], tids: p.tids[:0],
		adoptions: p.adoptions[:0], inbox: p.inbox, end: end,
	}
	m.free = append(m.free, p)
}
