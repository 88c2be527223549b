//go:build unix

package recording_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
)

// F08: of two writers who want the same place the second is told, before it records
// anything, and when the first is done there is no other file than its own.
func TestF08TwoWriters(t *testing.T) {
	for _, there := range []string{"", "old"} {
		dir := t.TempDir()
		path := filepath.Join(dir, "a")
		if there != "" {
			if err := os.WriteFile(path, []byte(there), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		first := create(t, path, recording.FileOptions{Replace: true})
		write(t, first, "first")
		if _, err := recording.CreateFile(path, recording.FileOptions{Replace: true}); !errors.Is(err, recording.ErrBusy) {
			t.Errorf("with %q there the second writer gets %v", there, err)
		}
		if got := content(t, path); there != "" && got != there {
			t.Errorf("before Close there is %q", got)
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		if got := content(t, path); got != "first" {
			t.Errorf("in the end there is %q", got)
		}
		if all := names(t, dir); len(all) != 1 {
			t.Errorf("there are %q", all)
		}
		// It is done, and can be replaced.
		next := create(t, path, recording.FileOptions{Replace: true})
		if err := next.Discard(); err != nil {
			t.Error(err)
		}
	}
}

// F07: a link is neither followed nor replaced, whatever it leads to; it may be the
// machine's /dev/stdout.
func TestF07LinksAndPipes(t *testing.T) {
	dir := t.TempDir()
	link, elsewhere := filepath.Join(dir, "link"), filepath.Join(dir, "elsewhere")
	if err := os.Symlink(elsewhere, link); err != nil {
		t.Fatal(err)
	}
	for _, there := range []bool{false, true} {
		if there {
			if err := os.WriteFile(elsewhere, []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := recording.CreateFile(link, recording.FileOptions{}); !errors.Is(err, fs.ErrExist) {
			t.Errorf("through a link: %v", err)
		}
		if _, err := recording.CreateFile(link, recording.FileOptions{Replace: true}); err == nil || !strings.Contains(err.Error(), "a symbolic link") {
			t.Errorf("in the place of a link: %v", err)
		}
	}
	if target, err := os.Readlink(link); err != nil || target != elsewhere {
		t.Errorf("the link leads to %q: %v", target, err)
	}
	if got := content(t, elsewhere); got != "x" {
		t.Errorf("elsewhere is %q", got)
	}
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, replace := range []bool{false, true} {
		if _, err := recording.CreateFile(fifo, recording.FileOptions{Replace: replace}); err == nil {
			t.Errorf("a pipe is written, replaced %t", replace)
		}
	}
	if all := names(t, dir); len(all) != 3 {
		t.Errorf("there are %q", all)
	}
}

// F08: the name that a file gets is made last through a power cut once it has it, and a
// directory in which that fails is an error.
func TestF08NameLasts(t *testing.T) {
	for _, there := range []bool{false, true} {
		dir := t.TempDir()
		path := filepath.Join(dir, "a")
		if there {
			if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		f := create(t, path, recording.FileOptions{Replace: true})
		write(t, f, "new")
		var synced []string
		undo := recording.OnSync(func(of string) { synced = append(synced, of+" with "+content(t, path)) })
		err := f.Close()
		undo()
		if err != nil || len(synced) != 1 || synced[0] != dir+" with new" {
			t.Errorf("synced are %q: %v", synced, err)
		}
	}
	dir := filepath.Join(t.TempDir(), "moved")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	f := create(t, filepath.Join(dir, "a"), recording.FileOptions{})
	if err := os.Rename(dir, dir+"-away"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of a directory that is gone: %v", err)
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
