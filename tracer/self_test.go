//go:build linux

package tracer

import (
	"encoding/json"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// selfEnv has the test binary tell whose number it takes for its own.
const selfEnv = "PTRACE_NS_TEST_SELF"

// N17: in a child PID namespace getpid is not the number by which events name the
// tracer.
func TestN17SelfInChildNamespace(t *testing.T) {
	if os.Getenv(selfEnv) != "" {
		tellSelf(t)
		return
	}
	kerneltest.RequireBPF(t)
	cmd := exec.Command("/proc/self/exe", "-test.run", "^TestN17SelfInChildNamespace$", "-test.v")
	cmd.Env = append(os.Environ(), selfEnv+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("in the namespace: %v\n%s", err, out)
	}
	_, after, found := strings.Cut(string(out), "self=")
	line, _, _ := strings.Cut(after, "\n")
	var said struct {
		Self, Getpid int
		Initial      bool
	}
	if err := json.Unmarshal([]byte(line), &said); !found || err != nil {
		t.Fatalf("in the namespace: %v\n%s", err, out)
	}
	if said.Getpid != 1 || said.Self != cmd.Process.Pid || said.Initial {
		t.Errorf("it says %+v, but is PID %d here", said, cmd.Process.Pid)
	}
}

func tellSelf(t *testing.T) {
	// The namespace's own /proc; the mount namespace is its own, too.
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		t.Fatal(err)
	}
	k, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = k.Close() }()
	h, err := k.Header()
	if err != nil {
		t.Fatal(err)
	}
	t.Log("self=" + `{"self":` + strconv.Itoa(h.TracerPID) + `,"getpid":` + strconv.Itoa(os.Getpid()) +
		`,"initial":` + strconv.FormatBool(k.InInitialPidns()) + "}")
	c, err := TakeCensus(nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.InInitialPidns() {
		t.Error("the census takes itself for one of the whole machine")
	}
}
