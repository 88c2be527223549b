//go:build unix

package recording_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
)

func TestFileFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	link, elsewhere := filepath.Join(dir, "link"), filepath.Join(dir, "elsewhere")
	if err := os.Symlink(elsewhere, link); err != nil {
		t.Fatal(err)
	}
	if _, err := recording.CreateFile(link, recording.FileOptions{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("through a link: %v", err)
	}
	// Replaced is the link, not what it leads to.
	f := create(t, link, recording.FileOptions{Replace: true})
	write(t, f, "x")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(elsewhere); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("elsewhere: %v", err)
	}
	if info, err := os.Lstat(link); err != nil || !info.Mode().IsRegular() {
		t.Errorf("the link is %v, %v", info, err)
	}
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := recording.CreateFile(fifo, recording.FileOptions{Replace: true}); err == nil {
		t.Error("a pipe is replaced")
	}
}

// TestFileMode asks for 0600 whatever the umask is: one that is too wide and one that
// would take the owner's own rights.
func TestFileMode(t *testing.T) {
	for _, mask := range []int{0, 0o277} {
		dir := t.TempDir()
		before := syscall.Umask(mask)
		f, err := recording.CreateFile(filepath.Join(dir, "a"), recording.FileOptions{})
		syscall.Umask(before)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(f.Path())
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("with umask %o the mode is %o", mask, got)
		}
	}
}
