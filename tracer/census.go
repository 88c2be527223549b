//go:build linux

package tracer

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/ptrace-ns/ptrace-ns/bpf"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// Census is one look at all processes: a source of snapshot events and of the
// SnapshotEnd after them. Nothing is attached for it, and nothing is left loaded.
type Census struct {
	k *Kernel
}

// TakeCensus runs the task iterator once, and asks who about containers; nil knows
// what cgroup paths say by themselves. A *NotPossibleError says what the machine lacks.
func TakeCensus(who Containers) (*Census, error) {
	if err := checkPossible(needs{files: filesToLook}); err != nil {
		return nil, err
	}
	obj, err := loadIterator()
	if err != nil {
		return nil, err
	}
	defer obj.close()
	opts := Options{Containers: who}.withDefaults()
	k := &Kernel{obj: obj, cgroups: newCgroups(opts.Containers), containers: opts.Containers, proc: newProcReader(), startNS: Now()}
	seen, err := k.iterate()
	if err != nil {
		return nil, err
	}
	// After the iterator: a process's cgroup is made before the process is in it.
	k.learnCgroups()
	for _, raw := range seen {
		k.queue.push(item{raw: raw})
	}
	k.queue.push(item{event: &events.Event{Kind: events.SnapshotEnd, BootNS: k.startNS}})
	return &Census{k}, nil
}

// Next returns the next process, then SnapshotEnd, then io.EOF.
func (c *Census) Next(ctx context.Context) (*events.Event, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	it := c.k.queue.pop()
	if it == nil {
		return nil, io.EOF
	}
	return c.k.decode(it)
}

// Header says what the times and numbers of the census rest on.
func (c *Census) Header() (*events.Header, error) { return c.k.Header() }

// InInitialPidns reports whether the census was taken from within the initial PID
// namespace. In a child one it has only the processes of that namespace, by the
// host's numbers, and nothing of what /proc could add.
func (c *Census) InInitialPidns() bool { return c.k.InInitialPidns() }

// loadIterator loads the one program that needs no attaching to a tracepoint.
func loadIterator() (*object, error) {
	spec, err := bpf.Spec()
	if err != nil {
		return nil, err
	}
	types := btf.NewCache()
	kernel, err := types.Kernel()
	if err != nil {
		return nil, noTypes(err)
	}
	opts := Options{BufferBytes: os.Getpagesize()}.withDefaults()
	subsys, hierarchy := v1Controller(kernel)
	if err := setKnobs(spec, subsys, hierarchy, opts); err != nil {
		return nil, err
	}
	spec.Maps[bpf.MapRing].MaxEntries = uint32(opts.BufferBytes) // which it does not use
	iterator := spec.Programs[bpf.ProgSnapshot]
	if iterator == nil {
		return nil, fmt.Errorf("bpf object: no program %s", bpf.ProgSnapshot)
	}
	spec.Programs = map[string]*ebpf.ProgramSpec{bpf.ProgSnapshot: iterator}
	loaded, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{Cache: types})
	if err != nil {
		return nil, whyNot("the task iterator", err)
	}
	return &object{maps: loaded, programs: []*ebpf.Collection{loaded}, v1Hierarchy: hierarchy}, nil
}
