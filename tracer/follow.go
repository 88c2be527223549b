//go:build linux

package tracer

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/ptrace-ns/ptrace-ns/bpf"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// Follow says which processes are recorded: those, and all that descends from them by
// birth, by whoever created them or is their parent then. A new parent later changes
// nothing.
//
// Of others is recorded only what the model needs to be right about them: who was there
// at the beginning, the PID 1 of each namespace, and who is in a namespace whose PID 1 is
// followed. Their events are told as any; the rest is left out in the kernel, and counted
// (Count.Filtered). Cgroups are told whoever makes them.
//
// It is a wish. Where it cannot be kept all is recorded (Kernel.Follows), so that
// whoever reads the stream selects all the same.
type Follow struct {
	// PIDs are processes that are there when the tracer is opened, in the initial
	// namespace's numbers.
	PIDs []int32
	// Own has the children followed that this process has, or makes once the tracer is
	// open, but not itself.
	Own bool
}

// defaultFollowRoom is how many processes can be followed or be context at a time; the
// table takes 11 MiB for it, all from the beginning.
const defaultFollowRoom = 1 << 17

func (o Options) roomToFollow() uint32 {
	switch {
	case o.Follow == nil:
		return 1 // the least that there is
	case o.followRoom != 0:
		return o.followRoom
	}
	return defaultFollowRoom
}

// followRounds bounds how often births are looked through that came while those before
// them were marked. A second round that finds any is rare.
const followRounds = 50

// Follows reports whether the kernel half leaves out what Options.Follow does not want:
// not in a child PID namespace, where not all processes can be seen, and no longer once
// there was no room for a mark.
func (k *Kernel) Follows() (bool, error) {
	state, err := k.following()
	return state == bpf.FollowingOn, err
}

func (k *Kernel) following() (state bpf.Following, err error) {
	if err := k.obj.maps.Variables[bpf.VarFollowing].Get(&state); err != nil {
		return 0, fmt.Errorf("following: %w", err)
	}
	return state, nil
}

func (k *Kernel) setFollowing(state bpf.Following) error {
	if err := k.obj.maps.Variables[bpf.VarFollowing].Set(state); err != nil {
		return fmt.Errorf("following: %w", err)
	}
	return nil
}

// beginFollowing marks who is followed and has the programs leave out the others. All is
// recorded until then, and the programs mark by themselves who is born: of the mark of
// whoever made it, else as context. So only those need a mark whose maker had none yet;
// and who was born of one of these meanwhile, until a round finds none. It returns the
// records with those that came meanwhile.
func (k *Kernel) beginFollowing(seen, records [][]byte) ([][]byte, error) {
	if !k.proc.usable {
		return records, k.setFollowing(bpf.FollowingEnded)
	}
	f := followed{table: k.obj.maps.Maps[bpf.MapParts], marked: map[events.ProcKey]bool{}}
	if err := f.begin(k.opts.Follow, seen, int32(k.self)); err != nil {
		return nil, err
	}
	if _, err := f.take(records); err != nil {
		return nil, err
	}
	if len(f.marked) == 0 {
		return records, k.leaveOut() // nobody is followed yet who could have made one
	}
	for range followRounds {
		awaitPrograms() // who was about to look at a mark has looked
		fresh, err := k.steps.readAvailable()
		if err != nil {
			return nil, err
		}
		records = append(records, fresh...)
		if found, err := f.take(fresh); err != nil {
			return nil, err
		} else if found == 0 {
			return records, k.leaveOut()
		}
	}
	return records, k.setFollowing(bpf.FollowingEnded)
}

// leaveOut has the programs leave others out, unless a mark had no room meanwhile.
func (k *Kernel) leaveOut() error {
	state, err := k.following()
	if err != nil || state == bpf.FollowingEnded {
		return err
	}
	return k.setFollowing(bpf.FollowingOn)
}

// followed finds out who is followed, and marks them in the programs' table.
type followed struct {
	table   *ebpf.Map
	maker   int32 // whose children are followed; 0 is nobody
	marked  map[events.ProcKey]bool
	decoder bpf.Decoder
}

// begin marks those who were seen: the roots, their descendants, and who else is in a
// namespace of theirs.
func (f *followed) begin(by *Follow, seen [][]byte, self int32) error {
	if by.Own {
		f.maker = self
	}
	roots := map[int32]bool{}
	for _, pid := range by.PIDs {
		roots[pid] = true
	}
	processes := make([]*events.Event, len(seen))
	children := map[events.ProcKey][]events.ProcKey{}
	var found []events.ProcKey
	for i, raw := range seen {
		ev, err := f.decoder.Decode(raw)
		if err != nil {
			return fmt.Errorf("snapshot: %w", err)
		}
		processes[i] = ev.Clone()
		key, parent := ev.Process.Key, ev.Process.Parent.Key
		children[parent] = append(children[parent], key)
		if roots[key.PID] || roots[parent.PID] || f.maker != 0 && parent.PID == f.maker {
			found = append(found, key)
		}
		if f.maker != 0 && key.PID == f.maker {
			if err := f.mark(key, bpf.PartMaker); err != nil {
				return err
			}
		}
	}
	for ; len(found) > 0; found = found[1:] {
		key := found[0]
		if f.marked[key] {
			continue
		}
		if err := f.follow(key); err != nil {
			return err
		}
		found = append(found, children[key]...)
	}
	return f.markMembers(processes)
}

// markMembers marks who is not followed, but in the namespace of a PID 1 that is.
func (f *followed) markMembers(processes []*events.Event) error {
	theirs := map[events.NSID]bool{}
	for _, ev := range processes {
		if own := ev.Process.Chain.Own(); f.marked[ev.Process.Key] && own.PID == 1 && ev.Process.Chain.Level() > 0 {
			theirs[own.NS] = true
		}
	}
	for _, ev := range processes {
		for _, e := range ev.Process.Chain {
			if key := ev.Process.Key; theirs[e.NS] && !f.marked[key] {
				if err := f.mark(key, bpf.PartMember); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// take marks who was born of a followed process, and returns how many those were.
func (f *followed) take(records [][]byte) (found int, err error) {
	for _, raw := range records {
		head, err := bpf.ReadHead(raw)
		if err != nil {
			return 0, fmt.Errorf("ring buffer: %w", err)
		}
		if head.Kind != bpf.KindFork {
			continue
		}
		ev, err := f.decoder.Decode(raw)
		if err != nil {
			return 0, fmt.Errorf("ring buffer: %w", err)
		}
		creator := ev.Fork.Creator.Key
		if f.marked[ev.Process.Key] || !f.marked[creator] && !f.marked[ev.Process.Parent.Key] && (f.maker == 0 || creator.PID != f.maker) {
			continue
		}
		found++
		if err := f.follow(ev.Process.Key); err != nil {
			return 0, err
		}
	}
	return found, nil
}

func (f *followed) follow(key events.ProcKey) error {
	f.marked[key] = true
	return f.mark(key, bpf.PartFollowed)
}

// mark changes the mark that the programs gave; who has none any more has been freed.
func (f *followed) mark(key events.ProcKey, part bpf.Part) error {
	err := f.table.Update(bpf.ProcessKey{Start: key.Start, Tgid: uint64(key.PID)}, part, ebpf.UpdateExist)
	if err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
		return fmt.Errorf("following %v: %w", key, err)
	}
	return nil
}
