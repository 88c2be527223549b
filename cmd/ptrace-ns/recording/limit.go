package recording

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// ErrFull ends a recording that has reached its MaxSize.
var ErrFull = errors.New("recording is full")

// leastRoom must be left of MaxSize for a next file: for the end of the one before, a
// header, some events and a trailer.
const leastRoom = 16 << 10

// most is how large the file that is written may become; 0 is without bound.
func (r *Recorder) most() int64 {
	if r.bounded() {
		return max(1, r.o.MaxSize-r.kept())
	}
	return r.o.RotateSize
}

// bounded reports whether it is MaxSize that bounds the file, and not its own size.
func (r *Recorder) bounded() bool {
	return r.o.MaxSize > 0 && (r.o.RotateSize == 0 || r.o.MaxSize-r.kept() < r.o.RotateSize)
}

// makeRoom finds room for an event for which the file has none, and returns it, cut when
// not even a new file has.
func (r *Recorder) makeRoom(ev *events.Event) (*events.Event, error) {
	switch {
	case r.bounded() && r.mayDrop():
		if err := r.drop(); err != nil {
			return nil, err
		}
		r.enc.SetMaxBytes(r.most())
		return ev, nil
	case !r.fresh && !r.bounded():
		return ev, r.rotate()
	case r.fresh && len(ev.Process.Args.Raw)+len(ev.Process.Env.Raw) > 0:
		return withoutVectors(ev), nil
	}
	return nil, r.isFull()
}

// withoutVectors returns the event without arguments and environment, of which the true
// sizes stay.
func withoutVectors(ev *events.Event) *events.Event {
	short := *ev
	for _, v := range []*events.Args{&short.Process.Args, &short.Process.Env} {
		if len(v.Raw) > 0 {
			v.Raw, v.Status = nil, events.Truncated
		}
	}
	return &short
}

func (r *Recorder) isFull() error {
	r.full = true
	return fmt.Errorf("%w: there is no room for more within %d bytes", ErrFull, max(r.o.MaxSize, r.o.RotateSize))
}

// mayDrop reports whether there is an older file that may be removed.
func (r *Recorder) mayDrop() bool { return r.o.Keep > 0 && len(r.done) > 0 }

// drop removes the oldest file that this recorder made.
func (r *Recorder) drop() error {
	oldest := r.done[0]
	r.done = r.done[1:]
	if err := os.Remove(oldest.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// kept is the size of the finished files that stay.
func (r *Recorder) kept() (n int64) {
	for _, f := range r.done {
		n += f.size
	}
	return n
}
