//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// mounts are made in this order. What a kernel was built without is not missed
// here: the test that needs it says so.
var mounts = []struct {
	kind, path string
	needed     bool
}{
	{"proc", "/proc", true},
	{"sysfs", "/sys", true},
	{"devtmpfs", "/dev", true},
	{"devpts", "/dev/pts", true},
	{"tmpfs", "/dev/shm", true},
	{"tmpfs", "/run", true},
	{"cgroup2", "/sys/fs/cgroup", true},
	{"bpf", "/sys/fs/bpf", false},
	{"securityfs", "/sys/kernel/security", false},
	{"debugfs", "/sys/kernel/debug", false},
	{"tracefs", "/sys/kernel/tracing", false},
}

func prepare() error {
	if err := newRoot(); err != nil {
		return err
	}
	for _, m := range mounts {
		os.MkdirAll(m.path, 0o755) // the mount says it
		if err := unix.Mount(m.kind, m.path, m.kind, 0, ""); err != nil && m.needed {
			return fmt.Errorf("mount %s: %w", m.path, err)
		}
	}
	for _, dir := range []string{"/tmp", "/var/tmp", "/dev/shm"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if err := os.Chmod(dir, 0o777|os.ModeSticky); err != nil {
			return err
		}
	}
	os.Symlink("/proc/self/fd", "/dev/fd")                     // there already
	os.Symlink("pts/ptmx", "/dev/ptmx")                        // there already
	os.WriteFile("/proc/sys/kernel/hostname", []byte("vm"), 0) // a name is no need
	if err := names(); err != nil {
		return err
	}
	if err := loopbackUp(); err != nil {
		return err
	}
	return applets()
}

// names writes what containerd copies into each pod, where the root file system has none.
func names() error {
	for path, text := range map[string]string{"/etc/hosts": "127.0.0.1 localhost vm\n", "/etc/resolv.conf": ""} {
		if _, err := os.Stat(path); err == nil {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// newRoot puts a mount over the kernel's first root, which pivot_root refuses to
// leave: container runtimes could not work.
func newRoot() error {
	const dir = "/newroot"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := unix.Mount("/", dir, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("bind root: %w", err)
	}
	if err := os.Chdir(dir); err != nil {
		return err
	}
	if err := unix.Mount(".", "/", "", unix.MS_MOVE, ""); err != nil {
		return fmt.Errorf("move root: %w", err)
	}
	if err := unix.Chroot("."); err != nil {
		return fmt.Errorf("chroot: %w", err)
	}
	return os.Chdir("/")
}

// applets gives each of busybox's commands its name, where no other program has it.
func applets() error {
	busybox, err := exec.LookPath("/bin/busybox")
	if err != nil {
		return nil //nolint:nilerr // a machine without it runs static programs
	}
	out, err := exec.Command(busybox, "--list-full").Output()
	if err != nil {
		return fmt.Errorf("busybox: %w", err)
	}
	for _, name := range fields(out) {
		name = filepath.Base(name)
		if has(name) {
			continue
		}
		if err := os.Symlink(busybox, filepath.Join("/bin", name)); err != nil {
			return fmt.Errorf("busybox: %w", err)
		}
	}
	return nil
}

func has(name string) bool {
	for _, dir := range []string{"/bin", "/sbin", "/usr/bin", "/usr/sbin"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("loopback: %w", err)
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq("lo")
	if err != nil {
		return fmt.Errorf("loopback: %w", err)
	}
	req.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, req); err != nil {
		return fmt.Errorf("loopback: %w", err)
	}
	return nil
}
