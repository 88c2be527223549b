package record

import (
	"bytes"
	"io"
)

// window looks ahead in a file without consuming it: what turns out to be damaged
// can be searched once more for the next whole frame.
type window struct {
	r      io.Reader
	buf    []byte // read and not consumed
	room   []byte // what buf is the end of
	offset int64  // of buf's first byte in the file
	err    error  // why there is no more
}

// firstRead is how much is read at least; what is looked at grows by what is
// there, never by what a length field claims.
const firstRead = 64 << 10

// peek returns the next n bytes, or all there are and why there are no more.
func (w *window) peek(n int) ([]byte, error) {
	for len(w.buf) < n && w.err == nil {
		w.fill()
	}
	if len(w.buf) < n {
		return w.buf, w.err
	}
	return w.buf[:n], nil
}

// fill reads once.
func (w *window) fill() {
	if len(w.buf) == cap(w.buf) {
		if cap(w.room) == 0 || len(w.buf) > cap(w.room)/2 {
			w.room = make([]byte, 0, max(firstRead, 2*len(w.buf)))
		}
		w.buf = append(w.room, w.buf...) // else over what has been consumed
	}
	for range 100 {
		n, err := w.r.Read(w.buf[len(w.buf):cap(w.buf)])
		w.buf = w.buf[:len(w.buf)+n]
		if w.err = err; n > 0 || err != nil {
			return
		}
	}
	w.err = io.ErrNoProgress
}

// skip consumes n bytes of those that peek showed.
func (w *window) skip(n int) {
	w.buf = w.buf[n:]
	w.offset += int64(n)
}

// pass consumes n bytes unseen and reports whether there were as many. It seeks
// where the file can.
func (w *window) pass(n int64) bool {
	if have := int64(len(w.buf)); n > have {
		w.skip(len(w.buf))
		n -= have
		if s, ok := w.r.(io.Seeker); ok && n > firstRead && w.err == nil {
			// The last byte is read, because a file can be left behind its end.
			if _, err := s.Seek(n-1, io.SeekCurrent); err == nil {
				w.offset += n - 1
				n = 1
			}
		}
	}
	for n > 0 {
		if _, err := w.peek(1); err != nil {
			return false
		}
		take := min(n, int64(len(w.buf)))
		w.skip(int(take))
		n -= take
	}
	return true
}

// find consumes what comes before the next place of a mark and reports whether
// there is one.
func (w *window) find(mark []byte) bool {
	for {
		if at := bytes.Index(w.buf, mark); at >= 0 {
			w.skip(at)
			return true
		}
		if keep := len(mark) - 1; len(w.buf) > keep {
			w.skip(len(w.buf) - keep)
		}
		if _, err := w.peek(len(w.buf) + 1); err != nil {
			return false
		}
	}
}
