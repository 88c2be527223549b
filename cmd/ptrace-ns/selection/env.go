package selection

import (
	"bytes"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// EnvNames passes on events without the values of their environments, which hold
// secrets: of NAME=value only the name is left.
func EnvNames(next events.Sink) events.Sink { return &envNames{next: next} }

type envNames struct {
	next events.Sink
	raw  []byte
}

func (e *envNames) Put(ev *events.Event) error {
	whole := ev.Process.Env
	if !whole.Known() {
		return e.next.Put(ev)
	}
	e.raw = e.raw[:0]
	for variable := range whole.All {
		name, _, _ := bytes.Cut(variable, []byte{'='})
		e.raw = append(append(e.raw, name...), 0)
	}
	// The event is shared with sinks that are not behind this one.
	ev.Process.Env.Raw = e.raw
	defer func() { ev.Process.Env = whole }()
	return e.next.Put(ev)
}

func (e *envNames) Flush() error { return e.next.Flush() }
