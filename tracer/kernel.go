//go:build linux

package tracer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/bpf"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// pollInterval is how long records may gather before the reader looks by itself:
// half of the stream's latency bound of 100 ms.
const pollInterval = 50 * time.Millisecond

// Kernel is the live kernel as a source of raw events: what the programs record,
// and the snapshot of what was there before. It is used by one goroutine.
type Kernel struct {
	opts    Options
	obj     *object
	links   []link.Link
	reader  *ringbuf.Reader
	decoder bpf.Decoder
	cgroups *cgroups
	steps   steps
	// containers finds out whose the cgroups are.
	containers Containers
	proc       procReader

	startNS uint64
	self    int // own PID in the initial namespace
	// birthBase is what was counted before the span of births began.
	birthBase  struct{ newtask, fork uint64 }
	birthsFrom uint64 // when it begins
	queue      queue  // snapshots and records read meanwhile, before the ring goes on
	rec        ringbuf.Record
	count      tally

	lastNS    uint64 // time of the last record read
	waits     bool   // the reader may have to wait for the next record
	sleepers  *ebpf.Variable
	quiet     int // intervals in a row in which nothing came
	idleTold  bool
	sinceIdle int
	awake     bool // idle moments are told again though nothing comes
	detached  bool
	draining  bool
	awaited   bool // programs that ran while the links were closed
	resync    resync
}

// steps is what attaching and looking are made of. Between any two of them processes
// come and go, which a test has them do.
type steps interface {
	attach(name string) (link.Link, error)
	openBirths() error
	learnCgroups()
	iterate() ([][]byte, error)
	readAvailable() ([][]byte, error)
}

// Open loads and attaches the programs and takes the snapshot. Nothing is left
// attached when it fails; a *NotPossibleError says what the machine lacks.
func Open(opts Options) (*Kernel, error) {
	return open(opts, func(k *Kernel) steps { return k })
}

func open(opts Options, by func(*Kernel) steps) (*Kernel, error) {
	if err := opts.Check(); err != nil {
		return nil, err
	}
	opts = opts.withDefaults()
	if err := checkPossible(needs{buffer: opts.BufferBytes, files: filesToTrace}); err != nil {
		return nil, err
	}
	obj, err := load(opts)
	if err != nil {
		return nil, err
	}
	k := &Kernel{opts: opts, obj: obj, cgroups: newCgroups(opts.Containers), containers: opts.Containers, proc: newProcReader(), waits: true}
	k.steps = by(k)
	if err := k.start(); err != nil {
		return nil, errors.Join(err, k.Close())
	}
	return k, nil
}

// start attaches, then looks at what was there, in this order: a process born in
// between is in both and joined by identity, and none is in neither.
func (k *Kernel) start() (err error) {
	k.sleepers = k.obj.maps.Variables[bpf.VarReaderSleeps]
	k.reader, err = ringbuf.NewReader(k.obj.maps.Maps[bpf.MapRing])
	if err != nil {
		return whyNot("the ring buffer", err)
	}
	if err = k.attachAll(); err != nil {
		return err
	}
	k.startNS = Now()
	if err := k.steps.openBirths(); err != nil {
		return err
	}
	k.steps.learnCgroups()
	return k.snapshot(false)
}

// Next returns the next event. When the context ends it detaches, returns what is
// still in the ring, and then io.EOF: what was recorded is told.
func (k *Kernel) Next(ctx context.Context) (*events.Event, error) {
	for {
		raw, err := k.nextRaw(ctx)
		if err != nil {
			return nil, err
		}
		if raw == nil {
			return nil, nil
		}
		ev, err := k.decode(raw)
		if err != nil {
			return nil, err
		}
		if ev != nil {
			return ev, nil
		}
	}
}

