package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
	"github.com/ptrace-ns/ptrace-ns/internal/tmux"
)

// TestTopLive leaves the terminal as it was, too, and so does watch --tui.
func TestTopLive(t *testing.T) {
	kerneltest.RequireBPF(t)
	for _, args := range [][]string{{"top"}, {"watch", "--tui", "-F", "process.pid > 0"}} {
		kerneltest.CheckLeaks(t)
		term := tmux.Start(t, 100, 30, nil, append([]string{binary(t)}, args...)...)
		term.Shows("events/s")
		if out, err := exec.Command("pkill", "-TERM", "-P", term.PID()).CombinedOutput(); err != nil {
			t.Errorf("pkill: %v: %s", err, out)
		}
		code, asBefore := term.Ended()
		equal(t, "exit code", code, "0")
		equal(t, "settings are as before", asBefore, true)
		equal(t, "terminal", term.State(), "alternate=0 mouse=0 cursor=1 keypad=0")
	}
}

// TestTopThreads: the details tell how many threads there are now. This process has made
// all but one of its own since its exec.
func TestTopThreads(t *testing.T) {
	kerneltest.RequireBPF(t)
	pid := fmt.Sprint(os.Getpid())
	term := top(t, 100, 30, "-p", pid)
	term.Shows(pid)
	term.Keys("/", pid, "Enter", "V")
	term.Shows("identity")
	term.Await("as many threads as /proc has", func(screen string) bool {
		tasks, err := os.ReadDir("/proc/self/task")
		return err == nil && len(tasks) > 1 && strings.Contains(screen, fmt.Sprintf("threads      %d ", len(tasks)))
	})
}

// TestTopCommand: a command is shown and what it starts, and nothing else; it is told to
// end with the view, its exit code is passed on, and the file has what was shown.
func TestTopCommand(t *testing.T) {
	kerneltest.RequireBPF(t)
	file := filepath.Join(t.TempDir(), "top.ndjson")
	term := top(t, 100, 30, "-a", "-w", file, "--", "sh", "-c", "sleep 4321.75 & wait; exit 7")
	screen := term.Await("the command and its child", func(screen string) bool {
		return strings.Contains(screen, "sh -c 'sleep 4321.75 &") && strings.Contains(screen, "sleep 4321.75\n") ||
			strings.Contains(screen, "sh -c 'sleep 4321.75 &") && strings.Contains(screen, "└─sleep 4321.75 ")
	})
	for line := range strings.Lines(screen) {
		if pid, _, _ := strings.Cut(strings.TrimSpace(line), " "); strings.Contains(line, "└─sleep 4321.75") {
			run(t, "kill", pid)
		}
	}
	term.Shows("exited 7")
	term.Keys("q")
	code, asBefore := term.Ended()
	equal(t, "exit code", code, "7")
	equal(t, "settings are as before", asBefore, true)
	all, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(all), `"4321.75"`) || !strings.Contains(string(all), `"code":7`) {
		t.Errorf("the file lacks the command: %.2000s", all)
	}
}

// TestTopDocker: a container's processes appear as they are born, with both numbers and
// the container's, and fade with their status when they have ended.
func TestTopDocker(t *testing.T) {
	requireDocker(t)
	kerneltest.CheckLeaks(t)
	const mark = "4321.5"
	term := top(t, 160, 30, "-a", "-F", `process.args[len(process.args)-1] == "`+mark+`"`)
	term.Shows("no process passes the filter")
	id := dockerRun(t, image, "sleep", mark)
	pid := dockerPID(t, id)
	row := fmt.Sprintf("%d %d→1", pid, pid)
	term.Await("the container's PID 1", func(screen string) bool {
		return strings.Contains(screen, row) && strings.Contains(screen, "sleep "+mark)
	})
	term.Keys("t", "t")
	screen := term.Await("its container", func(screen string) bool { return strings.Contains(screen, "docker ") && strings.Contains(screen, row) })
	if !strings.Contains(screen, id[:12]) && !strings.Contains(screen, run(t, "docker", "inspect", "-f", "{{slice .Name 1}}", id)) {
		t.Errorf("the container is not named:\n%s", screen)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	term.Shows("killed by SIGKILL")
	term.Shows("no process passes the filter")
	term.Keys("q")
	code, asBefore := term.Ended()
	equal(t, "exit code", code, "0")
	equal(t, "settings are as before", asBefore, true)
}

// TestTopFullFile: that the file can be written to no more is told while one looks, and
// at the end.
func TestTopFullFile(t *testing.T) {
	kerneltest.RequireBPF(t)
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8k"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	term := top(t, 120, 30, "-w", filepath.Join(dir, "full.ndjson"))
	term.Shows("event file given up: ")
	term.Shows("no space left on device")
	term.Keys("q")
	code, _ := term.Ended()
	equal(t, "exit code", code, "1")
}

// TestTopUnknownContainer: a name that no container bears is told, and the screen says
// that it is empty for that.
func TestTopUnknownContainer(t *testing.T) {
	kerneltest.RequireBPF(t)
	term := top(t, 120, 30, "-c", "no-such-container")
	term.Shows("no container no-such-container is known")
	term.Shows("there is no process of container no-such-container")
	term.Shows("0 of ")
}
