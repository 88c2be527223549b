package record

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// Options say how a recording is written. The zero value is good.
type Options struct {
	// FlushEvery is the longest that a record waits in memory; one second when 0.
	FlushEvery time.Duration
	// FrameBytes is the most that a frame holds before compression; 256 KiB when 0,
	// at most MaxFrame. Smaller and larger ones compress worse (docs/bench/record.txt).
	FrameBytes int
	// MaxBytes is the most that the file may have, its trailer included; 0 is no bound.
	MaxBytes int64
}

// Writer writes a recording. It is a Sink, and the only one that several
// goroutines may use: a frame ends in time though no event comes.
type Writer struct {
	mu       sync.Mutex
	w        io.Writer
	quick    *zstd.Encoder // of frames that are full
	thorough *zstd.Encoder // of others
	o        Options
	bootTime int64
	lines    []byte // of the frame to come
	line     []byte
	encoder  ndjson.Encoder
	packed   []byte
	frame    marker
	waiting  [256]uint64 // events of the frame to come, by kind
	timer    *time.Timer
	due      time.Time
	counts   Trailer
	size     int64
	err      error // the first; nothing is written behind it
}

// errClosed is the error of a Writer that has been closed.
var errClosed = errors.New("recording is closed")

// NewWriter writes the header to w, at once and in a frame of its own. Each frame
// is one call of w.Write; who closes w does so after Writer.Close.
func NewWriter(w io.Writer, h *events.Header, o Options) (*Writer, error) {
	if o.FlushEvery <= 0 {
		o.FlushEvery = time.Second
	}
	if o.FrameBytes <= 0 {
		o.FrameBytes = 256 << 10
	}
	o.FrameBytes = min(o.FrameBytes, MaxFrame)
	wr := &Writer{w: w, o: o, bootTime: h.BootTimeNS, counts: Trailer{ByKind: map[events.Kind]uint64{}}}
	var err error
	if wr.quick, err = compressor(zstd.SpeedDefault); err != nil {
		return nil, err
	}
	if wr.thorough, err = compressor(zstd.SpeedBetterCompression); err != nil {
		return nil, err
	}
	if wr.lines, err = ndjson.AppendHeader(nil, h); err != nil {
		return nil, fmt.Errorf("header of the recording: %w", err)
	}
	if !wr.takes(len(wr.pack(wr.lines))) {
		return nil, fmt.Errorf("header of the recording: %w", ErrNoRoom)
	}
	wr.endFrame()
	return wr, wr.err
}

func compressor(level zstd.EncoderLevel) (*zstd.Encoder, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true), zstd.WithEncoderLevel(level))
	if err != nil {
		return nil, fmt.Errorf("compressor of the recording: %w", err)
	}
	return enc, nil
}

// Put takes one event. It writes when a frame is full, and behind every
// PidnsDestroy. The error is the first of all writes, after which nothing is written, or
// ErrNoRoom, of this event alone.
func (w *Writer) Put(ev *events.Event) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	w.line = w.encoder.AppendEvent(w.line[:0], ev, w.bootTime)
	if len(w.line) > MaxFrame {
		return fmt.Errorf("event %d of %d bytes is larger than a recording takes", ev.Seq, len(w.line))
	}
	if len(w.lines)+len(w.line) > w.o.FrameBytes {
		w.endFrame()
	}
	exact, err := w.makeRoom()
	if err != nil {
		return err
	}
	if len(w.lines) == 0 {
		w.startTimer()
	}
	w.lines = append(w.lines, w.line...)
	w.frame.count(ev.Seq, ev.BootNS)
	w.waiting[ev.Kind]++
	if ev.Kind == events.PidnsDestroy || exact {
		w.endFrame()
	}
	return w.err
}

// Flush ends a frame that has waited for its time. Sooner it does nothing: an idle
// moment alone is no reason for a small frame. Sync always writes.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.lines) > 0 && !time.Now().Before(w.due) {
		w.endFrame()
	}
	return w.err
}

// Sync writes all that was put.
func (w *Writer) Sync() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.endFrame()
	return w.err
}

// Close writes what is left and the trailer. Its Events and ByKind are what was
// written, whatever t says. It does not close the file.
func (w *Writer) Close(t Trailer) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.endFrame()
	if w.timer != nil {
		w.timer.Stop()
	}
	t.Events, t.ByKind = w.counts.Events, w.counts.ByKind
	w.lines = ndjson.AppendTrailer(w.lines[:0], &t)
	w.endFrame()
	err := w.err
	if w.err == nil {
		w.err = errClosed
	}
	return err
}

// Size returns how many bytes have been written: up to there the file is whole,
// whatever a failed write has left behind.
func (w *Writer) Size() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.size
}

// startTimer makes the frame end in time though neither Put nor Flush is called.
func (w *Writer) startTimer() {
	w.due = time.Now().Add(w.o.FlushEvery)
	if w.timer == nil {
		w.timer = time.AfterFunc(w.o.FlushEvery, func() { w.Flush() }) //nolint:errcheck // the next call tells it
		return
	}
	w.timer.Reset(w.o.FlushEvery)
}

// endFrame writes the lines as one frame, behind its marker.
func (w *Writer) endFrame() {
	if len(w.lines) == 0 || w.err != nil {
		return
	}
	packed := w.pack(w.lines)
	frame := packed[markerSize:]
	w.frame.packed, w.frame.size = uint32(len(frame)), uint32(len(w.lines))
	w.frame.sum = crc32.Checksum(frame, castagnoli)
	w.frame.append(packed[:0])
	if _, err := w.w.Write(packed); err != nil {
		w.err = fmt.Errorf("recording: %w", err)
		return
	}
	w.size += int64(len(packed))
	w.count()
	w.lines, w.frame = w.lines[:0], marker{}
}

// pack compresses lines, and leaves room for a marker before them.
func (w *Writer) pack(lines []byte) []byte {
	// In little that comes slowly it pays to look for what repeats for longer: 8 % of the
	// frame for 1 µs an event, which a busy stream would not have (docs/bench/record.txt).
	enc := w.thorough
	if len(lines) > w.o.FrameBytes/2 {
		enc = w.quick
	}
	var room [markerSize]byte
	w.packed = enc.EncodeAll(lines, append(w.packed[:0], room[:]...))
	return w.packed
}

// count adds the frame's events to those that are written.
func (w *Writer) count() {
	for kind, n := range w.waiting {
		if n > 0 {
			w.counts.Events += n
			w.counts.ByKind[events.Kind(kind)] += n
		}
	}
	clear(w.waiting[:])
}
