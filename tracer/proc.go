//go:build linux

package tracer

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// clockTick is the unit of start times in /proc/PID/stat: USER_HZ is 100 on every
// architecture that is built for.
const clockTick = 10_000_000

// procReader completes snapshots from /proc. It is of use only where /proc has
// the numbers of the initial PID namespace; elsewhere it stays silent rather than
// look up another process's files.
type procReader struct {
	usable bool
	files  procFiles
}

// procFiles is /proc, from which a process may go between any two calls.
type procFiles interface {
	Readlink(name string) (string, error)
	ReadFile(name string) ([]byte, error)
	ReadDir(name string) ([]os.DirEntry, error)
}

// osFiles is the system's own.
type osFiles struct{}

func (osFiles) Readlink(name string) (string, error)       { return os.Readlink(name) }
func (osFiles) ReadDir(name string) ([]os.DirEntry, error) { return os.ReadDir(name) }

// ReadFile reads like os.ReadFile, in half the time: its files can be waited for and have a
// size, those in /proc neither, and a snapshot reads two of each process.
func (osFiles) ReadFile(name string) ([]byte, error) {
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	for errors.Is(err, unix.EINTR) {
		fd, err = unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	defer func() { _ = unix.Close(fd) }() // only read
	content := make([]byte, 0, 512)
	for {
		n, err := unix.Read(fd, content[len(content):cap(content)])
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return nil, &os.PathError{Op: "read", Path: name, Err: err}
		case n == 0:
			return content, nil
		default:
			content = slices.Grow(content[:len(content)+n], 1)
		}
	}
}

func newProcReader() procReader {
	own, err := ownPidns()
	return procReader{err == nil && own == initialPidns, osFiles{}}
}

// complete adds executable, arguments and working directory. They are what the
// process shows of itself now, not what was passed at its exec.
func (r procReader) complete(p *events.Process) {
	if !r.usable || p.Kthread || p.Zombie {
		return
	}
	dir := "/proc/" + strconv.Itoa(int(p.Key.PID)) + "/"
	from := dir
	exe, err := r.files.Readlink(from + "exe")
	if err != nil {
		exe, from = r.exeOfThread(dir)
	}
	cwd, _ := r.files.Readlink(from + "cwd")
	args, argsErr := r.files.ReadFile(from + "cmdline")
	// Asked last: if the number is still the same process's, the rest was, too.
	if !holdsNumber(p) {
		stat, err := r.files.ReadFile(dir + "stat")
		if err != nil || !startedAt(stat, p.Key.Start) {
			return
		}
	}
	p.Exe, p.Cwd = exe, cwd
	if argsErr == nil && len(args) > 0 {
		p.Args = events.Args{Raw: args, Size: uint64(len(args)), Status: events.Complete}
	}
}

// holdsNumber reports whether the process has its number still, where the kernel says so by
// the inode of struct pid (see events.Process): that takes a third of reading a start.
func holdsNumber(p *events.Process) bool {
	if p.PIDIno == 0 {
		return false
	}
	fd, err := unix.PidfdOpen(int(p.Key.PID), 0)
	if err != nil {
		return false
	}
	defer func() { _ = unix.Close(fd) }() // nothing was written
	var st unix.Stat_t
	return unix.Fstat(fd, &st) == nil && st.Ino == p.PIDIno
}

// exeOfThread returns the executable and the directory of a thread that has one: a
// leader that has ended has given its memory back, the process has not.
func (r procReader) exeOfThread(dir string) (exe, from string) {
	threads, err := r.files.ReadDir(dir + "task")
	if err != nil {
		return "", dir
	}
	for _, t := range threads {
		thread := dir + "task/" + t.Name() + "/"
		if exe, err := r.files.Readlink(thread + "exe"); err == nil {
			return exe, thread
		}
	}
	return "", dir
}

// sameStart reports whether the process in that directory began then.
func sameStart(dir string, startNS uint64) bool {
	raw, err := os.ReadFile(dir + "stat")
	return err == nil && startedAt(raw, startNS)
}

// startedAt compares the start in the contents of /proc/PID/stat, which is in ticks,
// cut, and in this process's time namespace.
func startedAt(stat []byte, startNS uint64) bool {
	// The name is in parentheses and may hold anything, parentheses included.
	end := bytes.LastIndexByte(stat, ')')
	if end < 0 {
		return false
	}
	at := 3 // the first field here is the third
	for field := range bytes.FieldsSeq(stat[end+1:]) {
		if at == 22 {
			ticks, err := strconv.ParseUint(string(field), 10, 64)
			return err == nil && ticks == (startNS+uint64(bootOffset()))/clockTick
		}
		at++
	}
	return false
}
