package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/internal/golden"
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
		return strings.Contains(screen, "COMMAND") && !strings.Contains(screen, "looking at")
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
		{"details", "docker-stop", []string{"--at", "1.157s"}, []string{"/", "sh -c", "Enter", "V"}},
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

// TestTopSendsNoColour: no sequence that sets a colour or takes one back is among all
// that is sent to a terminal that is to have none, whatever is opened.
func TestTopSendsNoColour(t *testing.T) {
	colour := regexp.MustCompile(`\x1b\[([0-9]+[;:])*([34][0-9]|9[0-7]|10[0-7])([;:][0-9]+)*m`)
	sent := filepath.Join(t.TempDir(), "sent")
	term := tmux.Start(t, 100, 30, []string{"NO_COLOR=1", "COLORTERM=truecolor"},
		"sh", "-c", `exec script -qec "$1" "$2" </dev/tty`, "sh", binary(t)+" top -r "+recorded(t, "docker-run")+" --at 0.85s", sent)
	begun(term)
	term.Keys("V", "Tab", "q", "t", "t", "F", "K")
	term.Shows("signals and deaths")
	term.Keys("q", `\`, "b", "a", "d")
	term.Shows("unknown name bad")
	term.Keys("Escape") // which with a key right behind it would be Alt and that key
	term.Await("the table", func(screen string) bool { return !strings.Contains(screen, "filter:") })
	term.Keys("q")
	if code, _ := term.Ended(); code != "0" {
		t.Errorf("exit code %s", code)
	}
	all, err := os.ReadFile(sent)
	if err != nil || len(all) < 1000 {
		t.Fatalf("%d bytes were sent: %v", len(all), err)
	}
	if got := colour.Find(all); got != nil {
		t.Errorf("%q is sent", got)
	}
}

// TestTopWheel: a terminal's mouse moves the screen and not the cursor, and chooses; with
// F the process stays in view while a recording is stepped through.
func TestTopWheel(t *testing.T) {
	term := top(t, 80, 10, "-r", recorded(t, "docker-run"), "--at", "0.85s")
	begun(term)
	first := func() string { return strings.Split(term.Screen(), "\n")[2] }
	// SGR encoding of mouse reports, ESC [ < button ; column ; row M (ctlseqs, "SGR (1006)").
	term.Type("\x1b[<65;10;5M")
	term.Await("the table, scrolled", func(screen string) bool {
		return !strings.HasPrefix(strings.Split(screen, "\n")[2], "1 ")
	})
	term.Type("\x1b[<64;10;5M")
	term.Await("the table, scrolled back", func(string) bool { return strings.HasPrefix(first(), "1 ") })
	term.Type("\x1b[<0;10;6M")
	term.Type("\x1b[<0;10;6m")
	line := strings.Split(term.Screen(), "\n")[5]
	pid, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	term.Keys("V")
	term.Shows("╭─ " + pid + " ")
	term.Type("\x1b[<65;10;5M")
	term.Shows("3 lines above")
	term.Keys("Escape")
}

// TestTopFollows a process while others are born above it, and not any more once the
// wheel has moved the screen.
func TestTopFollows(t *testing.T) {
	term := top(t, 80, 10, "-r", recorded(t, "docker-run"), "--at", "0s")
	begun(term)
	term.Keys("G", "F")
	term.Shows("following")
	followed := strings.Fields(strings.Split(strings.TrimRight(term.Screen(), "\n"), "\n")[5])[0]
	for range 5 {
		term.Keys("d")
	}
	term.Keys("]", "]", "]", "]")
	term.Await("what is followed", func(screen string) bool {
		lines := strings.Split(screen, "\n")
		return !strings.Contains(lines[len(lines)-3], " 0.000s") && strings.Contains(strings.Join(lines[2:8], "\n"), followed+" ")
	})
	term.Type("\x1b[<64;10;5M")
	term.Await("following ended", func(screen string) bool { return !strings.Contains(screen, "following") })
}

// TestTopLight: a terminal that says that its background is light gets no colour that is
// hard to read there.
func TestTopLight(t *testing.T) {
	pale := regexp.MustCompile(`\x1b\[([0-9;]*;)?3[36](;[0-9;]*)?m`)
	term := tmux.Start(t, 160, 30, nil, binary(t), "top", "-r", recorded(t, "docker-run"), "--at", "0.85s")
	begun(term)
	if screen := term.Coloured(); !pale.MatchString(screen) {
		t.Fatalf("nothing is cyan or yellow on a dark terminal: %.500q", screen)
	}
	term.Type("\x1b]11;rgb:ffff/ffff/ffff\x1b\\")
	term.Await("darker colours", func(string) bool { return !pale.MatchString(term.Coloured()) })
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
