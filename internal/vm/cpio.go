package main

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// archive writes a cpio archive in the "newc" form that the kernel unpacks into its
// first root file system (Documentation/driver-api/early-userspace/buffer-format.rst).
// Where a name comes twice, the later file wins.
type archive struct {
	w    *bufio.Writer
	ino  int
	dirs map[string]bool
	err  error
}

func newArchive(w io.Writer) *archive {
	return &archive{w: bufio.NewWriterSize(w, 1<<20), dirs: map[string]bool{"/": true}}
}

// close ends the archive and returns the first error there was.
func (a *archive) close() error {
	a.entry("/TRAILER!!!", 0, strings.NewReader(""), 0)
	if err := a.w.Flush(); a.err == nil {
		a.err = err
	}
	return a.err
}

// dir adds a directory and those above it, unless they are there.
func (a *archive) dir(path string, mode fs.FileMode) {
	if a.dirs[path] {
		return
	}
	a.dir(filepath.Dir(path), 0o755)
	a.dirs[path] = true
	a.entry(path, unix.S_IFDIR|uint32(mode.Perm()), nil, 0)
}

func (a *archive) bytes(path string, data []byte) {
	a.dir(filepath.Dir(path), 0o755)
	a.entry(path, unix.S_IFREG|0o644, strings.NewReader(string(data)), int64(len(data)))
}

func (a *archive) link(path, target string) {
	a.dir(filepath.Dir(path), 0o755)
	a.entry(path, unix.S_IFLNK|0o777, strings.NewReader(target), int64(len(target)))
}

// file adds one file of this machine; what is neither file, directory nor symbolic
// link is left out.
func (a *archive) file(path, from string) error {
	info, err := os.Lstat(from)
	if err != nil {
		return fmt.Errorf("machine's file: %w", err)
	}
	switch {
	case info.IsDir():
		a.dir(path, info.Mode())
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(from)
		if err != nil {
			return fmt.Errorf("machine's file: %w", err)
		}
		a.link(path, target)
	case info.Mode().IsRegular():
		file, err := os.Open(from)
		if err != nil {
			return fmt.Errorf("machine's file: %w", err)
		}
		defer file.Close()
		a.dir(filepath.Dir(path), 0o755)
		a.entry(path, unix.S_IFREG|uint32(info.Mode().Perm()), file, info.Size())
	}
	return a.err
}

// tree adds all that is below a directory of this machine.
func (a *archive) tree(path, from string) error {
	return filepath.WalkDir(from, func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		return a.file(filepath.Join(path, rel), name)
	})
}

func (a *archive) entry(path string, mode uint32, data io.Reader, size int64) {
	if a.err != nil {
		return
	}
	a.ino++
	name := strings.TrimPrefix(path, "/")
	fmt.Fprintf(a.w, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		a.ino, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, len(name)+1, 0)
	a.pad(int64(110+len(name)+1), name+"\x00")
	if data == nil {
		return
	}
	// A file that shrinks meanwhile must not shift what follows.
	if n, err := io.CopyN(a.w, data, size); err != nil {
		a.err = fmt.Errorf("machine's file %s: %d of %d bytes: %w", path, n, size, err)
		return
	}
	a.pad(size, "")
}

// pad writes text and fills up to a multiple of four, size being what is written by
// then.
func (a *archive) pad(size int64, text string) {
	if _, err := a.w.WriteString(text + "\x00\x00\x00"[:(4-size%4)%4]); err != nil && a.err == nil {
		a.err = err
	}
}
