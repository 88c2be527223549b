// Package progress shows on a terminal how much of a file has been read. It knows
// neither what is in the file nor whether there is a terminal: its caller does.
package progress

import (
	"fmt"
	"io"
	"strings"
	"time"
)

const (
	patience = 500 * time.Millisecond // what is over sooner shows no bar
	interval = 100 * time.Millisecond // between two pictures
	cells    = 30
)

// Reader reads a file of a known size and draws a bar. It takes the bar away at the
// end of the file, when reading fails, and when it is closed, so that nothing else has
// to be written beside it.
type Reader struct {
	file  io.ReadCloser
	w     io.Writer
	size  int64
	done  int64
	next  time.Time // of the next picture; zero is never
	drawn bool
	now   func() time.Time
}

// NewReader returns a reader that draws on w.
func NewReader(file io.ReadCloser, size int64, w io.Writer) *Reader {
	r := &Reader{file: file, w: w, size: size, now: time.Now}
	r.next = r.now().Add(patience)
	return r
}

// Read implements io.Reader.
func (r *Reader) Read(b []byte) (int, error) {
	n, err := r.file.Read(b)
	r.done += int64(n)
	if err != nil {
		r.Hide()
	} else if !r.next.IsZero() && r.size > 0 {
		if now := r.now(); !now.Before(r.next) {
			r.next = now.Add(interval)
			r.draw()
		}
	}
	return n, err
}

// Close takes the bar away and closes the file.
func (r *Reader) Close() error {
	r.Hide()
	return r.file.Close()
}

// Hide takes the bar away for good.
func (r *Reader) Hide() {
	r.next = time.Time{}
	if r.drawn {
		r.drawn = false
		_, _ = io.WriteString(r.w, "\r\x1b[K")
	}
}

func (r *Reader) draw() {
	done := min(r.done, r.size) // it may grow
	full := int(done * cells / r.size)
	_, err := fmt.Fprintf(r.w, "\r[%s%s] %d %%\x1b[K", strings.Repeat("#", full), strings.Repeat(" ", cells-full), done*100/r.size)
	r.drawn = err == nil
}
