package kerneltest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Cgroup2 makes a cgroup of the unified hierarchy, gone when the test is.
func Cgroup2(t testing.TB) string {
	t.Helper()
	root, ok := CgroupRoot(t, "cgroup2", "")
	if !ok {
		t.Fatal("the unified cgroup hierarchy is not mounted")
	}
	return MakeCgroup(t, root)
}

// LimitedCgroup makes a cgroup with a limit: in the controller's v1 hierarchy, where
// it has one, else in the unified.
func LimitedCgroup(t testing.TB, controller, v1File, v2File, limit string) string {
	t.Helper()
	if root, ok := CgroupRoot(t, "cgroup", controller); ok {
		dir := MakeCgroup(t, root)
		write(t, filepath.Join(dir, v1File), limit)
		return dir
	}
	dir := Cgroup2(t)
	write(t, filepath.Join(filepath.Dir(dir), "cgroup.subtree_control"), "+"+controller)
	write(t, filepath.Join(dir, v2File), limit)
	return dir
}

// LimitMemory makes a cgroup that may have so many bytes of memory, and no swap
// where that has a limit of its own.
func LimitMemory(t testing.TB, bytes string) string {
	t.Helper()
	dir := LimitedCgroup(t, "memory", "memory.limit_in_bytes", "memory.max", bytes)
	swap := filepath.Join(dir, "memory.swap.max")
	if _, err := os.Stat(swap); err == nil {
		write(t, swap, "0")
	}
	return dir
}

// MakeCgroup makes a cgroup in that directory, gone when the test is.
func MakeCgroup(t testing.TB, under string) string {
	t.Helper()
	dir, err := os.MkdirTemp(under, "ptrace-ns-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // a cgroup is busy until its last process is reaped
		for deadline := time.Now().Add(limit); ; time.Sleep(time.Millisecond) {
			err := os.Remove(dir)
			if err == nil || os.IsNotExist(err) {
				return
			}
			if time.Now().After(deadline) {
				t.Errorf("cgroup: not removed: %v", err)
				return
			}
		}
	})
	return dir
}

// CgroupRoot finds where a hierarchy is mounted, if it is.
func CgroupRoot(t testing.TB, fstype, option string) (string, bool) {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		f := strings.Fields(line)
		if f[2] == fstype && (option == "" || strings.Contains(","+f[3]+",", ","+option+",")) {
			return f[1], true
		}
	}
	return "", false
}

func write(t testing.TB, path, value string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(value), 0); err != nil {
		t.Fatal(err)
	}
}
