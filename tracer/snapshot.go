//go:build linux

package tracer

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"

	"github.com/ptrace-ns/ptrace-ns/bpf"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// snapshot looks at all processes and queues them with what the ring brought
// meanwhile. At the start they come first, so that the parents of what follows
// are known; after a loss they come last and settle what is known.
//
// Neither a gap nor a ghost: the programs are attached, so a birth or a death
// during the pass is in the ring; at the start a process whose birth is there is
// told by its fork alone. After a loss one whose death is there is not told again,
// but one whose birth is there is: who is not in the pass has ended in the gap.
func (k *Kernel) snapshot(last bool) error {
	began := Now()
	seen, err := k.steps.iterate()
	if err != nil {
		return err
	}
	if last {
		// What was lost may be a cgroup's making; one that a process is in is there.
		k.steps.learnCgroups()
	}
	meanwhile, err := k.steps.readAvailable()
	if err != nil {
		return err
	}
	if !last && k.opts.Follow != nil {
		if meanwhile, err = k.beginFollowing(seen, meanwhile); err != nil {
			return err
		}
	}
	skip, err := settledBy(meanwhile, last)
	if err != nil {
		return err
	}
	if last {
		k.queueRecords(meanwhile)
	}
	for _, raw := range seen {
		key, err := bpf.ReadKey(raw)
		if err != nil {
			return fmt.Errorf("snapshot: %w", err)
		}
		if !skip[key] {
			k.queue.push(item{raw: raw})
			skip[key] = true
		}
	}
	if !last {
		if err := k.queueDeparted(meanwhile, skip, began); err != nil {
			return err
		}
		k.queueRecords(meanwhile)
	}
	k.queue.push(item{event: &events.Event{Kind: events.SnapshotEnd, BootNS: began}})
	return nil
}

// queueDeparted tells of the processes that were there when the programs were
// attached and gone when the pass came to where they had been: as snapshots of what
// their exits say, so that nobody dies who never was.
func (k *Kernel) queueDeparted(records [][]byte, told map[events.ProcKey]bool, began uint64) error {
	var decoder bpf.Decoder
	for _, raw := range records {
		head, err := bpf.ReadHead(raw)
		if err != nil {
			return fmt.Errorf("ring buffer: %w", err)
		}
		if head.Kind != bpf.KindExit {
			continue
		}
		exit, err := decoder.Decode(raw)
		if err != nil {
			return fmt.Errorf("ring buffer: %w", err)
		}
		if key := exit.Process.Key; !told[key] {
			told[key] = true
			departed := &events.Event{Kind: events.Snapshot, BootNS: began, CPU: exit.CPU, Process: exit.Process.Clone()}
			departed.Process.TID = key.PID
			k.queue.push(item{event: departed})
		}
	}
	return nil
}

func (k *Kernel) queueRecords(records [][]byte) {
	for _, raw := range records {
		k.queue.push(item{raw: raw, received: true})
	}
}

// settledBy returns the processes that the records tell by themselves: those born
// or, when the records come before the snapshot, those that died.
func settledBy(records [][]byte, recordsFirst bool) (map[events.ProcKey]bool, error) {
	kind := bpf.KindFork
	if recordsFirst {
		kind = bpf.KindExit
	}
	settled := map[events.ProcKey]bool{}
	for _, raw := range records {
		head, err := bpf.ReadHead(raw)
		if err != nil {
			return nil, fmt.Errorf("ring buffer: %w", err)
		}
		if head.Kind == kind {
			key, err := bpf.ReadKey(raw)
			if err != nil {
				return nil, fmt.Errorf("ring buffer: %w", err)
			}
			settled[key] = true
		}
	}
	return settled, nil
}

// learnCgroups learns the cgroups that are there.
func (k *Kernel) learnCgroups() { k.cgroups.walk(k.obj.v1Hierarchy) }

// iterate runs the iterator over all tasks and returns its records.
func (k *Kernel) iterate() ([][]byte, error) {
	iter, err := link.AttachIter(link.IterOptions{Program: k.obj.program(bpf.ProgSnapshot)})
	if err != nil {
		return nil, whyNot("the task iterator", err)
	}
	defer func() { _ = iter.Close() }() // only read
	file, err := iter.Open()
	if err != nil {
		return nil, whyNot("the task iterator", err)
	}
	defer func() { _ = file.Close() }() // only read
	raw, err := io.ReadAll(file)
	if err != nil {
		return nil, fmt.Errorf("task iterator: %w", err)
	}
	all, err := bpf.SplitSnapshot(raw)
	if err != nil {
		return nil, err
	}
	if k.self == 0 {
		k.self, err = findSelf(all)
	}
	return all, err
}

// readAvailable reads what is in the ring now, each record in memory of its own.
// Whoever left before the pass came to him has his exit in it, so all of it must be
// read: a program that was preempted before it submitted its record holds up those
// behind it, for as long as a busy machine leaves it waiting.
func (k *Kernel) readAvailable() (records [][]byte, err error) {
	k.waits = true
	for left, began := k.reader.AvailableBytes(), time.Now(); left > 0; {
		var rec ringbuf.Record
		k.reader.SetDeadline(time.Unix(1, 0))
		switch err := k.reader.ReadInto(&rec); {
		case err == nil:
			records = append(records, rec.RawSample)
			left = min(left-ringHeader-(len(rec.RawSample)+7)&^7, k.reader.AvailableBytes())
		case errors.Is(err, ringbuf.ErrFlushed):
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return nil, fmt.Errorf("ring buffer: %w", err)
		case k.reader.AvailableBytes() == 0 || time.Since(began) > heldUpAtMost:
			return records, nil
		default:
			time.Sleep(time.Millisecond)
		}
	}
	return records, nil
}

const (
	// ringHeader is what the ring puts before each record (BPF_RINGBUF_HDR_SZ).
	ringHeader = 8
	// heldUpAtMost bounds the wait for a record that is under way.
	heldUpAtMost = 2 * time.Second
)

// resyncPause is the least time between two looks at all processes, so that a
// machine that overruns the ring is not slowed further.
const resyncPause = time.Second

// resync says whether and when all processes are looked at again after a loss.
type resync struct {
	due      bool
	earliest time.Time
}

func (k *Kernel) needResync() { k.resync.due = true }

// shouldResync waits until the ring is half empty again: a pass in the middle of
// an overrun would be out of date when it ends.
func (k *Kernel) shouldResync() bool {
	return k.resync.due && !k.draining && time.Now().After(k.resync.earliest) &&
		k.reader.AvailableBytes() < k.opts.BufferBytes/2
}

func (k *Kernel) runResync() error {
	k.resync = resync{earliest: time.Now().Add(resyncPause)}
	return k.snapshot(true)
}
