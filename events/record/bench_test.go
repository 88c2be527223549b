package record_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"

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

// perEvent reports the CPU time of each event: the clock of a machine that others
// use, too, tells little.
func perEvent(b *testing.B, n int, run func()) {
	ops, start := 0, cpuTime(b)
	for b.Loop() {
		run()
		ops++
	}
	spent := cpuTime(b) - start
	b.ReportMetric(float64(spent.Nanoseconds())/float64(ops*n), "cpu-ns/event")
	b.ReportMetric(float64(ops*n)/spent.Seconds(), "events/cpu-s")
}

func BenchmarkWrite(b *testing.B) {
	h, all := busy(b)
	var size int
	perEvent(b, len(all), func() { size = len(write(b, h, all, record.Options{})) })
	b.ReportMetric(float64(size)/float64(len(all)), "B/event")
}

func BenchmarkReadToJSON(b *testing.B) {
	h, all := busy(b)
	file := write(b, h, all, record.Options{})
	perEvent(b, len(all), func() {
		r, err := record.NewReader(bytes.NewReader(file), record.ReadOptions{})
		if err != nil {
			b.Fatal(err)
		}
		var out []byte
		n := 0
		for {
			ev, err := r.Next(b.Context())
			if err != nil {
				break
			}
			n++
			if out = ndjson.AppendEvent(out, ev, r.Header().BootTimeNS); len(out) > 64<<10 {
				out = out[:0]
			}
		}
		if n != len(all) {
			b.Fatalf("%d events, want %d", n, len(all))
		}
	})
}

func BenchmarkRead(b *testing.B) {
	h, all := busy(b)
	file := write(b, h, all, record.Options{})
	perEvent(b, len(all), func() {
		r, err := record.NewReader(bytes.NewReader(file), record.ReadOptions{})
		if err != nil {
			b.Fatal(err)
		}
		for err == nil {
			_, err = r.Next(b.Context())
		}
	})
}
