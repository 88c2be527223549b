package e2e

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
	"github.com/ptrace-ns/ptrace-ns/internal/scenario"
)

// openPTY returns both ends of a new terminal.
func openPTY(t testing.TB) (master, terminal *os.File) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	master = os.NewFile(uintptr(fd), "ptmx")
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return master, terminal
}

// onTerminal runs the program with a terminal for all its output, provokes what it
// should tell, and returns what the terminal got.
func onTerminal(t testing.TB, env []string, provoke func(), args ...string) string {
	t.Helper()
	cmd := exec.Command(binary(t), args...)
	master, terminal := openPTY(t)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	cmd.Env = append(cmd.Env, env...)
	cmd.Stdout, cmd.Stderr = terminal, terminal
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	terminal.Close()
	screen := &display{over: make(chan struct{})}
	go screen.take(master)
	if provoke != nil {
		// The first line says that it traces.
		for deadline := time.Now().Add(patience); screen.String() == "" && time.Now().Before(deadline); {
			time.Sleep(5 * time.Millisecond)
		}
		provoke()
		cmd.Process.Signal(syscall.SIGINT)
	}
	<-screen.over
	cmd.Wait()
	return screen.String()
}

// display is what a terminal got so far.
type display struct {
	over chan struct{}
	mu   sync.Mutex
	got  strings.Builder
}

// take reads until the other end is closed for the last time, an EIO here.
func (d *display) take(from io.Reader) {
	defer close(d.over)
	_, _ = io.Copy(d, from)
}

func (d *display) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.got.Write(b)
}

func (d *display) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.got.String()
}

// sgr is the only thing that a terminal is told to do: to change the colour.
var sgr = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// checkInert fails the test for anything in a text that a terminal would act on.
func checkInert(t testing.TB, screen string) {
	t.Helper()
	if !utf8.ValidString(screen) {
		t.Errorf("not UTF-8: %q", screen)
	}
	// The terminal itself makes \r\n of each \n.
	for text := range strings.SplitSeq(sgr.ReplaceAllString(screen, ""), "\r\n") {
		for _, r := range text {
			if !unicode.IsPrint(r) {
				t.Errorf("%U reaches the terminal: %q", r, text)
				break
			}
		}
	}
}

// TestS01Terminal shows names that would act on a terminal, in all columns.
func TestS01Terminal(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.CompileHelper(t, "exec")
	for name, args := range map[string][]string{
		"sentences": {"watch", "-e", "+signal", "--signals", "SIGCHLD", "--env=values"},
		"table":     {"watch", "--fields", "event,process.comm,process.exe,process.args,filename,old_comm"},
	} {
		t.Run(name, func(t *testing.T) {
			kerneltest.CheckLeaks(t)
			var hostile kerneltest.Report
			screen := onTerminal(t, nil, func() {
				for _, id := range []string{"S01", "S02", "S03"} {
					h := scenario.Start(t, id)
					h.Go()
					hostile = append(hostile, h.Wait()...)
				}
			}, args...)
			checkInert(t, screen)
			equal(t, "programs with hostile names", len(hostile.All("exec")) >= 2, true)
			for _, shown := range []string{`\x1b[2J`, `\u{202e}`, `count identity`} {
				if !strings.Contains(screen, shown) {
					t.Errorf("%q is not on the screen:\n%s", shown, screen)
				}
			}
		})
	}
}

// TestS01Messages: what was typed comes back in messages.
func TestS01Messages(t *testing.T) {
	kerneltest.RequireBPF(t)
	const bad = "\x1b[2J\x1b]0;title\a\r\u202e\x9b31m\u009b"
	for _, args := range [][]string{
		{"watch", "--" + bad}, {bad}, {"watch", bad}, {"watch", "-e", bad}, {"watch", "-F", bad},
		{"watch", "-F", "event == '" + bad}, {"watch", "--fields", bad}, {"watch", "--signals", bad},
		{"watch", "-o", bad}, {"watch", "--color", bad}, {"watch", "--buffer", bad}, {"watch", "-p", bad},
		{"watch", "--timeout", bad}, {"watch", "-w", "/nowhere/" + bad}, {"watch", "--", "/nowhere/" + bad},
		{"--log-level", bad}, {"watch", "--help", bad}, {"version", bad}, {"man", "/proc/" + bad},
	} {
		screen := onTerminal(t, nil, nil, args...)
		if strings.TrimSpace(screen) == "" {
			t.Errorf("%q: nothing is said", args)
		}
		checkInert(t, screen)
	}
}

// TestColor: a terminal gets colours, unless somebody does not want them.
func TestColor(t *testing.T) {
	kerneltest.RequireBPF(t)
	for _, c := range []struct {
		env     string
		args    []string
		colours bool
	}{
		{"", nil, true},
		{"NO_COLOR=1", nil, false},
		{"NO_COLOR=", nil, true},
		{"NO_COLOR=1", []string{"--color", "always"}, true},
		{"", []string{"--color", "never"}, false},
	} {
		args := append([]string{"watch", "--log-level", "error"}, c.args...)
		screen := onTerminal(t, []string{c.env}, nil, append(args, "--", "true")...)
		if got := strings.Contains(screen, "\x1b["); got != c.colours {
			t.Errorf("%s %v: colours %t, want %t: %q", c.env, c.args, got, c.colours, screen)
		}
		checkInert(t, screen)
	}
}
