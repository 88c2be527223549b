package record

import (
	"bytes"
	"errors"
	"io"
)

var (
	errEmpty     = errors.New("empty: not even its header was written")
	errNoTrailer = errors.New("there is no trailer: the recording was not ended")
	errMarker    = errors.New("the marker of a frame does not match its checksum")
)

// nextFrame unpacks the next frame that is wanted.
func (r *Reader) nextFrame() error {
	var m *marker
	for {
		r.at = r.in.offset
		start, err := r.in.peek(8)
		switch {
		case len(start) == 0 && errors.Is(err, io.EOF):
			return r.wholeEnd()
		case err != nil && len(start) < 8:
			return r.damaged(cut(err))
		case magicOf(start)&^0xf != skippableMagic:
			return r.dataFrame(m)
		case !bytes.HasPrefix(markerStart, start):
			if r.marked {
				return r.search(nil, errMarker)
			}
			m = nil
			if !r.in.pass(8 + int64(magicOf(start[4:]))) {
				return r.damaged(errCut)
			}
		default:
			if m, err = r.marker(); err != nil {
				return err
			}
			if r.unwanted(m) {
				r.partial = true
				r.parts.passed(m.events)
				if !r.in.pass(int64(m.packed)) {
					return r.damaged(errCut)
				}
				m = nil
			}
		}
	}
}

// wholeEnd is the end of the file where a frame could begin.
func (r *Reader) wholeEnd() error {
	if r.trailer == nil {
		return r.damaged(errNoTrailer)
	}
	return io.EOF
}

// marker reads a marker. A file that has one has no other skippable frames.
func (r *Reader) marker() (*marker, error) {
	b, err := r.in.peek(markerSize)
	if err != nil {
		return nil, r.damaged(cut(err))
	}
	m, ok := parseMarker(b)
	r.marked = true
	if !ok {
		r.in.skip(r.untilMarker(markerSize))
		return nil, r.resumable(errMarker)
	}
	r.in.skip(markerSize)
	return &m, nil
}

func (r *Reader) unwanted(m *marker) bool {
	if m.events == 0 {
		return false
	}
	o := &r.o
	return m.lastSeq < o.FromSeq || o.ToSeq != 0 && m.firstSeq > o.ToSeq ||
		m.maxNS < o.FromNS || o.ToNS != 0 && m.minNS > o.ToNS
}

// dataFrame unpacks the frame that begins here, or looks for the next marker
// behind a damaged one.
func (r *Reader) dataFrame(m *marker) error {
	r.at = r.in.offset
	text, n, err := r.unpack(r.text, m)
	if err == nil {
		r.in.skip(n)
		r.text, r.rest = text, text
		return nil
	}
	return r.search(m, err)
}

// search consumes a damaged frame, up to the next whole one if it can be found.
func (r *Reader) search(m *marker, err error) error {
	failed := r.damaged(err)
	if errors.Is(err, errCut) {
		err = errNoFrame // unless it turns out that nothing follows
	}
	if m != nil {
		// The marker knows where the frame ends, unless it was torn off.
		end := int(m.packed)
		if r.in.offset >= r.tornTo {
			end = r.untilMarker(end)
			r.tornTo = r.in.offset + int64(m.packed)
		}
		if _, short := r.in.peek(end); short != nil {
			return failed
		}
		r.in.skip(end)
		return r.resumable(err)
	}
	// One byte on, so that the search makes way whatever it finds.
	r.in.skip(min(1, len(r.in.buf)))
	if r.in.find(markerStart) {
		return r.resumable(err)
	}
	return failed
}

// untilMarker returns how many of the next n bytes, which are damaged, come before a whole
// marker; n where there is none. A file that was cut and joined with the next has that
// one's first marker in the midst of its last frame.
func (r *Reader) untilMarker(n int) int {
	if r.o.Growing {
		return n // nobody joins it, and what comes next is not to be waited for
	}
	b, _ := r.in.peek(n + markerSize)
	for at := 1; at < n; at++ {
		next := bytes.Index(b[min(at, len(b)):], markerStart)
		if next < 0 || len(b)-at-next < markerSize {
			break
		}
		if at += next; at >= n {
			break
		}
		if _, ok := parseMarker(b[at : at+markerSize]); ok {
			return at
		}
	}
	return n
}
