// Package lines is the buffer under the views that write one event a line. It
// gives whole lines to the writer and keeps none back for long. It knows nothing
// of what the lines say.
package lines

import "io"

const (
	// fullBytes is when a buffer is written out under load.
	fullBytes = 64 << 10
	// oldNS is when it is written out because its first line has waited: half of
	// the stream's promise of 100 ms, the other half is the kernel's.
	oldNS = 50_000_000
)

// Buffer holds lines that are not yet written.
type Buffer struct {
	w      io.Writer
	b      []byte
	oldest uint64
}

// New returns a buffer over w.
func New(w io.Writer) *Buffer { return &Buffer{w: w, b: make([]byte, 0, fullBytes+fullBytes/4)} }

// Bytes returns the buffer, to append one line to and give to Put.
func (l *Buffer) Bytes() []byte { return l.b }

// Put takes back what Bytes gave with one line appended, that of an event at
// bootNS. The events' own times say how long a line has waited, so that a steady
// trickle, in which no moment is idle, is written out too.
func (l *Buffer) Put(b []byte, bootNS uint64) error {
	if len(l.b) == 0 {
		l.oldest = bootNS
	}
	l.b = b
	if len(b) >= fullBytes || bootNS >= l.oldest+oldNS {
		return l.Flush()
	}
	return nil
}

// Flush writes what there is.
func (l *Buffer) Flush() error {
	if len(l.b) == 0 {
		return nil
	}
	_, err := l.w.Write(l.b)
	l.b = l.b[:0]
	return err
}
