package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// ReadOptions say what of a recording is wanted. The zero value is all of it.
type ReadOptions struct {
	// Frames that hold nothing between these bounds are passed over unread, where
	// the file has markers; 0 is no bound. What shares a frame with a wanted event
	// comes, too: the caller still compares. NS is CLOCK_BOOTTIME.
	FromSeq, ToSeq uint64
	FromNS, ToNS   uint64
	// Growing says that the file is still being written: behind the trailer nothing
	// is looked for.
	Growing bool
}

// Reader reads a recording, or the plain lines of `watch -o json`: which, the
// first bytes tell. It is a Source and never idle. Its memory is bounded by
// MaxFrame, whatever the file claims.
type Reader struct {
	o       ReadOptions
	in      window
	zstd    *zstd.Decoder // nil for plain lines
	decode  ndjson.Decoder
	header  events.Header
	text    []byte // the frame's lines
	rest    []byte // those of them that were not read
	line    []byte
	at      int64 // where the frame, or the plain line, begins in the file
	lastSeq uint64
	lines   uint64 // of events, read or not known
	partial bool   // not all lines were seen
	marked  bool   // the file has markers
	first   bool   // the first line is an event, and was not given
	thinned Thinned
	pending error // damage before the header, to be told by Next
	skipped Skipped
	trailer *Trailer
	ended   int64 // where the trailer does
	// tornTo is how far a damaged frame claimed to reach that was searched for the
	// beginning of another. What begins within is not searched once more: markers that
	// claim each other's room cost no more than the file's length.
	tornTo int64
	parts  parts
	end    error // what Next returns from now on
}

// headerEvent is the header's "event".
const headerEvent = "header"

// NewReader reads the header. The error is a *DamagedError where that is not
// whole, and a *ndjson.SchemaError where the stream is of another version. A
// Reader holds nothing that must be closed.
func NewReader(r io.Reader, o ReadOptions) (*Reader, error) {
	rd := &Reader{o: o, in: window{r: r}}
	rd.decode.Unknown = func(what string) { addSkipped(&rd.skipped.Fields, what) }
	start, err := rd.in.peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("recording: %w", err)
	}
	switch {
	case len(start) > 0 && start[0] == '{':
	case len(start) == 0:
		return nil, rd.damaged(errEmpty)
	case len(start) < 4:
		return nil, rd.damaged(errCut)
	case magicOf(start) == frameMagic || magicOf(start)&^0xf == skippableMagic:
		rd.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderMaxMemory(MaxFrame), zstd.WithDecoderMaxWindow(MaxFrame))
		if err != nil {
			return nil, fmt.Errorf("decompressor of the recording: %w", err)
		}
	default:
		return nil, fmt.Errorf("what begins with the bytes % x is no recording: neither zstd nor lines of JSON", start)
	}
	if err := rd.readHeader(); err != nil {
		return nil, err
	}
	return rd, nil
}

// readHeader reads the first line. When only the marker before it is damaged,
// that is told later.
func (r *Reader) readHeader() error {
	err := r.nextLine()
	var damaged *DamagedError
	if errors.As(err, &damaged) && damaged.Resumable {
		r.pending = err
		err = r.nextLine()
	}
	if errors.Is(err, io.EOF) {
		err = r.damaged(errCut)
	}
	if err == nil {
		if err = r.decode.Header(r.line, &r.header); err != nil {
			err = r.withoutHeader(fmt.Errorf("recording: %w", err))
		}
	}
	if err != nil && r.pending != nil {
		return r.pending
	}
	return err
}

// Header returns the recording's first line.
func (r *Reader) Header() *events.Header { return &r.header }

// Line returns the last event's line as it is in the file, without its newline.
// It is whatever somebody wrote there: ndjson.Printable tells whether it can be
// shown as it is, which saves encoding the event. It is valid until the next call
// of Next.
func (r *Reader) Line() []byte { return r.line }

// Trailer returns the recording's last line once Next has come to it; of several files
// what all of them say, unless one has none.
func (r *Reader) Trailer() (Trailer, bool) {
	if r.trailer == nil || r.parts.torn {
		return Trailer{}, false
	}
	return r.parts.sum(*r.trailer), true
}

