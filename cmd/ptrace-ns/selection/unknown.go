package selection

import (
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// Unknown passes everything on. When the snapshot at the beginning is over, tell is
// called for each name or beginning of an id that no container bears till then.
func Unknown(next events.Sink, names []string, tell func(name string)) events.Sink {
	return &unknown{next: next, names: slices.Clone(names), tell: tell}
}

type unknown struct {
	next  events.Sink
	names []string
	tell  func(string)
}

func (u *unknown) Put(ev *events.Event) error {
	if len(u.names) > 0 {
		if ev.Kind != events.Snapshot {
			u.over()
		}
		u.names = slices.DeleteFunc(u.names, func(name string) bool { return (&Containers{Names: []string{name}}).Wants(ev) })
	}
	return u.next.Put(ev)
}

func (u *unknown) over() {
	for _, name := range u.names {
		u.tell(name)
	}
	u.names = nil
}

func (u *unknown) Flush() error {
	u.over()
	return u.next.Flush()
}
