package selection

import (
	"fmt"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// KindSet is a set of event kinds; bit k is kind k.
type KindSet uint64

// SetOf returns the set of these kinds.
func SetOf(kinds ...events.Kind) KindSet {
	var s KindSet
	for _, k := range kinds {
		s |= 1 << k
	}
	return s
}

// Has reports whether the kind is in the set. SnapshotEnd, which is no event of
// the stream, is in none.
func (s KindSet) Has(k events.Kind) bool { return k < 64 && s&(1<<k) != 0 }

// The kinds that are read from the kernel only when they are asked for.
var (
	ThreadKinds  = SetOf(events.ThreadStart, events.ThreadExit)
	SyscallKinds = SetOf(events.Unshare, events.Setns, events.CloneFailed, events.Subreaper, events.PivotRoot)
	CgroupKinds  = SetOf(events.CgroupMkdir, events.CgroupRmdir)
	// ContextKinds say how things were before anything happened, which fills a screen.
	ContextKinds = SetOf(events.Snapshot, events.ContainerKnown)
	AllKinds     = SetOf(events.Kinds()...)
)

// ParseKinds changes a set as a list says: names replace it, +name adds and -name
// removes. Names and changes do not go together.
func ParseKinds(list []string, base KindSet) (KindSet, error) {
	set, plain, changed := base, KindSet(0), false
	for _, item := range list {
		name := strings.TrimLeft(item, "+-")
		kind, ok := events.ParseKind(name)
		if !ok || len(item)-len(name) > 1 {
			return 0, fmt.Errorf("event %q is unknown; there are %s", item, kindNames())
		}
		switch item[0] {
		case '+':
			set, changed = set|SetOf(kind), true
		case '-':
			set, changed = set&^SetOf(kind), true
		default:
			plain |= SetOf(kind)
		}
	}
	if plain == 0 {
		return set, nil
	}
	if changed {
		return 0, fmt.Errorf("events %q mix names, which replace the default, with +name and -name, which change it", strings.Join(list, ","))
	}
	// A gap is told unless -lost says otherwise.
	return plain | SetOf(events.Lost), nil
}

func kindNames() string {
	var names []string
	for _, k := range events.Kinds() {
		names = append(names, k.String())
	}
	return strings.Join(names, ", ")
}

// Kinds returns a sink that passes on the kinds of a set. It is the one selection
// that may hold back lost.
func Kinds(next events.Sink, set KindSet) events.Sink { return &kinds{next: next, set: set} }

type kinds struct {
	next events.Sink
	set  KindSet
}

func (k *kinds) Put(ev *events.Event) error {
	if !k.set.Has(ev.Kind) {
		return nil
	}
	return k.next.Put(ev)
}

func (k *kinds) Flush() error { return k.next.Flush() }

// NotRepeated refuses the signals that a pidns_reap event tells again.
func NotRepeated(ev *events.Event) bool {
	return ev.Kind != events.Signal || ev.Signal == nil || ev.Signal.Origin != events.OriginPidnsReap
}

// NotConfirming refuses the events that only confirm what an earlier one foretold.
func NotConfirming(ev *events.Event) bool {
	d := ev.Reparent
	return d == nil || d.Foretold.IsZero() || d.Foretold.Key != d.To.Key
}