// Next returns the next event. Where the recording is damaged it returns a
// *DamagedError after all whole records before: the reader stops there, unless the
// error is Resumable and the caller calls again. At the end it returns io.EOF.
func (r *Reader) Next(ctx context.Context) (*events.Event, error) {
	for {
		if r.end != nil {
			return nil, r.end
		}
		if err := r.pending; err != nil {
			r.pending = nil
			return nil, r.failed(err)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		err := r.nextLine()
		if r.trailer != nil {
			if err = r.behind(err); err == nil {
				continue
			}
		}
		if err != nil {
			return nil, r.failed(err)
		}
		ev, err := r.decode.Event(r.line)
		if err == nil && r.repeats(ev) {
			r.lines++
			continue
		}
		if err == nil && r.zstd == nil && ev.Seq != 0 && ev.Seq <= r.lastSeq {
			return nil, r.failed(r.resumable(fmt.Errorf("event %d comes again or too late", ev.Seq)))
		}
		if err == nil {
			r.lines++
			r.lastSeq = ev.Seq
			return ev, nil
		}
		if err := r.other(err); err != nil {
			return nil, r.failed(err)
		}
	}
}

// behind takes what comes behind a trailer, or why nothing does.
func (r *Reader) behind(err error) error {
	switch {
	case err == nil:
		return r.nextPart()
	case errors.Is(err, io.EOF):
		return err
	}
	return r.notBehind(errBehind)
}

// failed remembers an error after which there is nothing more.
func (r *Reader) failed(err error) error {
	var damaged *DamagedError
	if errors.As(err, &damaged) && damaged.Resumable {
		r.partial = true
		return err
	}
	r.end = err
	return err
}

// other takes a line that is no event of a known kind.
func (r *Reader) other(err error) error {
	var unknown *ndjson.UnknownError
	if !errors.As(err, &unknown) {
		if r.zstd != nil {
			r.rest = nil // the rest of the frame is no better
		}
		return r.resumable(err)
	}
	if unknown.Kind == headerEvent {
		return r.unended()
	}
	if unknown.Kind != ndjson.TrailerEvent {
		r.lines++
		addSkipped(&r.skipped.Kinds, unknown.Kind)
		return nil
	}
	return r.takeTrailer()
}

// takeTrailer reads the trailer and compares its count with what was read.
func (r *Reader) takeTrailer() error {
	t := new(Trailer)
	if err := r.decode.Trailer(r.line, t); err != nil {
		return r.damaged(err)
	}
	r.trailer, r.ended = t, r.in.offset
	if r.zstd == nil {
		r.ended += int64(len(r.rest))
	}
	if err := r.compare(t.Events); err != nil {
		return err
	}
	if r.o.Growing {
		return io.EOF
	}
	return nil
}

// nextLine gives the next line, of whatever kind; io.EOF at a whole end.
func (r *Reader) nextLine() error {
	if r.first {
		r.first = false
		return nil
	}
	for {
		if r.zstd == nil {
			return r.plainLine()
		}
		if end := bytes.IndexByte(r.rest, '\n'); end >= 0 {
			r.line, r.rest = r.rest[:end], r.rest[end+1:]
			return nil
		}
		if len(r.rest) > 0 {
			r.rest = nil
			return r.resumable(errors.New("a line has no end"))
		}
		if err := r.nextFrame(); err != nil {
			return err
		}
	}
}

// plainLine gives the next line of a file that is not compressed.
func (r *Reader) plainLine() error {
	r.in.skip(len(r.rest))
	r.rest, r.at = nil, r.in.offset
	for seen := 0; ; {
		if end := bytes.IndexByte(r.in.buf[seen:], '\n'); end >= 0 {
			r.line, r.rest = r.in.buf[:seen+end], r.in.buf[:seen+end+1]
			return nil
		}
		seen = len(r.in.buf)
		if seen > MaxFrame {
			return r.damaged(fmt.Errorf("a line is longer than %d MiB", MaxFrame>>20))
		}
		if _, err := r.in.peek(seen + 1); err != nil {
			if seen == 0 && errors.Is(err, io.EOF) {
				return r.plainEnd()
			}
			return r.damaged(cut(err))
		}
	}
}

// damaged says that nothing more can be read.
func (r *Reader) damaged(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	cutOff := errors.Is(err, errCut) || errors.Is(err, errNoTrailer) || errors.Is(err, errNoEnd) || errors.Is(err, errEmpty)
	return &DamagedError{Offset: r.at, LastSeq: r.lastSeq, CutOff: cutOff, Err: err}
}

// resumable says that the next frame may be whole. Of plain lines each stands by
// itself.
func (r *Reader) resumable(err error) error {
	return &DamagedError{Offset: r.at, LastSeq: r.lastSeq, Resumable: true, Err: err}
}
