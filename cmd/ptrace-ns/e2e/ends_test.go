package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestR04Signals ends the program in each of the orderly ways. What it wrote is
// what it printed.
func TestR04Signals(t *testing.T) {
	kerneltest.RequireBPF(t)
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(sig.String(), func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "events.ndjson")
			tr := start(t, "-w", file)
			run(t, "true")
			tr.wait("an exit", kind("exit"))
			if err := tr.cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			s := tr.finish(0)
			s.checkContract()
			equal(t, "options in the header", fmt.Sprint(s.header.Options), fmt.Sprintf("map[output:json write:%s]", file))
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, written, _ := strings.Cut(string(raw), "\n")
			written, trailer, _ := strings.Cut(written, `{"event":"trailer"`)
			equal(t, "a file has a trailer", strings.Count(trailer, "\n"), 1)
			var printed strings.Builder
			for _, l := range s.lines {
				printed.WriteString(l.raw)
			}
			equal(t, "bytes written after the header", len(written), printed.Len())
			equal(t, "what was written is what was printed", written == printed.String(), true)
		})
	}
}

// TestR06ClosedPipe is `watch | head -1`: no failure and no word of it.
func TestR06ClosedPipe(t *testing.T) {
	kerneltest.RequireBPF(t)
	for _, output := range []string{"text", "json"} {
		t.Run(output, func(t *testing.T) {
			cmd := exec.Command(binary(t), "watch", "-o", output, "--log-level", "warn")
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			stop := busy(t)
			first, err := bufio.NewReader(out).ReadString('\n')
			if err != nil || first == "" {
				t.Errorf("first line %q: %v", first, err)
			}
			objects := objectsOf(t, cmd.Process.Pid)
			out.Close()
			if err := cmd.Wait(); err != nil {
				t.Errorf("after its reader has gone: %v: %s", err, stderr.String())
			}
			stop()
			said := stderr.String()
			if lines := strings.Count(said, "\n"); lines != 2 || !strings.Contains(said, "count identity holds") {
				t.Errorf("standard error %q, want the two lines of the summary", said)
			}
			checkGone(t, objects)
		})
	}
}

// busy makes processes come and go until stop is called.
func busy(t testing.TB) (stop func()) {
	t.Helper()
	cmd := exec.Command("sh", "-c", "while :; do /bin/true; done")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end := func() {
		if cmd.ProcessState == nil {
			cmd.Process.Kill()
			cmd.Wait()
		}
	}
	t.Cleanup(end)
	return end
}

// TestR03TwoTracers runs two at once. Both tell the same, and one the other's end.
func TestR03TwoTracers(t *testing.T) {
	kerneltest.RequireBPF(t)
	one, other := start(t), start(t)
	cmd := exec.Command("sh", "-c", "for i in 1 2 3 4 5 6 7 8; do (/bin/true; exit 3); done; exit 4")
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != 4 {
		t.Fatalf("sh: %v, want exit 4", err)
	}
	for _, tr := range []*trace{one, other} {
		tr.wait("the end of the shell", kind("exit"), pid(cmd.Process.Pid))
	}
	first := one.end()
	other.wait("the first tracer's end", kind("exit"), pid(one.cmd.Process.Pid))
	second := other.end()
	first.checkContract()
	second.checkContract()

	lives := [2][]string{first.lives(cmd.Process.Pid), second.lives(cmd.Process.Pid)}
	if n := len(lives[0]); n < 2+8*4 {
		t.Errorf("%d events of the shell and its children, want at least %d", n, 2+8*4)
	}
	equals(t, "what the second tells", lives[1], lives[0])
	exit := second.only("the first tracer's exit", kind("exit"), pid(one.cmd.Process.Pid))
	equal(t, "its exit", exitOf(exit.Exit), "code 0")
}

// lives returns births, images and ends of a process and its children's children,
// as text, sorted: the order of what runs on two processors need not be the same.
func (s stream) lives(root int) []string {
	var told []string
	family := map[string]bool{}
	for _, l := range s.lines {
		if l.Event != "fork" && l.Event != "exec" && l.Event != "exit" {
			continue
		}
		if l.Process.PID == int32(root) || family[idOf(l.Process.Parent)] {
			family[l.Process.ID] = true
		}
		if family[l.Process.ID] {
			told = append(told, l.Event+" "+l.Process.ID+" "+strings.Join(l.Process.Args, " ")+" "+exitOf(l.Exit))
		}
	}
	slices.Sort(told)
	return told
}

// TestTimeoutAndMaxEvents are the ends that were asked for.
func TestTimeoutAndMaxEvents(t *testing.T) {
	kerneltest.RequireBPF(t)
	began := time.Now()
	launch(t, "--timeout", "300ms").finish(0)
	if took := time.Since(began); took < 300*time.Millisecond {
		t.Errorf("ended after %s, want 300 ms at least", took)
	}
	busy(t)
	s := launch(t, "--max-events", "7").finish(0)
	equal(t, "events", len(s.lines), 7)
}

// TestR15Beginning starts while processes come and go: nobody dies who was never
// there, and nobody twice.
func TestR15Beginning(t *testing.T) {
	kerneltest.RequireBPF(t)
	busy(t)
	busy(t)
	for range 8 {
		tr := start(t)
		tr.wait("an exit", kind("exit"))
		s := tr.end()
		s.checkContract()
		if len(s.all(kind("snapshot"))) == 0 {
			t.Error("nobody was there before")
		}
	}
}
