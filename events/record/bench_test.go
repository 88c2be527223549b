package record_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

// busy gives a stream to measure: that of the file PTRACE_NS_STREAM, plain lines
// or a recording, else some lives that no kernel has seen.
func busy(b *testing.B) (*events.Header, []*events.Event) {
	b.Helper()
	name := os.Getenv("PTRACE_NS_STREAM")
	if name == "" {
		var all []*events.Event
		for i := range 10_000 {
			all = append(all, life(i)...)
		}
		return header(), all
	}
	file, err := os.ReadFile(name)
	if err != nil {
		b.Fatal(err)
	}
	r, err := record.NewReader(bytes.NewReader(file), record.ReadOptions{})
	if err != nil {
		b.Fatal(err)
	}
	var all []*events.Event
	for {
		ev, err := r.Next(b.Context())
		if errors.Is(err, io.EOF) {
			return r.Header(), all
		}
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, ev.Clone())
	}
}

func write(b *testing.B, h *events.Header, all []*events.Event, o record.Options) []byte {
	var file bytes.Buffer
	w, err := record.NewWriter(&file, h, o)
	if err != nil {
		b.Fatal(err)
	}
	for _, ev := range all {
		if err := w.Put(ev); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(record.Trailer{}); err != nil {
		b.Fatal(err)
	}
	return file.Bytes()
}

// pace takes the time of an event in the best stretch of all: on a machine that
// others use, too, the rest tells of them. A stretch is several frames and short
// enough to be left alone now and then.
type pace struct {
	n     int
	start time.Time
	best  time.Duration
}

const stretch = 1500

// event counts one.
func (p *pace) event() {
	if p.n%stretch == 0 {
		now := time.Now()
		if d := now.Sub(p.start); p.n > 0 && (p.best == 0 || d < p.best) {
			p.best = d
		}
		p.start = now
	}
	p.n++
}

func (p *pace) report(b *testing.B) {
	if p.best == 0 {
		b.Fatal("the stream is too short")
	}
	b.ReportMetric(float64(p.best.Nanoseconds())/stretch, "best-ns/event")
	b.ReportMetric(stretch/p.best.Seconds(), "best-events/s")
}

// BenchmarkSize tells the bytes of an event on disk, in frames of several sizes.
func BenchmarkSize(b *testing.B) {
	h, all := busy(b)
	for _, frame := range []int{8 << 10, 32 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20} {
		b.Run(fmt.Sprintf("%dKiB", frame>>10), func(b *testing.B) {
			var size int
			for b.Loop() {
				size = len(write(b, h, all, record.Options{FrameBytes: frame}))
			}
			b.ReportMetric(float64(size)/float64(len(all)), "B/event")
		})
	}
}

func BenchmarkWrite(b *testing.B) {
	h, all := busy(b)
	var p pace
	for b.Loop() {
		w, err := record.NewWriter(io.Discard, h, record.Options{})
		if err != nil {
			b.Fatal(err)
		}
		for _, ev := range all {
			p.event()
			if err := w.Put(ev); err != nil {
				b.Fatal(err)
			}
		}
	}
	p.report(b)
}

func BenchmarkRead(b *testing.B) {
	readAll(b, func(*record.Reader, *events.Event) {})
}

func BenchmarkReadToJSON(b *testing.B) {
	var out []byte
	readAll(b, func(r *record.Reader, ev *events.Event) {
		if out = ndjson.AppendEvent(out, ev, r.Header().BootTimeNS); len(out) > 64<<10 {
			out = out[:0]
		}
	})
}

// BenchmarkReadToLines hands the file's own lines through, where they are fit for it.
func BenchmarkReadToLines(b *testing.B) {
	var out []byte
	readAll(b, func(r *record.Reader, ev *events.Event) {
		if line := r.Line(); ndjson.Printable(line) {
			out = append(append(out, line...), '\n')
		} else {
			out = ndjson.AppendEvent(out, ev, r.Header().BootTimeNS)
		}
		if len(out) > 64<<10 {
			out = out[:0]
		}
	})
}

func readAll(b *testing.B, each func(*record.Reader, *events.Event)) {
	h, all := busy(b)
	file := write(b, h, all, record.Options{})
	var p pace
	for b.Loop() {
		r, err := record.NewReader(bytes.NewReader(file), record.ReadOptions{})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for ; ; n++ {
			ev, err := r.Next(b.Context())
			if err != nil {
				break
			}
			p.event()
			each(r, ev)
		}
		if n != len(all) {
			b.Fatalf("%d events, want %d", n, len(all))
		}
	}
	p.report(b)
}
