//go:build linux

package tracer

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/ptrace-ns/ptrace-ns/bpf"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// Half of what a snapshot takes is reading /proc, file by file. What is told stays in one
// goroutine; what is read for it is not: a batch of those that come next is read by all
// CPUs, small enough that it is as true when it is told.
const aheadOf = 256

// shown is what /proc says of a process.
type shown struct {
	exe, cwd string
	args     events.Args
}

func (s *shown) complete(p *events.Process) { p.Exe, p.Cwd, p.Args = s.exe, s.cwd, s.args }

// shows returns what /proc says of the process of a snapshot's item.
func (k *Kernel) shows(it *item) *shown {
	if rest := k.queue.rest(); it.shown == nil && len(rest) > 0 && it == &rest[0] {
		k.readAhead(rest)
	}
	if it.shown == nil { // it was not in the queue
		it.shown = k.proc.read(&bpf.Decoder{}, it.raw)
	}
	return it.shown
}

// readAhead reads what /proc says of the processes of the snapshot that are next.
func (k *Kernel) readAhead(next []item) {
	next = next[:min(len(next), aheadOf)]
	var at atomic.Int32
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(next)) {
		all.Go(func() {
			var decoder bpf.Decoder
			for i := at.Add(1) - 1; int(i) < len(next); i = at.Add(1) - 1 {
				if it := &next[i]; it.raw != nil && !it.received {
					it.shown = k.proc.read(&decoder, it.raw)
				}
			}
		})
	}
	all.Wait()
}

// read returns what /proc says of the process of a snapshot's record. One that cannot be
// read says nothing here: that is an error where it is told.
func (r procReader) read(d *bpf.Decoder, raw []byte) *shown {
	ev, err := d.Decode(raw)
	if err != nil {
		return &shown{}
	}
	p := &ev.Process
	r.complete(p)
	return &shown{p.Exe, p.Cwd, p.Args}
}
