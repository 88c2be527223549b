//go:build unix

package recording_test

import (
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

// TestFailedWriteIsTakenBack lets a write fail halfway by the limit on the size of
// files (R05): whole lines stay, and of a frame nothing; what comes later follows
// without a hole.
func TestFailedWriteIsTakenBack(t *testing.T) {
	for _, c := range []struct {
		lines bool
		want  string
	}{{true, "whole\nwhole too\nlast\n"}, {false, "whole\nlast\n"}} {
		path := filepath.Join(t.TempDir(), "f")
		f := create(t, path, recording.FileOptions{Lines: c.lines})
		write(t, f, "whole\n")
		lift := limitFiles(t, 20)
		_, err := f.Write([]byte("whole too\nhalf a line\n"))
		lift()
		if err == nil {
			t.Fatal("more was written than fits")
		}
		write(t, f, "last\n")
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if got := content(t, path); got != c.want || f.Size() != int64(len(c.want)) {
			t.Errorf("lines %t: the file has %q, size %d", c.lines, got, f.Size())
		}
	}
}

// TestFailedFrame has a file without room for the next frame, or for all of the next
// lines: what is there stays whole, but has no end, which a reader says; and only that is
// counted.
func TestFailedFrame(t *testing.T) {
	for _, name := range []string{"a.zst", "a.ndjson"} {
		path := filepath.Join(t.TempDir(), name)
		r := recorder(t, recording.Options{Path: path, RotateSize: 256 << 10})
		if err := r.Flush(); err != nil {
			t.Fatal(err)
		}
		before := r.Size()
		var err error
		func() {
			defer limitFiles(t, uint64(before)+60_000)()
			for seq := uint64(1); seq <= 5000 && err == nil; seq++ {
				err = r.Put(noise(seq))
			}
		}()
		if err == nil {
			t.Fatal("everything was written")
		}
		size, written := r.Size(), r.Written()[events.Snapshot]
		if closed := r.Close(record.Trailer{}); closed == nil && name == "a.zst" {
			t.Error("Close says nothing of what is not there")
		}
		if r.Size() != size || size < before {
			t.Errorf("the file has %d bytes, then %d, with a header of %d", size, r.Size(), before)
		}
		if n := readable(t, path); written == 0 || n != written || r.Written()[events.Snapshot] != n {
			t.Errorf("%s: %d events are there, counted are %d, then %d", name, n, written, r.Written()[events.Snapshot])
		}
	}
}

// readable counts the events of a file without a trailer.
func readable(t *testing.T, path string) (n uint64) {
	t.Helper()
	r, err := record.NewReader(strings.NewReader(content(t, path)), record.ReadOptions{})
	for err == nil {
		if _, err = r.Next(t.Context()); err == nil {
			n++
		}
	}
	return n
}

// limitFiles lets no file of this process grow beyond size until lift is called.
func limitFiles(t *testing.T, size uint64) (lift func()) {
	t.Helper()
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	limit := before
	limit.Cur = size
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	return func() {
		syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before)
		signal.Reset(syscall.SIGXFSZ)
	}
}
