// Package progress shows on a terminal how much of a file has been read, and how much
// of what follows is done. It knows neither what is in the file nor whether there is a
// terminal: its caller does.
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
	what  string    // is done; empty is reading
	first time.Time // of the earliest picture
	next  time.Time // of the next picture; zero is never
	drawn bool
	now   func() time.Time
}

// NewReader returns a reader that draws on w.
func NewReader(file io.ReadCloser, size int64, w io.Writer) *Reader {
	r := &Reader{file: file, w: w, size: size, now: time.Now}
	r.first = r.now().Add(patience)
	r.next = r.first
	return r
}

// Read implements io.Reader.
func (r *Reader) Read(b []byte) (int, error) {
	n, err := r.file.Read(b)
	r.done += int64(n)
	if err != nil {
		r.Hide()
	} else {
		r.tick()
	}
	return n, err
}

// Then begins the work that follows on reading. The function that it returns is to be
// told how many of how many parts are done; with the last the bar goes away.
func (r *Reader) Then(what string) func(done, all int) {
	r.what, r.next = ", "+what, r.first
	return func(done, all int) {
		if done >= all {
			r.Hide()
			return
		}
		r.done, r.size = int64(done), int64(all)
		r.tick()
	}
}

// tick draws where it is time to.
func (r *Reader) tick() {
	if r.next.IsZero() || r.size <= 0 {
		return
	}
	if now := r.now(); !now.Before(r.next) {
		r.next = now.Add(interval)
		r.draw()
	}
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
	_, err := fmt.Fprintf(r.w, "\r[%s%s] %d %%%s\x1b[K", strings.Repeat("#", full), strings.Repeat(" ", cells-full), done*100/r.size, r.what)
	r.drawn = err == nil
}
