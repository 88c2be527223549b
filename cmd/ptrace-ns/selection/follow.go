package selection

import "github.com/ptrace-ns/ptrace-ns/events"

// remembered is how many processes are still followed after their exit: events
// that follow from it, such as the end of a namespace, name them again.
const remembered = 4096

// Follow passes on the events of some processes and of all that descend from
// them. What makes a descendant is its birth, by creator or parent: a new parent
// later changes nothing.
type Follow struct {
	next     events.Sink
	roots    roots
	makerPID int32

	followed map[events.ProcKey]struct{}
	dead     []events.ProcKey // oldest first
	// held are snapshot events: they come in any order, so that who descends from
	// whom is known only when all are there.
	held []*events.Event
}

// NewFollow follows the processes that first bear these PIDs, and the children
// that the process makerPID makes while it watches, 0 for none.
func NewFollow(next events.Sink, pids []int32, makerPID int32) *Follow {
	f := &Follow{next: next, roots: roots{}, makerPID: makerPID, followed: map[events.ProcKey]struct{}{}}
	for _, pid := range pids {
		f.roots[pid] = events.ProcKey{}
	}
	return f
}

// Put passes on the event of a followed process.
func (f *Follow) Put(ev *events.Event) error {
	if ev.Kind == events.Snapshot {
		f.held = append(f.held, ev.Clone())
		return nil
	}
	if err := f.release(); err != nil {
		return err
	}
	key := ev.Process.Key
	if key.IsZero() && ev.Pidns != nil {
		key = ev.Pidns.Init.Key
	}
	if !f.wants(ev, key) {
		return nil
	}
	if ev.Kind == events.Exit {
		f.forget(key)
	}
	return f.next.Put(ev)
}

// Flush passes on what is held, then flushes.
func (f *Follow) Flush() error {
	if err := f.release(); err != nil {
		return err
	}
	return f.next.Flush()
}

func (f *Follow) wants(ev *events.Event, key events.ProcKey) bool {
	if ev.Kind == events.Lost || f.has(key) {
		return true
	}
	if ev.Kind != events.Fork || ev.Fork == nil {
		return false
	}
	creator := ev.Fork.Creator.Key
	if f.has(creator) || f.has(ev.Process.Parent.Key) || f.made(creator) {
		f.followed[key] = struct{}{}
		return true
	}
	return false
}

// has reports whether the process is followed, a root from its first sight on.
func (f *Follow) has(k events.ProcKey) bool {
	if f.roots.bind(k) {
		f.followed[k] = struct{}{}
	}
	_, ok := f.followed[k]
	return ok
}

func (f *Follow) made(creator events.ProcKey) bool {
	return f.makerPID != 0 && creator.PID == f.makerPID
}

// forget drops the process that exited as the 4096th before.
func (f *Follow) forget(k events.ProcKey) {
	f.dead = append(f.dead, k)
	if len(f.dead) > remembered {
		delete(f.followed, f.dead[0])
		f.dead = f.dead[1:]
	}
}

// release decides which of the held processes are followed and passes them on.
func (f *Follow) release() error {
	if len(f.held) == 0 {
		return nil
	}
	held := f.held
	f.held = nil
	children := map[events.ProcKey][]events.ProcKey{}
	var found []events.ProcKey
	for _, ev := range held {
		key, parent := ev.Process.Key, ev.Process.Parent.Key
		children[parent] = append(children[parent], key)
		if f.has(key) || f.has(parent) || f.made(parent) {
			found = append(found, key)
		}
	}
	for seen := map[events.ProcKey]bool{}; len(found) > 0; {
		key := found[len(found)-1]
		found = found[:len(found)-1]
		if !seen[key] {
			seen[key] = true
			f.followed[key] = struct{}{}
			found = append(found, children[key]...)
		}
	}
	for _, ev := range held {
		if f.has(ev.Process.Key) {
			if err := f.next.Put(ev); err != nil {
				return err
			}
		}
	}
	return nil
}

// Acquainted shows the predicates what was there at the beginning, before next, which
// may keep it from them: some choose what is new.
func Acquainted(next events.Sink, wanted ...Predicate) events.Sink {
	return &acquainted{next: next, wanted: wanted}
}

type acquainted struct {
	next   events.Sink
	wanted []Predicate
	over   bool
}

func (a *acquainted) Put(ev *events.Event) error {
	a.over = a.over || ev.Kind != events.Snapshot
	if !a.over {
		for _, sees := range a.wanted {
			sees(ev)
		}
	}
	return a.next.Put(ev)
}

func (a *acquainted) Flush() error { return a.next.Flush() }
