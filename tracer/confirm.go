//go:build linux

package tracer

import (
	"slices"
	"strconv"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// DeriveLive is Derive for the events of this machine as they happen. It also looks
// up in /proc, at idle moments, whether an orphan has got the parent that was
// foretold at the death of the one before, and has the model tell what it saw; and
// whether the PID 1s that have ended wait in the kernel. While there is such a one it
// is Restless. Without a /proc of the initial PID namespace it is Derive.
func DeriveLive(model *tree.Model, sinks ...events.Sink) events.Sink {
	c := &confirmer{deriver: Derive(model, sinks...).(*deriver), parentOf: parentInProc}
	c.vigil = vigil{model: model, look: stateInProc}
	if newProcReader().usable {
		model.Looks()
		tell := c.tell
		c.tell = func(ev *events.Event) error {
			c.note(ev)
			c.vigil.note(ev)
			return tell(ev)
		}
	}
	return c
}

const (
	// maxForetold bounds how many forecasts wait to be looked up; of more the oldest
	// wait for their process's own record.
	maxForetold = 1024
	// looksAtOnce bounds one idle moment's work to about a millisecond.
	looksAtOnce = 64
	// patience is for how many milliseconds an idle moment waits for a parent that
	// is between its exit record and the handing over of its children.
	patience = 5
	// margin is by how much records of different CPUs may lie in another order than
	// their times.
	margin = uint64(10 * time.Millisecond)
)

// confirmer looks up in /proc what was foretold.
type confirmer struct {
	*deriver
	parentOf func(events.ProcKey) (pid int32, ok bool)

	waiting []forecast
	foldNS  uint64 // the latest time of a record that was folded
	vigil   vigil
}

// forecast is a change of parent that nobody has seen.
type forecast struct {
	process  events.ProcKey
	from, to int32
	// other is a parent that was seen and not foretold, and otherNS when: an earlier
	// record that was not folded yet may explain it.
	other   int32
	otherNS uint64
}

func (c *confirmer) Put(ev *events.Event) error {
	c.foldNS = max(c.foldNS, ev.BootNS)
	return c.deriver.Put(ev)
}

// note takes up what is foretold, and drops what is settled.
func (c *confirmer) note(ev *events.Event) {
	if ev.Reparent == nil {
		return
	}
	key := ev.Process.Key
	c.waiting = slices.DeleteFunc(c.waiting, func(f forecast) bool { return f.process == key })
	if ev.Reparent.Confirmed {
		return
	}
	if len(c.waiting) == maxForetold {
		c.waiting = slices.Delete(c.waiting, 0, 1)
	}
	c.waiting = append(c.waiting, forecast{process: key, from: ev.Reparent.From.Key.PID, to: ev.Reparent.To.Key.PID})
}

// Flush is called at idle moments.
func (c *confirmer) Flush() error {
	for range patience {
		early, err := c.look()
		if err != nil {
			return err
		}
		if !early {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := c.vigil.keep(c.tell); err != nil {
		return err
	}
	return c.deriver.Flush()
}

// Restless reports whether a PID 1 that has ended is to be looked at again.
func (c *confirmer) Restless() bool { return len(c.vigil.inits) > 0 }

// look looks up the oldest forecasts and reports whether it was too early for one.
func (c *confirmer) look() (early bool, err error) {
	n := min(len(c.waiting), looksAtOnce)
	looked := slices.Clone(c.waiting[:n])
	c.waiting = c.waiting[n:]
	var kept []forecast
	for _, f := range looked {
		parent, ok := c.parentOf(f.process)
		switch {
		case !ok: // it has ended, and its exit record speaks
		case parent == f.from:
			early = true
			kept = append(kept, f)
		case parent == f.to, parent == f.other && c.foldNS > f.otherNS+margin:
			if err := c.model.SawParent(f.process, parent, c.tell); err != nil {
				return false, err
			}
		default:
			if parent != f.other {
				f.other, f.otherNS = parent, Now()
			}
			kept = append(kept, f)
		}
	}
	c.waiting = append(c.waiting, kept...)
	return early, nil
}

// parentInProc returns the parent of a process that is still there.
func parentInProc(key events.ProcKey) (int32, bool) {
	dir := "/proc/" + strconv.Itoa(int(key.PID)) + "/"
	pid, err := strconv.ParseInt(statusField(dir, "PPid"), 10, 32)
	if err != nil || !sameStart(dir, key.Start) {
		return 0, false
	}
	return int32(pid), true
}
