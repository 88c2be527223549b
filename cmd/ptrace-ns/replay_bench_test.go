package main

import (
	"context"
	"io"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

// BenchmarkReplay has the whole way from the file to what is printed, at some 100 000
// events a turn; "ns/event" is what it is about.
func BenchmarkReplay(b *testing.B) {
	path := filepath.Join(b.TempDir(), "many.zst")
	var all []*events.Event
	for i := range 4500 {
		for _, ev := range family() {
			ev.Process.Key.Start += uint64(i)
			ev.Process.Full, ev.Process.Exe, ev.Process.Args = true, "/usr/bin/busybox", events.ArgsOf("sh", "-c", "echo "+strconv.Itoa(i))
			all = append(all, ev)
		}
	}
	if err := write(path, all); err != nil {
		b.Fatal(err)
	}
	for _, output := range []string{"json", "text"} {
		b.Run(output, func(b *testing.B) {
			for b.Loop() {
				a := &app{out: io.Discard, err: io.Discard, getenv: func(string) string { return "" }, width: func() int { return 0 }}
				a.setUpLog()
				root := newRoot(a)
				root.SetArgs([]string{"replay", "-q", "-o", output, path})
				if err := root.ExecuteContext(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(all)), "ns/event")
		})
	}
}

// write makes a recording of told events.
func write(path string, all []*events.Event) error {
	w := &watch{watchOptions: &watchOptions{file: path}, app: &app{}}
	file, err := w.createFile()
	if err != nil {
		return err
	}
	file.begin(&events.Header{StartNS: 1})
	for i, ev := range all {
		ev.Seq = uint64(i + 1)
		if ev.Kind == events.SnapshotEnd {
			ev.Kind = events.Rename
		}
		if err := file.Put(ev); err != nil {
			return err
		}
	}
	file.close(record.Trailer{})
	return file.err
}
