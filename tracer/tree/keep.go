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
		m.byPID.remove(p)
		m.known--
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

// recycle keeps an empty node for the next process, and what hung on it for others. A
// crowd that once was is not kept for ever.
func (m *Model) recycle(p *Process) {
	m.dropHeld(p)
	m.dropImages(p)
	if p.ns != nil && p.ns.init == p {
		p.ns.init = nil
	}
	m.giveBack(p.seldom)
	if n := p.nested; n != nil && len(m.freeNested) < len(m.window.slots) {
		n.pids = n.pids[:0] // strike has left it without neighbours
		m.freeNested = append(m.freeNested, n)
	}
	*p = Process{}
	if len(m.free) < len(m.window.slots) {
		m.free = append(m.free, p)
	}
}
