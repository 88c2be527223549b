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
// whole ones whatever happens. While it is written it is locked: no other File
// replaces it.
type File struct {
	f     *os.File
	path  string   // the name that it is to have
	old   *os.File // that it replaces, locked; nil is none
	size  atomic.Int64
	lines bool  // of a failed write the whole lines stay
	whole int64 // lines that were written
	short bool  // a write failed: what is there is not all
}

// ErrBusy says that another program of this kind is writing the file, or is about to
// replace it.
var ErrBusy = errors.New("is being written by another recorder")

// FileOptions say how a file is made.
type FileOptions struct {
	// Replace puts the file in the place of a regular one that is there, once it is
	// closed. Until then it has a name of its own beside it, and the old file stays.
	Replace bool
	// Owner is whose the file is; nil is whoever makes it.
	Owner *Owner
	// Lines says that the units are lines, of which a Write may hold several.
	Lines bool
}

// Owner is a user and a group by their numbers.
type Owner struct{ UID, GID int }

// CreateFile makes a new file. It follows no symbolic link, and without Replace it
// fails where there is anything of that name (fs.ErrExist). With Replace it takes the
// place of a regular file, never of a link or of anything else, and fails with ErrBusy
// where that file is still written.
func CreateFile(path string, o FileOptions) (*File, error) {
	f := &File{path: path, lines: o.Lines}
	name := path
	var err error
	if o.Replace {
		if f.old, err = claim(path); err != nil {
			return nil, err
		}
		if f.old != nil {
			name = filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()[:8])
		}
	}
	if f.f, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL|noFollow, 0o600); err != nil {
		return nil, errors.Join(err, f.release())
	}
	// A umask takes rights away, the owner's too.
	err = f.f.Chmod(0o600)
	if err == nil && o.Owner != nil {
		err = f.f.Chown(o.Owner.UID, o.Owner.GID)
	}
	if err == nil {
		err = lock(f.f)
	}
	if err != nil {
		return nil, errors.Join(err, f.Discard())
	}
	return f, nil
}

// claim locks the file that is to be replaced, nil where there is none: of two who
// want to, or of one who writes it and one who wants to, the second is refused.
func claim(path string) (*os.File, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no regular file but %s, which is not replaced: remove it or choose another name", path, kind(info))
	}
	old, err := os.OpenFile(path, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return nil, err
	}
	if err = lock(old); err == nil {
		err = same(path, old)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s %w", path, err), old.Close())
	}
	return old, nil
}

// same fails with ErrBusy unless the name still is that file's.
func same(path string, f *os.File) error {
	there, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nothing is lost by taking its place
	}
	was, failed := f.Stat()
	if err = errors.Join(err, failed); err == nil && !os.SameFile(there, was) {
		err = ErrBusy
	}
	return err
}

func kind(info fs.FileInfo) string {
	switch mode := info.Mode(); {
	case mode&fs.ModeSymlink != 0:
		return "a symbolic link"
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	}
	return "something special"
}

// Size returns how many bytes are in the file. It may be called at any time.
func (f *File) Size() int64 { return f.size.Load() }

// Path returns the name that the file has once it is closed.
func (f *File) Path() string { return f.path }

// Name returns the name that the file has until then.
func (f *File) Name() string { return f.f.Name() }

// Write writes b wholly or, when that fails, takes back what it wrote of it.
func (f *File) Write(b []byte) (int, error) {
	n, err := f.f.Write(b)
	if err == nil {
		f.size.Add(int64(n))
		f.countLines(b)
		return n, nil
	}
	f.short = true
	whole := 0
	if f.lines {
		whole = bytes.LastIndexByte(b[:n], '\n') + 1
		f.countLines(b[:whole])
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

func (f *File) countLines(b []byte) {
	if f.lines {
		f.whole += int64(bytes.Count(b, []byte{'\n'}))
	}
}

// Lines returns how many lines were written to a file of lines.
func (f *File) Lines() int64 { return f.whole }

// lasting makes a new name in a directory last through a power cut; a test sees when.
var lasting = syncDir

// Close makes what was written last, and gives the file its name. Where that name is
// now another file's than the one that was to be replaced, neither is touched. Nor is
// the one that was to be replaced when a write failed: it is all there, and this is not.
func (f *File) Close() error {
	err := errors.Join(f.f.Sync(), f.f.Close())
	if f.old != nil {
		switch {
		case err == nil && f.short:
			err = fmt.Errorf("%s stays as it was, for not all of the new one could be written", f.path)
		case err == nil:
			err = f.rename()
		}
		if err != nil {
			err = fmt.Errorf("%w; what was recorded is in %s", err, f.Name())
		}
	}
	if err = errors.Join(err, f.release()); err != nil {
		return err
	}
	return lasting(filepath.Dir(f.path))
}

// rename gives the file the name that it is to have.
func (f *File) rename() error {
	err := same(f.path, f.old)
	if errors.Is(err, ErrBusy) {
		return fmt.Errorf("%s was replaced meanwhile by another program, and is left alone", f.path)
	}
	// Not every system renames a file over one that is open.
	if err = errors.Join(err, f.release()); err == nil {
		err = os.Rename(f.Name(), f.path)
	}
	return err
}

// release lets go of the file that was to be replaced.
func (f *File) release() error {
	old := f.old
	f.old = nil
	if old == nil {
		return nil
	}
	return old.Close()
}

// Leave closes the file where it is and makes it last: what it was to replace stays, and
// it keeps its Name.
func (f *File) Leave() error {
	err := errors.Join(f.f.Sync(), f.f.Close(), f.release())
	return errors.Join(err, lasting(filepath.Dir(f.path)))
}

// Discard closes the file and removes it.
func (f *File) Discard() error {
	return errors.Join(f.f.Close(), os.Remove(f.f.Name()), f.release())
}
