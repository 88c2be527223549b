package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// image is made here from a static busybox: no registry is asked for anything. Its
// tag is this run's own, since another may end first.
var image = fmt.Sprintf("pns-e2e:%d", os.Getpid())

var (
	imageMade bool
	makeImage = sync.OnceValue(func() error {
		root, err := busyboxRoot()
		if err != nil {
			return err
		}
		imageMade = true
		removeStaleImages()
		sh := exec.Command("sh", "-c", `tar -C "$1" -c . | docker import - "$2"`, "sh", root, image)
		if out, err := sh.CombinedOutput(); err != nil {
			return fmt.Errorf("docker import: %w: %s", err, out)
		}
		return nil
	})
	// busyboxRoot makes a root file system that can run a shell.
	busyboxRoot = sync.OnceValues(func() (string, error) {
		root := filepath.Join(workDir, "rootfs")
		script := `mkdir -p "$1/bin" "$1/proc" "$1/dev" "$1/sys" "$1/etc" "$1/tmp" && cp "$2" "$1/bin/busybox" &&
			for name in sh sleep true; do ln -s busybox "$1/bin/$name"; done`
		busybox, err := exec.LookPath("busybox")
		if err != nil {
			return "", err
		}
		if out, err := exec.Command("sh", "-c", script, "sh", root, busybox).CombinedOutput(); err != nil {
			return "", fmt.Errorf("root file system: %w: %s", err, out)
		}
		return root, nil
	})
)

func removeImage() {
	if imageMade {
		exec.Command("docker", "rmi", "-f", image).Run()
	}
}

// removeStaleImages removes those of runs that were killed: what is behind their names'
// colon is the PID of a process that is gone.
func removeStaleImages() {
	out, err := exec.Command("docker", "images", "--format", "{{.Repository}}:{{.Tag}}").Output()
	if err != nil {
		return
	}
	for name := range strings.FieldsSeq(string(out)) {
		repository, tag, _ := strings.Cut(name, ":")
		pid, err := strconv.Atoi(tag)
		if err != nil || pid <= 0 || repository != "pns-e2e" && repository != "pns-own" {
			continue
		}
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			exec.Command("docker", "rmi", "-f", name).Run()
		}
	}
}

// requireDocker asks for the kernel and for a daemon with the image.
func requireDocker(t testing.TB) {
	t.Helper()
	kerneltest.RequireBPF(t)
	kerneltest.RequireDocker(t)
	kerneltest.RequireTool(t, "busybox")
	if err := makeImage(); err != nil {
		t.Fatal(err)
	}
}

// run returns what a command prints, trimmed; it must succeed.
func run(t testing.TB, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.WaitDelay = time.Second // what it leaves behind may hold the pipe longer
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v: %s", name, args, err, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

// dockerRun starts a container and returns the id that docker prints.
func dockerRun(t testing.TB, args ...string) string {
	t.Helper()
	id := run(t, "docker", append([]string{"run", "-d"}, args...)...)
	t.Cleanup(func() { exec.Command("docker", "rm", "-f", id).Run() })
	if len(id) != 64 {
		t.Fatalf("docker run printed %q, want an id", id)
	}
	return id
}

// dockerPID returns the container's PID 1 as docker tells it.
func dockerPID(t testing.TB, id string) int {
	t.Helper()
	return number(t, run(t, "docker", "inspect", "-f", "{{.State.Pid}}", id))
}

func number(t testing.TB, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// truth is what /proc says of a live process.
type truth struct {
	pid, ppid int
	chain     []int32 // NSpid
	pidns     uint32
	ticks     uint64 // start since boot, in hundredths of a second
	cgroups   string
}

// look reads /proc.
func look(t testing.TB, pid int) truth {
	t.Helper()
	p := truth{pid: pid}
	for text := range strings.Lines(procFile(t, pid, "status")) {
		name, value, _ := strings.Cut(text, ":")
		switch name {
		case "PPid":
			p.ppid = number(t, strings.TrimSpace(value))
		case "NSpid":
			for n := range strings.FieldsSeq(value) {
				p.chain = append(p.chain, int32(number(t, n)))
			}
		}
	}
	stat := procFile(t, pid, "stat")
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	p.ticks = uint64(number(t, fields[19])) // field 22, the third being the first here
	p.pidns = nsInum(t, pid)
	p.cgroups = procFile(t, pid, "cgroup")
	return p
}

func procFile(t testing.TB, pid int, name string) string {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// nsInum returns the PID namespace's number, from "pid:[4026531836]".
func nsInum(t testing.TB, pid int) uint32 {
	t.Helper()
	name, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", pid))
	if err != nil {
		t.Fatal(err)
	}
	return uint32(number(t, strings.TrimSuffix(strings.TrimPrefix(name, "pid:["), "]")))
}

// hasCgroup reports whether the process was in the cgroup of that path, in any
// hierarchy.
func (p truth) hasCgroup(path string) bool {
	return path != "" && slices.ContainsFunc(strings.Split(p.cgroups, "\n"), func(text string) bool {
		return strings.HasSuffix(text, ":"+path)
	})
}

// isTruth compares what an event says of a process with /proc.
func (p truth) isTruth(t testing.TB, l line) {
	t.Helper()
	equal(t, "pid", int(l.Process.PID), p.pid)
	equals(t, "pid chain", chain(l), p.chain)
	equal(t, "pid namespace", l.Process.PIDs[len(l.Process.PIDs)-1].NS, p.pidns)
	equal(t, "start in hundredths of a second", l.Process.StartNS/1e7, p.ticks)
}

// firstChild waits until the process has a child and returns it.
func firstChild(t testing.TB, pid int) int {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
		if err != nil {
			t.Fatal(err)
		}
		if children := strings.Fields(string(raw)); len(children) > 0 {
			return number(t, children[0])
		}
	}
	t.Fatalf("process %d has no child", pid)
	return 0
}
