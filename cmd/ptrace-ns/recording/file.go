package recording

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
)

// File is a new file that nobody else can read: arguments and environments are in
// it. Each Write is a unit: one that fails is taken back, so that the file ends in
// whole ones whatever happens.
type File struct {
	f     *os.File
	path  string // the name that it is to have
	size  atomic.Int64
	lines bool // of a failed write the whole lines stay
}

// FileOptions say how a file is made.
type FileOptions struct {
	// Replace puts the file in the place of one that is there, once it is closed.
	// Until then it has a name of its own beside it, and the old file stays.
	Replace bool
	// Lines says that the units are lines, of which a Write may hold several.
	Lines bool
}

// CreateFile makes a new file. It follows no symbolic link, and without Replace it
// fails where there is anything of that name (fs.ErrExist). With Replace it takes the
// place of a regular file or of a link, never of anything else.
func CreateFile(path string, o FileOptions) (*File, error) {
	name := path
	if o.Replace {
		if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() && info.Mode()&fs.ModeSymlink == 0 {
			return nil, fmt.Errorf("%s is no regular file and is not replaced", path)
		}
		name = filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()[:8])
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL|noFollow, 0o600)
	if err != nil {
		return nil, err
	}
	// A umask takes rights away, the owner's too.
	if err := f.Chmod(0o600); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(name))
	}
	return &File{f: f, path: path, lines: o.Lines}, nil
}

// Size returns how many bytes are in the file. It may be called at any time.
func (f *File) Size() int64 { return f.size.Load() }

// Path returns the name that the file has once it is closed.
func (f *File) Path() string { return f.path }

// Write writes b wholly or, when that fails, takes back what it wrote of it.
func (f *File) Write(b []byte) (int, error) {
	n, err := f.f.Write(b)
	if err == nil {
		f.size.Add(int64(n))
		return n, nil
	}
	whole := 0
	if f.lines {
		whole = bytes.LastIndexByte(b[:n], '\n') + 1
	}
	end := f.size.Add(int64(whole))
	if cut := f.f.Truncate(end); cut != nil {
		return n, fmt.Errorf("%w, and the file does not end well: %w", err, cut)
	}
	// After a cut the file's offset is beyond its end: what came next would leave a hole.
	if _, seek := f.f.Seek(end, io.SeekStart); seek != nil {
		return whole, errors.Join(err, seek)
	}
	return whole, err
}

// Close makes what was written last, and gives the file its name.
func (f *File) Close() error {
	err := f.f.Sync()
	if closed := f.f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	if f.f.Name() != f.path {
		if err := os.Rename(f.f.Name(), f.path); err != nil {
			return fmt.Errorf("%w; what was recorded is in %s", err, f.f.Name())
		}
	}
	return syncDir(filepath.Dir(f.path))
}

// Discard closes the file and removes it.
func (f *File) Discard() error {
	return errors.Join(f.f.Close(), os.Remove(f.f.Name()))
}
