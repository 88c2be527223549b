//go:build linux

package tracer

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// A number is the same process's while struct pid is; where nobody knows its inode, the
// start has to tell.
func TestHoldsNumber(t *testing.T) {
	fd, err := unix.PidfdOpen(os.Getpid(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		t.Fatal(err)
	}
	self := int32(os.Getpid())
	for _, c := range []struct {
		pid  int32
		ino  uint64
		want bool
	}{{self, st.Ino, true}, {self, st.Ino + 1, false}, {self, 0, false}, {-1, st.Ino, false}} {
		p := events.Process{Key: events.ProcKey{PID: c.pid}, PIDIno: c.ino}
		if got := holdsNumber(&p); got != c.want {
			t.Errorf("%d with inode %d: %v, want %v", c.pid, c.ino, got, c.want)
		}
	}
}