// nextRaw returns the next record, or nil at an idle moment.
func (k *Kernel) nextRaw(ctx context.Context) (*item, error) {
	for {
		if it := k.queue.pop(); it != nil {
			k.idleTold = false // what is told is to be flushed, though nothing comes after it
			return it, nil
		}
		if ctx.Err() != nil && !k.draining {
			if err := k.beginDrain(); err != nil {
				return nil, err
			}
		}
		if k.shouldResync() {
			if err := k.runResync(); err != nil {
				return nil, err
			}
			continue
		}
		if k.idle() {
			return nil, nil
		}
		switch err := k.readInto(ctx); {
		case err == nil:
			k.quiet, k.idleTold = 0, false
			k.sinceIdle++
			if k.takeLate() { // it was there before the record was
				k.queue.push(item{raw: bytes.Clone(k.rec.RawSample), received: true})
				continue
			}
			return k.queue.live(k.rec.RawSample), nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			if k.takeLate() {
				continue
			}
			// What was lost last has no record after it that would tell.
			if lost, err := k.lost(Now()); err != nil {
				return nil, err
			} else if lost != nil {
				k.queue.push(item{event: lost})
				continue
			}
			if k.draining {
				return nil, k.endDrain()
			}
			k.quiet++
			k.idleTold = k.idleTold && !k.awake
		case errors.Is(err, ringbuf.ErrFlushed):
		default:
			return nil, fmt.Errorf("ring buffer: %w", err)
		}
	}
}

// idleEvery is after how many records output is flushed though the ring is never
// empty.
const idleEvery = 1024

// stayAwake asks for an idle moment each pollInterval.
func (k *Kernel) stayAwake(on bool) { k.awake = on }

// idle reports, once each time, that there is nothing to read for the moment.
func (k *Kernel) idle() bool {
	if k.idleTold || k.reader.AvailableBytes() > 0 && k.sinceIdle < idleEvery {
		return false
	}
	k.idleTold, k.sinceIdle = true, 0
	return true
}

// readInto reads one record. On a busy machine it looks again after pollInterval,
// so that nobody pays for waking it. After a quiet interval it asks the programs
// to wake it for the next record; after another, when every program that had not
// seen the wish has long submitted, it sleeps for good.
func (k *Kernel) readInto(ctx context.Context) error {
	if !k.waits {
		return k.readNext(true)
	}
	deadline := time.Now().Add(pollInterval)
	switch {
	case k.draining:
		deadline = time.Unix(1, 0)
	case k.quiet == 1:
		if err := k.sleepers.Set(uint32(1)); err != nil {
			return err
		}
	case k.quiet > 1 && !k.awake && !k.resync.due: // a look that is due needs no record to come
		deadline = time.Time{}
	}
	k.reader.SetDeadline(deadline)
	stop := context.AfterFunc(ctx, func() { _ = k.reader.Flush() })
	defer stop()
	// Without a deadline the reader must not come to wait again by itself: a record
	// that the programs took back is none, but counts as one that remains.
	return k.readNext(!deadline.IsZero())
}

// readNext reads one record and remembers whether another is there, for which
// neither clock nor context need be asked: that costs more than the record.
func (k *Kernel) readNext(bounded bool) error {
	err := k.reader.ReadInto(&k.rec)
	k.waits = err != nil || k.rec.Remaining == 0 || !bounded
	return err
}

// beginDrain detaches, so that what is in the ring is all there will be.
func (k *Kernel) beginDrain() error {
	k.draining, k.waits = true, true
	return errors.Join(k.closeBirths(), k.detach())
}

// endDrain ends the stream once nothing is under way any more: a program that ran
// while the links were closed may still be about to submit. Where the counts say that
// one does, it is waited for, once: what disagrees after that is lost.
func (k *Kernel) endDrain() error {
	if k.reader.AvailableBytes() > 0 {
		return nil
	}
	stats, err := k.Stats()
	if err != nil {
		return err
	}
	if stats.Check() == nil || k.awaited {
		return io.EOF
	}
	k.awaited = true
	awaitPrograms()
	return nil
}

// awaitPrograms returns when every program has ended that ran before. They run without
// preemption or under RCU's read lock, and MEMBARRIER_CMD_GLOBAL ends with a grace period
// (kernel/sched/membarrier.c), which waits for both. Where that call is not to be had,
// as with nohz_full, time has to do.
func awaitPrograms() {
	const global = 1 // MEMBARRIER_CMD_GLOBAL
	if _, _, errno := unix.Syscall(unix.SYS_MEMBARRIER, global, 0, 0); errno != 0 {
		time.Sleep(time.Second)
	}
}

func (k *Kernel) detach() error {
	if k.detached {
		return nil
	}
	k.detached = true
	// The programs' own counts go with their last reference, the statistics do not
	// change any more.
	return closeLinks(k.links)
}

// Close detaches and frees everything.
func (k *Kernel) Close() error {
	errs := []error{k.detach()}
	if k.reader != nil {
		errs = append(errs, k.reader.Close())
	}
	k.obj.close()
	return errors.Join(errs...)
}
