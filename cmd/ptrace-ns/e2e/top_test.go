package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/internal/golden"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
	"github.com/ptrace-ns/ptrace-ns/internal/tmux"
)

// recorded is the path of a recording of the repository.
func recorded(t testing.TB, name string) string {
	t.Helper()
	path, err := filepath.Abs("../../../testdata/recordings/" + name + ".zst")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// top starts the program on a terminal.
func top(t testing.TB, width, height int, args ...string) *tmux.Terminal {
	t.Helper()
	return tmux.Start(t, width, height, nil, append([]string{binary(t), "top"}, args...)...)
}

// begun waits for the first scene.
func begun(term *tmux.Terminal) {
	term.Await("the first scene", func(screen string) bool {
		return strings.Contains(screen, "? F1 help") && !strings.Contains(screen, "looking at")
	})
}

// TestTopScreens compares what a terminal shows of recordings with what it did.
func TestTopScreens(t *testing.T) {
	for _, c := range []struct {
		name, recording string
		args            []string
		keys            []string
	}{
		{"run", "docker-run", []string{"--at", "1h"}, nil},
		{"stop-args", "docker-stop", []string{"--at", "1h", "-a"}, nil},
		{"shim-killed-container", "shim-killed", []string{"--at", "1h", "--group", "container"}, nil},
		{"nested-pidns", "nested-unshare", []string{"--at", "1h"}, []string{"t"}},
		{"details", "docker-stop", []string{"--at", "1h"}, []string{"/", "sh -c", "Enter", "V"}},
		{"help", "docker-run", []string{"--at", "0s"}, []string{"?"}},
	} {
		for _, size := range [][2]int{{40, 12}, {80, 24}, {160, 50}} {
			name := fmt.Sprintf("%s-%dx%d", c.name, size[0], size[1])
			t.Run(name, func(t *testing.T) {
				term := top(t, size[0], size[1], append([]string{"-r", recorded(t, c.recording)}, c.args...)...)
				begun(term)
				if len(c.keys) > 0 {
					term.Keys(c.keys...)
				}
				compare(t, term, filepath.Join("testdata", "top", name+".txt"))
			})
		}
	}
}

// TestTopPanes: what other commands tell has its golden files there; here it is in its
// pane, at every size.
func TestTopPanes(t *testing.T) {
	for _, size := range [][2]int{{40, 12}, {80, 24}, {160, 50}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			term := top(t, size[0], size[1], "-r", recorded(t, "docker-stop"), "--at", "1h")
			begun(term)
			term.Keys("/", "sh -c", "Enter", "T")
			term.Shows("lineage of")
			term.Keys("G")
			term.Shows("ignored")
			term.Keys("K")
			term.Shows("signals and deaths")
			term.Shows("exited 0")
			term.Keys("N")
			term.Shows("PIDNS")
			term.Keys("q", "j")
			term.Await("the table", func(screen string) bool { return strings.Contains(screen, "COMMAND") })
		})
	}
}

// compare waits for the golden screen: what was typed takes a moment.
func compare(t testing.TB, term *tmux.Terminal, path string) {
	t.Helper()
	if golden.Updating() {
		time.Sleep(2 * time.Second)
		golden.Write(t, path, term.Screen())
	}
	want := golden.Read(t, path)
	term.Await(path, func(screen string) bool { return screen == want })
}

// TestTopLeavesTheTerminal as it was, however it ends.
func TestTopLeavesTheTerminal(t *testing.T) {
	signal := func(sig string) func(*tmux.Terminal) {
		return func(term *tmux.Terminal) {
			if out, err := exec.Command("pkill", "-"+sig, "-P", term.PID()).CombinedOutput(); err != nil {
				t.Errorf("pkill: %v: %s", err, out)
			}
		}
	}
	for name, end := range map[string]func(*tmux.Terminal){
		"q":       func(term *tmux.Terminal) { term.Keys("q") },
		"ctrl-c":  func(term *tmux.Terminal) { term.Keys("C-c") },
		"SIGTERM": signal("TERM"),
		"SIGINT":  signal("INT"),
		"SIGHUP":  signal("HUP"),
	} {
		t.Run(name, func(t *testing.T) {
			term := top(t, 80, 24, "-r", recorded(t, "docker-run"))
			begun(term)
			if got := term.State(); !strings.HasPrefix(got, "alternate=1 mouse=1 cursor=0") {
				t.Errorf("the terminal is not the program's: %s", got)
			}
			end(term)
			code, asBefore := term.Ended()
			equal(t, "exit code", code, "0")
			equal(t, "settings are as before", asBefore, true)
			equal(t, "terminal", term.State(), "alternate=0 mouse=0 cursor=1 keypad=0")
		})
	}
}

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

// TestTopColours: a terminal gets colours, unless somebody does not want them; what is
// chosen stands out all the same.
func TestTopColours(t *testing.T) {
	colour := regexp.MustCompile(`\x1b\[([0-9;]*;)?[349][0-7](;[0-9;]*)?m`)
	reversed := regexp.MustCompile(`\x1b\[([0-9;]*;)?7m`)
	for _, c := range []struct {
		env     []string
		args    []string
		colours bool
	}{
		{nil, nil, true},
		{[]string{"NO_COLOR=1"}, nil, false},
		{[]string{"NO_COLOR=1"}, []string{"--color", "always"}, true},
		{nil, []string{"--color", "never"}, false},
	} {
		term := tmux.Start(t, 160, 30, c.env, append([]string{binary(t), "top", "-r", recorded(t, "docker-run"), "--at", "1h"}, c.args...)...)
		term.Shows("containerd-shim")
		screen := term.Coloured()
		if got := colour.MatchString(screen); got != c.colours {
			t.Errorf("%v %v: colours %t, want %t: %.500q", c.env, c.args, got, c.colours, screen)
		}
		if !reversed.MatchString(screen) {
			t.Errorf("%v %v: the cursor is not seen: %.500q", c.env, c.args, screen)
		}
	}
}

func TestTopResizes(t *testing.T) {
	term := top(t, 160, 50, "-r", recorded(t, "docker-run"), "--at", "1h")
	term.Shows("STORY")
	term.Resize(40, 12)
	screen := term.Await("a narrow screen", func(screen string) bool {
		return !strings.Contains(screen, "STORY") && strings.Contains(screen, "COMMAND")
	})
	equal(t, "lines", strings.Count(screen, "\n"), 12)
	term.Resize(100, 20)
	term.Await("a wider screen", func(screen string) bool { return strings.Contains(screen, "CONTAINER") })
}

// TestTopNeedsATerminal: one sentence, and the code of wrong usage.
func TestTopNeedsATerminal(t *testing.T) {
	for _, args := range [][]string{{"top"}, {"watch", "--tui"}, {"top", "-r", recorded(t, "docker-run")}} {
		out, err := exec.Command(binary(t), args...).CombinedOutput()
		status, ok := err.(*exec.ExitError)
		if !ok || status.ExitCode() != 2 || !strings.Contains(string(out), "terminal") || strings.Count(string(out), "\n") != 1 {
			t.Errorf("%q: %v, %s", args, err, out)
		}
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
