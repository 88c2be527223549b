package recording

import (
	"errors"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/lines"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

// encoder writes events to a file as lines or as a recording. Put returns
// record.ErrNoRoom, and takes nothing, where the file would become too large.
type encoder interface {
	events.Sink
	SetMaxBytes(int64)
	// Sync writes all that was put.
	Sync() error
	// Written counts the events that are in the file.
	Written() map[events.Kind]uint64
	end(record.Trailer) error
}

type frameEncoder struct{ *record.Writer }

func newFrames(f *File, h *events.Header, most int64) (encoder, error) {
	w, err := record.NewWriter(f, h, record.Options{MaxBytes: most})
	if err != nil {
		return nil, err
	}
	return frameEncoder{w}, nil
}

func (e frameEncoder) end(t record.Trailer) error { return e.Close(t) }

// trailerRoom is kept free for a trailer, in lines that do not compress.
var trailerRoom = int64(ndjson.MaxTrailer)

// lineEncoder writes the lines of a recording, uncompressed.
type lineEncoder struct {
	file     *File
	out      *lines.Buffer
	bootTime int64
	most     int64
	put      []events.Kind // of lines that are not counted yet, the oldest first
	counted  map[events.Kind]uint64
	lines    int64 // that were counted, the header's too
}

func newLines(f *File, h *events.Header, most int64) (encoder, error) {
	e := &lineEncoder{file: f, out: lines.New(f), bootTime: h.BootTimeNS, most: most, counted: map[events.Kind]uint64{}, lines: 1}
	b, err := ndjson.AppendHeader(e.out.Bytes(), h)
	if err == nil {
		err = e.take(b, h.StartNS)
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

func (e *lineEncoder) Put(ev *events.Event) error {
	err := e.take(ndjson.AppendEvent(e.out.Bytes(), ev, e.bootTime), ev.BootNS)
	if !errors.Is(err, record.ErrNoRoom) {
		e.put = append(e.put, ev.Kind)
	}
	e.count()
	return err
}

// take gives the buffer its bytes with one line more, or writes what was there before
// where with it the file would become too large.
func (e *lineEncoder) take(b []byte, bootNS uint64) error {
	if e.most > 0 && e.file.Size()+int64(len(b))+trailerRoom > e.most {
		if err := e.out.Flush(); err != nil {
			return err
		}
		return record.ErrNoRoom
	}
	return e.out.Put(b, bootNS)
}

func (e *lineEncoder) Flush() error { return e.out.Flush() }

func (e *lineEncoder) Sync() error { return e.Flush() }

func (e *lineEncoder) SetMaxBytes(n int64) { e.most = n }

// count counts the events whose lines were written since.
func (e *lineEncoder) count() {
	n := min(max(0, e.file.Lines()-e.lines), int64(len(e.put))) // the trailer is no event
	for _, kind := range e.put[:n] {
		e.counted[kind]++
	}
	e.put, e.lines = e.put[n:], e.lines+n
}

func (e *lineEncoder) Written() map[events.Kind]uint64 {
	e.count()
	return e.counted
}

// end writes the trailer, unless some of what it would count could not be written.
func (e *lineEncoder) end(t record.Trailer) error {
	if err := e.Flush(); err != nil {
		return err
	}
	e.count()
	if len(e.put) > 0 {
		return nil // a write failed before, and was told
	}
	t.Events, t.ByKind = 0, e.counted
	for _, n := range e.counted {
		t.Events += n
	}
	_, err := e.file.Write(ndjson.AppendTrailer(nil, &t))
	return err
}
