package container

import (
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// openFile opens a regular file and nothing else: no link, no FIFO to hang on, no
// device that opening would set off. It is looked at before it is opened for reading.
func openFile(path string) (*os.File, error) {
	handle, err := unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer func() { _ = unix.Close(handle) }() // a handle without data
	var st unix.Stat_t
	if err := unix.Fstat(handle, &st); err != nil {
		return nil, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, fmt.Errorf("%s: %w", path, errNotRegular)
	}
	return os.OpenFile("/proc/self/fd/"+strconv.Itoa(handle), os.O_RDONLY, 0)
}

// fileOwner returns the uid that owns what is there, no link followed; false is nothing.
func fileOwner(path string) (uint32, bool) {
	info, err := os.Lstat(path)
	if err != nil {
		return 0, false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return st.Uid, true
}
