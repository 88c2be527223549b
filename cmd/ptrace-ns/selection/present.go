package selection

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// ErrNoProcess says that a process that was asked for is not there.
var ErrNoProcess = errors.New("no such process")

// Present passes everything on, but ends the stream with ErrNoProcess when the
// snapshot at its beginning is over and does not show each of these PIDs.
func Present(next events.Sink, pids []int32) events.Sink {
	p := &present{next: next, missing: map[int32]struct{}{}}
	for _, pid := range pids {
		p.missing[pid] = struct{}{}
	}
	return p
}

type present struct {
	next    events.Sink
	missing map[int32]struct{}
}

func (p *present) Put(ev *events.Event) error {
	if len(p.missing) > 0 {
		delete(p.missing, ev.Process.Key.PID)
		// Its parent may be the only one to name a process that is hidden itself.
		delete(p.missing, ev.Process.Parent.Key.PID)
		if ev.Kind != events.Snapshot {
			if err := p.over(); err != nil {
				return err
			}
		}
	}
	return p.next.Put(ev)
}

func (p *present) over() error {
	if len(p.missing) == 0 {
		return nil
	}
	return fmt.Errorf("process %d: %w", slices.Min(slices.Collect(maps.Keys(p.missing))), ErrNoProcess)
}

func (p *present) Flush() error {
	if err := p.over(); err != nil {
		return err
	}
	return p.next.Flush()
}
