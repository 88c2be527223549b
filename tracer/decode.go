//go:build linux

package tracer

import (
	"fmt"

	"github.com/ptrace-ns/ptrace-ns/bpf"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// decode turns one item into the event that is told, or nil when none is.
func (k *Kernel) decode(it *item) (*events.Event, error) {
	if it.event != nil {
		return it.event, nil
	}
	head, err := bpf.ReadHead(it.raw)
	if err != nil {
		return nil, fmt.Errorf("ring buffer: %w", err)
	}
	if it.received && !k.count.gapTold(head.Drops) {
		// The record is told after the gap before it.
		lost, err := k.lost(head.Time)
		if err != nil {
			return nil, err
		}
		if lost != nil {
			k.count.passed = head.Drops
			return k.before(it, lost), nil
		}
	}
	if it.received && k.count.passed != head.Drops {
		k.count.passed = head.Drops
		return k.before(it, &events.Event{Kind: events.Gap, BootNS: head.Time}), nil
	}
	ev, err := k.decoder.Decode(it.raw)
	if err != nil {
		return nil, fmt.Errorf("ring buffer: %w", err)
	}
	if it.received {
		k.count.received[head.Kind]++
		k.count.bytes[head.Kind] += uint64(len(it.raw))
		k.lastNS = head.Time
	}
	if ev.Kind == events.Snapshot {
		k.shows(it).complete(&ev.Process)
	}
	return k.complete(ev), nil
}

// before returns the event, and has the item come again after it.
func (k *Kernel) before(it *item, ev *events.Event) *events.Event {
	again := *it
	again.raw = append([]byte(nil), it.raw...)
	k.queue.unpop(again)
	return ev
}

// complete adds what the record only hints at, and drops what was not asked for.
func (k *Kernel) complete(ev *events.Event) *events.Event {
	p := &ev.Process
	switch ev.Kind {
	case events.CgroupMkdir:
		k.cgroups.add(ev.Cgroup.To)
	case events.CgroupRmdir:
		k.cgroups.remove(ev.Cgroup.To)
	case events.Snapshot:
		k.cgroups.complete(p)
		k.assign(p)
		k.tellParted(k.queue.push) // when all that were there are told
		return ev
	case events.Exec:
		found := k.cgroups.retry(p)
		k.cgroups.complete(p)
		k.containers.Again(p.Container)
		k.assign(p)
		if found != nil { // what is there already is in it, and begins it no more
			k.queue.unpop(item{event: containerKnown(found, p.Cgroup, ev.BootNS)})
		}
		k.tellParted(k.queue.unpop)
		return ev
	default:
		k.cgroups.complete(p)
		if ev.Kind == events.CgroupMove {
			ev.Cgroup.To = p.Cgroup
		}
		return ev
	}
	if !k.opts.CgroupDirs {
		return nil
	}
	return ev
}

// lost returns the event that tells of the drops not told yet, and has the
// machine looked at again: what was lost may have been a fork or an exit.
func (k *Kernel) lost(now uint64) (*events.Event, error) {
	dropped, err := k.dropped()
	if err != nil {
		return nil, err
	}
	detail := k.count.tell(dropped)
	if detail == nil {
		return nil, nil
	}
	detail.SinceNS, detail.UntilNS = k.lastNS, Now()
	k.needResync()
	return &events.Event{Kind: events.Lost, BootNS: now, Lost: detail}, nil
}
