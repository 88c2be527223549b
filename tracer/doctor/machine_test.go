//go:build linux

package doctor

import (
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer"
)

// trials are those of a machine that a test makes up.
type trials struct {
	features map[string]error
	programs []tracer.Trial
	none     error // why no program could be tried
	ring     error
	twice    error
	others   int
	noList   error
	syscalls error
}

func (t trials) Features() map[string]error           { return t.features }
func (t trials) Programs(int) ([]tracer.Trial, error) { return t.programs, t.none }
func (t trials) Ring(int) error                       { return t.ring }
func (t trials) Twice() error                         { return t.twice }
func (t trials) Others() (int, error)                 { return t.others, t.noList }
func (t trials) Syscalls() (io.Closer, error)         { return io.NopCloser(nil), t.syscalls }

func able() trials {
	return trials{
		features: map[string]error{"map ringbuf": nil},
		programs: []tracer.Trial{
			{Program: "task_newtask", Hook: "task_newtask", Instructions: 7},
			{Program: "sched_process_exit_old", Hook: "sched_process_exit"},
			{Program: "snapshot", Hook: "task", Iterator: true},
			{Program: "sys_enter", Hook: "sys_enter"},
		},
	}
}

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

// healthy is a machine to which nothing is missing.
func healthy() fstest.MapFS {
	return fstest.MapFS{
		"proc/self/status":                                file("Name:\tx\nCapEff:\t000001ffffffffff\nCapBnd:\t000001ffffffffff\nNoNewPrivs:\t0\nSeccomp:\t0\n"),
		"proc/self/ns/user":                               {Data: []byte("user:[4026531837]"), Mode: fs.ModeSymlink},
		"proc/self/limits":                                file("Max open files            1024                 524288               files\nMax locked memory         8388608              8388608              bytes\n"),
		"proc/self/cgroup":                                file("0::/system.slice/x.service\n"),
		"proc/self/mountinfo":                             file("22 1 0:21 / /proc rw - proc proc rw\n30 1 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"),
		"proc/self/ns/pid":                                {Data: []byte("pid:[4026531836]"), Mode: fs.ModeSymlink},
		"proc/sys/kernel/random/boot_id":                  file("0\n"),
		"proc/sys/kernel/unprivileged_bpf_disabled":       file("2\n"),
		"sys/kernel/btf/vmlinux":                          file("\x9f\xeb\x01\x00\x18\x00\x00\x00" + strings.Repeat("\x00", 16)),
		"sys/kernel/security/lockdown":                    file("none [integrity] confidentiality\n"),
		"sys/fs/cgroup/cgroup.procs":                      file("1\n"),
		"sys/fs/cgroup/unified/cgroup.procs":              file("1\n"),
		"sys/fs/cgroup/memory/cgroup.procs":               file("1\n"),
		"sys/fs/cgroup/system.slice/x.service/memory.max": file("max\n"),
		"var/lib/docker/containers/x":                     file(""),
	}
}

// with returns the machine with some of its files changed; nil takes one away.
func with(changes map[string]string) fstest.MapFS {
	m := healthy()
	for path, text := range changes {
		if delete(m, path); text != "" {
			mode := fs.FileMode(0)
			if strings.Contains(path, "/ns/") {
				mode = fs.ModeSymlink
			}
			m[path] = &fstest.MapFile{Data: []byte(text), Mode: mode}
		}
	}
	return m
}

// caps is /proc/self/status of one with these capabilities only.
func caps(more string, numbers ...int) string {
	set := uint64(0)
	for _, n := range numbers {
		set |= 1 << n
	}
	return fmt.Sprintf("CapEff:\t%016x\nCapBnd:\t000001ffffffffff\n%s", set, more)
}

// crowd is a memory limit amid that many processes.
func crowd(limit string, processes int) map[string]string {
	m := map[string]string{"sys/fs/cgroup/system.slice/x.service/memory.max": limit}
	for pid := range processes {
		m[fmt.Sprintf("proc/%d/stat", pid+1)] = "x"
	}
	return m
}

func examine(root fs.FS, t trials) *report.Checkup {
	return Examine(&Machine{Release: "6.1.0-28-cloud-amd64", Root: root, Try: t, BufferBytes: 8 << 20})
}

// checkOf returns the one check of that name.
func checkOf(t *testing.T, c *report.Checkup, name, of string) report.Check {
	t.Helper()
	for _, check := range c.Checks {
		if check.Name == name && (of == "" || check.Of == of) {
			return check
		}
	}
	t.Fatalf("nothing is said of %s %s", name, of)
	return report.Check{}
}

// unreadable is a file system with a directory that may not be listed.
type unreadable struct {
	fstest.MapFS
	dir string
}

func (u unreadable) ReadDir(name string) ([]fs.DirEntry, error) {
	if name == u.dir {
		return nil, fs.ErrPermission
	}
	return u.MapFS.ReadDir(name)
}

// Stat says that what is below a directory that may not be entered may not be looked at.
func (u unreadable) Stat(name string) (fs.FileInfo, error) {
	if strings.HasPrefix(name, u.dir+"/") {
		return nil, fs.ErrPermission
	}
	return u.MapFS.Stat(name)
}
