//go:build linux

package tracer

import (
	"slices"
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/tree"
)

// maxDying bounds how many ended PID 1s are looked at; of more the oldest stay unknown.
const maxDying = 4096

// vigil looks at the PID 1s of child namespaces that have ended, until each waits in
// the kernel no longer: no record tells that. It costs nothing while there is none.
type vigil struct {
	model *tree.Model
	// look returns the state of a process that is there, by the letter of
	// /proc/PID/stat, and its parent's PID.
	look  func(events.ProcKey) (state byte, parent int32, ok bool)
	inits []dyingInit
}

// dyingInit is a PID 1 that has ended. One that a second look finds still there is not
// only on its way through exit.
type dyingInit struct {
	key      events.ProcKey
	lookedNS uint64 // CLOCK_BOOTTIME of the last look; 0 before the first
}

// note takes up a PID 1 that ends, or that a snapshot found dead.
func (v *vigil) note(ev *events.Event) {
	p := &ev.Process
	ended := ev.Kind == events.Exit || ev.Kind == events.Snapshot && p.Zombie
	if !ended || p.Chain.Level() <= 0 || p.Chain.Own().PID != 1 ||
		slices.ContainsFunc(v.inits, func(i dyingInit) bool { return i.key == p.Key }) {
		return
	}
	if len(v.inits) == maxDying {
		v.model.LookedAway(v.inits[0].key)
		v.inits = slices.Delete(v.inits, 0, 1)
	}
	v.inits = append(v.inits, dyingInit{key: p.Key})
}

// keep looks at each and gives what it saw to the model. It is called at idle moments,
// of which a busy machine has many.
func (v *vigil) keep(tell func(*events.Event) error) error {
	if len(v.inits) == 0 {
		return nil
	}
	now := Now()
	waiting := v.inits[:0]
	for _, init := range v.inits {
		stays, err := v.keepOne(&init, now, tell)
		if err != nil {
			return err
		}
		if stays {
			waiting = append(waiting, init)
		}
	}
	v.inits = waiting
	return nil
}

// keepOne reports whether there is more to see of this one.
func (v *vigil) keepOne(init *dyingInit, now uint64, tell func(*events.Event) error) (stays bool, err error) {
	if now < init.lookedNS+uint64(pollInterval) {
		return true, nil
	}
	state, _, there := v.look(init.key)
	if !there || dead(state) {
		return false, v.model.SawLeft(init.key, !there, now, tell)
	}
	first := init.lookedNS == 0
	init.lookedNS = now
	if first {
		return true, nil
	}
	members, known := v.model.MaybeUnreaped(init.key)
	if !known {
		return false, nil
	}
	return true, v.model.SawWaiting(init.key, v.unreaped(members), now, tell)
}

func (v *vigil) unreaped(members []events.ProcKey) (all []tree.Unreaped) {
	for _, key := range members {
		if state, parent, there := v.look(key); there && dead(state) {
			all = append(all, tree.Unreaped{Process: key, ParentPID: parent})
		}
	}
	return all
}

// dead is a state after which the parent is told: zombie, or dead and being reaped.
func dead(state byte) bool { return state == 'Z' || state == 'X' }

// stateInProc looks in /proc.
func stateInProc(key events.ProcKey) (state byte, parent int32, ok bool) {
	dir := "/proc/" + strconv.Itoa(int(key.PID)) + "/"
	said := statusField(dir, "State")
	pid, err := strconv.ParseInt(statusField(dir, "PPid"), 10, 32)
	if err != nil || said == "" || !sameStart(dir, key.Start) {
		return 0, 0, false
	}
	return said[0], int32(pid), true
}
