package record

import (
	"errors"
	"maps"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// ErrNoRoom says that an event was not taken, because with it the file would become
// larger than Options.MaxBytes. What was put before stays; a smaller event may fit.
var ErrNoRoom = errors.New("recording has no room for more")

// SetMaxBytes changes how large the file may become. What it has already stays.
func (w *Writer) SetMaxBytes(n int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.o.MaxBytes = n
}

// Written returns how many events of each kind are in what was written: those that
// wait for their frame's end, or were lost with a write that failed, are not.
func (w *Writer) Written() map[events.Kind]uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.counts.ByKind)
}

// makeRoom sees to it that the line fits into the file, with the frame to come. Lines
// count as if they did not compress at all until that would be too much. A line for
// which only what it is compressed alone leaves room is exact: its frame ends with it.
func (w *Writer) makeRoom() (exact bool, err error) {
	if w.takesLines(len(w.lines) + len(w.line)) {
		return false, nil
	}
	w.endFrame()
	switch {
	case w.err != nil:
		return false, w.err
	case w.takesLines(len(w.line)):
		return false, nil
	case !w.takes(len(w.pack(w.line))):
		return false, ErrNoRoom
	}
	return true, nil
}

// takesLines reports whether the file has room for a frame of so many bytes of lines,
// whatever is in them.
func (w *Writer) takesLines(n int) bool {
	return w.o.MaxBytes == 0 || w.takes(markerSize+w.quick.MaxEncodedSize(n))
}

// takes reports whether the file has room for so many bytes more, and its end.
func (w *Writer) takes(n int) bool {
	end := markerSize + w.quick.MaxEncodedSize(ndjson.MaxTrailer)
	return w.o.MaxBytes == 0 || w.size+int64(n+end) <= w.o.MaxBytes
}
