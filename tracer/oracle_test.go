//go:build linux

package tracer

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// What /proc says: the tests' own reading, not the tracer's.

func procFile(t *testing.T, pid int, name string) string {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// status returns a field of /proc/PID/status.
func status(t *testing.T, pid int, field string) string {
	t.Helper()
	for line := range strings.Lines(procFile(t, pid, "status")) {
		if value, ok := strings.CutPrefix(line, field+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	t.Fatalf("process %d: no %s in status", pid, field)
	return ""
}

func ppid(t *testing.T, pid int) int {
	t.Helper()
	n, err := strconv.Atoi(status(t, pid, "PPid"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// nsPIDs returns the PID at every level.
func nsPIDs(t *testing.T, pid int) []int {
	t.Helper()
	var pids []int
	for _, field := range strings.Fields(status(t, pid, "NSpid")) {
		n, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, n)
	}
	return pids
}

func chainPIDs(chain events.PIDChain) []int {
	var pids []int
	for _, e := range chain {
		pids = append(pids, int(e.PID))
	}
	return pids
}

func nsInum(t *testing.T, pid int, name string) uint32 {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Stat(fmt.Sprintf("/proc/%d/ns/%s", pid, name), &st); err != nil {
		t.Fatal(err)
	}
	return uint32(st.Ino)
}

func namespaces(t *testing.T, pid int) events.Namespaces {
	t.Helper()
	return events.Namespaces{
		PID: nsInum(t, pid, "pid"), PIDForChildren: nsInum(t, pid, "pid_for_children"),
		Mnt: nsInum(t, pid, "mnt"), Net: nsInum(t, pid, "net"), UTS: nsInum(t, pid, "uts"),
		IPC: nsInum(t, pid, "ipc"), User: nsInum(t, pid, "user"), Cgroup: nsInum(t, pid, "cgroup"),
		Time: nsInum(t, pid, "time"),
	}
}

// startTicks returns field 22 of /proc/PID/stat.
func startTicks(t *testing.T, pid int) uint64 {
	t.Helper()
	stat := []byte(procFile(t, pid, "stat"))
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	ticks, err := strconv.ParseUint(fields[22-3], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return ticks
}

// pidfdIno returns the inode of the process's pidfd, 0 before Linux 6.9, where all
// pidfds shared one.
func pidfdIno(t *testing.T, pid int) uint64 {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	var fs unix.Statfs_t
	var st unix.Stat_t
	if err := unix.Fstatfs(fd, &fs); err != nil {
		t.Fatal(err)
	}
	if err := unix.Fstat(fd, &st); err != nil {
		t.Fatal(err)
	}
	const pidfs = 0x50494446 // PID_FS_MAGIC, include/uapi/linux/magic.h
	if fs.Type != pidfs {
		return 0
	}
	return st.Ino
}

func inode(t *testing.T, path string) uint64 {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		t.Fatal(err)
	}
	return st.Ino
}

func writeFile(t *testing.T, path, value string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(value), 0); err != nil {
		t.Fatal(err)
	}
}
