package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// formats mounts binfmt_misc where only this test looks for it.
func formats(t testing.TB) (dir string) {
	t.Helper()
	dir = t.TempDir()
	err := syscall.Mount("none", dir, "binfmt_misc", 0, "")
	if errors.Is(err, syscall.ENODEV) {
		t.Skip("this kernel has no binfmt_misc")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestS08BinfmtMisc executes files whose format binfmt_misc knows, with each of its flags:
// what runs them, and which arguments it got, is told as it says itself.
func TestS08BinfmtMisc(t *testing.T) {
	kerneltest.RequireBPF(t)
	cat := kerneltest.RequireTool(t, "cat")
	dir := formats(t)
	tr := start(t)
	type ran struct {
		pid  int
		file string
		args []string
	}
	all := map[string]ran{}
	for _, flags := range []string{"", "P", "O", "C", "F"} {
		name := fmt.Sprintf("pns%d%s", os.Getpid(), flags)
		if err := os.WriteFile(filepath.Join(dir, "register"), []byte(":"+name+":E::"+name+"::"+cat+":"+flags), 0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { // what is registered is the machine's
			if err := os.WriteFile(filepath.Join(dir, name), []byte("-1"), 0); err != nil {
				t.Error(err)
			}
		})
		file := filepath.Join(t.TempDir(), "image."+name)
		if err := os.WriteFile(file, nil, 0o755); err != nil {
			t.Fatal(err)
		}
		// cat shows the file, which is empty; its first argument, where that is kept; and itself.
		cmd := exec.Cmd{Path: file, Args: []string{"/dev/null", "/proc/self/cmdline"}}
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("flags %q: %v", flags, err)
		}
		args := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
		want := map[bool]int{false: 3, true: 4}[flags == "P"]
		equal(t, "arguments that cat says it got, flags "+flags, len(args), want)
		tr.wait("the end of "+file, kind("exit"), pid(cmd.Process.Pid))
		all[flags] = ran{cmd.Process.Pid, file, args}
	}
	s := tr.end()
	for flags, want := range all {
		got := s.only("exec", kind("exec"), pid(want.pid))
		equal(t, "file, flags "+flags, got.Filename, want.file)
		equal(t, "interpreter, flags "+flags, got.Interpreter, cat)
		equal(t, "executable, flags "+flags, got.Process.Exe, realPath(t, cat))
		equals(t, "arguments, flags "+flags, got.Process.Args, want.args)
	}
}
