//go:build unix

package recording

import (
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
