package e2e

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestN11ZombieInit looks at a namespace whose PID 1 has ended and whose parent does
// not wait: nothing lives in it, and it is not told as alive.
func TestN11ZombieInit(t *testing.T) {
	kerneltest.RequireBPF(t)
	zombie, inum := zombieInit(t)
	var all []ndjson.NamespaceDoc
	decode(t, run(t, binary(t), "namespaces", "-o", "json"), &all)
	ns := findNamespace(all, inum)
	if ns == nil {
		t.Fatalf("namespace %d is not told", inum)
	}
	equal(t, "init", int(ns.Init.PID), zombie)
	equal(t, "members", ns.Members, 0)
	equal(t, "unreaped", ns.Unreaped, 1)
	equal(t, "dying", ns.Dying, true)
	equal(t, "exit", exitOf(ns.Exit), "code 12")
	text := run(t, binary(t), "namespaces")
	for _, said := range []string{"its PID 1 exited 12", "nothing lives in it, and its PID 1 is not reaped"} {
		if !strings.Contains(text, said) {
			t.Errorf("namespaces: %q is not said:\n%s", said, text)
		}
	}
	var trees []ndjson.NodeDoc
	decode(t, run(t, binary(t), "tree", "-o", "json", strconv.Itoa(zombie)), &trees)
	if len(trees) != 1 {
		t.Fatalf("tree: %d roots, want the zombie", len(trees))
	}
	equal(t, "its state", trees[0].State, "zombie")
	equal(t, "its exit", exitOf(trees[0].Exit), "code 12")
	if text := run(t, binary(t), "tree", strconv.Itoa(zombie)); !strings.Contains(text, "zombie") {
		t.Errorf("tree: the zombie is not called so:\n%s", text)
	}
}

// zombieInit makes a PID 1 that has ended, for whom nobody waits until the test is
// over, and returns its PID and the namespace's number.
func zombieInit(t testing.TB) (pid int, inum uint32) {
	t.Helper()
	cmd := exec.Command("sh", "-c", "read x; exit 12")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	pid, inum = cmd.Process.Pid, nsInum(t, cmd.Process.Pid)
	in.Close()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if strings.Contains(procFile(t, pid, "status"), "\nState:\tZ") {
			return pid, inum
		}
		if time.Now().After(deadline) {
			t.Fatalf("process %d does not end", pid)
		}
	}
}

func findNamespace(all []ndjson.NamespaceDoc, inum uint32) *ndjson.NamespaceDoc {
	for i := range all {
		if all[i].Pidns.Inum == inum {
			return &all[i]
		}
		if found := findNamespace(all[i].Children, inum); found != nil {
			return found
		}
	}
	return nil
}
