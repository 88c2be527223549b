// Package tmux runs a program on a real terminal of a given size and tells what is on
// the screen. It is for tests, and knows nothing of the program.
package tmux

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// Terminal is a terminal with a shell that runs one program.
type Terminal struct {
	t      testing.TB
	socket string
	dir    string
}

// The shell tells how the terminal was set before and after, and how the program ended.
const script = `cd "$1"; shift; stty -g >before; "$@"; echo $? >code; stty -g >after; sleep 1000`

// Start runs a program with these variables added to its environment.
func Start(t testing.TB, width, height int, env []string, program ...string) *Terminal {
	t.Helper()
	kerneltest.RequireTool(t, "tmux")
	dir, err := os.MkdirTemp("", "tmux") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	term := &Terminal{t, filepath.Join(dir, "s"), dir}
	t.Cleanup(func() {
		_ = exec.Command("tmux", "-S", term.socket, "kill-server").Run()
		_ = os.RemoveAll(dir)
	})
	args := []string{"-f", "/dev/null", "-S", term.socket, "new-session", "-d", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height),
		"sh", "-c", script, "sh", dir}
	cmd := exec.Command("tmux", append(args, program...)...)
	cmd.Env = append(os.Environ(), append([]string{"TERM=xterm", "LC_ALL=C.UTF-8", "TZ=UTC"}, env...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("tmux: %v: %s", err, out)
	}
	return term
}

func (term *Terminal) do(args ...string) string {
	term.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", term.socket}, args...)...).CombinedOutput()
	if err != nil {
		term.t.Fatalf("tmux %q: %v: %s", args, err, out)
	}
	return string(out)
}

// Screen returns the lines of the screen, without what is blank at their ends.
func (term *Terminal) Screen() string {
	term.t.Helper()
	return term.do("capture-pane", "-p")
}

// Coloured is Screen with the colours and weights as escape sequences.
func (term *Terminal) Coloured() string {
	term.t.Helper()
	return term.do("capture-pane", "-p", "-e")
}

// Keys types, by the names that tmux has for keys.
func (term *Terminal) Keys(names ...string) {
	term.t.Helper()
	term.do(append([]string{"send-keys"}, names...)...)
}

// Type sends bytes as they are: those that a terminal sends for what is no key, too.
func (term *Terminal) Type(text string) {
	term.t.Helper()
	term.do("send-keys", "-l", text)
}

// Resize gives the terminal another size.
func (term *Terminal) Resize(width, height int) {
	term.t.Helper()
	term.do("resize-window", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height))
}

// State says how the terminal is set: the screen and modes that a program can change.
func (term *Terminal) State() string {
	term.t.Helper()
	return strings.TrimSpace(term.do("display-message", "-p", "alternate=#{alternate_on} mouse=#{mouse_any_flag} cursor=#{cursor_flag} keypad=#{keypad_flag}"))
}

// PID returns the shell's.
func (term *Terminal) PID() string {
	return strings.TrimSpace(term.do("display-message", "-p", "#{pane_pid}"))
}

// patience is for a machine that has other things to do.
var patience = kerneltest.Patience(20 * time.Second)

// Await waits for a screen that is as it should be and returns it.
func (term *Terminal) Await(what string, is func(screen string) bool) string {
	term.t.Helper()
	screen := ""
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if screen = term.Screen(); is(screen) {
			return screen
		}
	}
	term.t.Fatalf("%s: not on the screen:\n%s", what, screen)
	return ""
}

// Shows waits until a text is on the screen.
func (term *Terminal) Shows(text string) string {
	term.t.Helper()
	return term.Await(text, func(screen string) bool { return strings.Contains(screen, text) })
}

// Ended waits for the program's end, and returns its exit code and whether the
// terminal's settings are as they were before.
func (term *Terminal) Ended() (code string, asBefore bool) {
	term.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if after := term.file("after"); after != "" {
			return term.file("code"), after == term.file("before")
		}
	}
	term.t.Fatalf("the program goes on:\n%s", term.Screen())
	return "", false
}

func (term *Terminal) file(name string) string {
	text, err := os.ReadFile(filepath.Join(term.dir, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
