//go:build unix

package recording_test

import (
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
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
