package selection

import (
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// InPidns wants what concerns members of the PID namespaces, nested ones
// included, and the namespaces themselves.
func InPidns(inums []uint32) Predicate {
	return func(ev *events.Event) bool {
		if ev.Pidns != nil && slices.Contains(inums, ev.Pidns.NS.ID.Inum) {
			return true
		}
		return slices.ContainsFunc(ev.Process.Chain, func(e events.PIDEntry) bool {
			return slices.Contains(inums, e.NS.Inum)
		})
	}
}

// OnHost wants processes that are in no child PID namespace and no container.
func OnHost(ev *events.Event) bool {
	return ev.Process.Chain.Level() == 0 && ev.Process.Container == nil && ev.Pidns == nil
}

// NewPidns wants what concerns PID namespaces that are born while it watches.
func NewPidns() Predicate {
	born := map[events.NSID]struct{}{}
	isNew := func(id events.NSID) bool {
		_, ok := born[id]
		return ok
	}
	return func(ev *events.Event) bool {
		own := ev.Process.Chain.Own()
		// A namespace's first process is its PID 1, and its fork comes before the
		// event that tells of the namespace.
		if ev.Kind == events.Fork && own.PID == 1 && ev.Process.Chain.Level() > 0 {
			born[own.NS] = struct{}{}
		}
		wanted := slices.ContainsFunc(ev.Process.Chain, func(e events.PIDEntry) bool { return isNew(e.NS) })
		if ev.Pidns == nil {
			return wanted
		}
		wanted = wanted || isNew(ev.Pidns.NS.ID)
		if ev.Kind == events.PidnsDestroy {
			delete(born, ev.Pidns.NS.ID)
		}
		return wanted
	}
}

// PIDs wants the processes that first bear these PIDs, and not those that bear
// them later.
func PIDs(pids []int32) Predicate {
	bound := make(roots, len(pids))
	for _, pid := range pids {
		bound[pid] = events.ProcKey{}
	}
	return func(ev *events.Event) bool { return bound.bind(ev.Process.Key) }
}

// roots binds each PID to the first process that is seen with it.
type roots map[int32]events.ProcKey

func (r roots) bind(k events.ProcKey) bool {
	bound, ok := r[k.PID]
	if ok && bound.IsZero() {
		bound = k
		r[k.PID] = k
	}
	return ok && bound == k
}
