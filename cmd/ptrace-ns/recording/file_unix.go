//go:build unix

package recording

import (
	"errors"
	"os"
	"syscall"
)

// noFollow refuses a symbolic link as the last part of a path.
const noFollow = syscall.O_NOFOLLOW

// syncDir makes a new name in a directory last through a power cut.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	err = dir.Sync()
	if closed := dir.Close(); err == nil {
		err = closed
	}
	return err
}

// lock takes an advisory lock (flock(2)) that ends with the file, and fails with
// ErrBusy where another has it. A file system without locks has none.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrBusy
	}
	return nil
}

// Writing reports whether somebody has the file locked, as a recorder has the file that
// it writes. Where that cannot be found out, known is false. Whoever asks has the lock
// himself for a moment if nobody has, shared with others who ask.
func Writing(f *os.File) (writing, known bool) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if err == nil {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
		return false, err == nil
	}
	return true, errors.Is(err, syscall.EWOULDBLOCK)
}
