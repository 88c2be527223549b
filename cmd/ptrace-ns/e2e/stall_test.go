package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// stall is for how long nobody reads.
const stall = 10 * time.Second

// R01: for seconds nobody reads, while processes come and go: whoever takes the output
// stands still, or the tracer itself. What found no room is told by count, kind and time,
// the same on the screen, in the file and in the summary, and all are looked at again.
func TestR01Stalled(t *testing.T) {
	kerneltest.RequireBPF(t)
	for name, stopped := range map[string]bool{"unread": false, "stopped": true} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "run.ndjson")
			tr, out := startUnread(t, "--buffer", "64KiB", "-e", "+snapshot", "-w", file)
			if stopped {
				go tr.take(out)
				tr.cmd.Process.Signal(syscall.SIGSTOP)
				waitStopped(t, tr.cmd.Process.Pid)
			}
			full, last := storm(t) // the ring was full, the last before it is read again
			if !stopped {
				full = last // the pipe and what is on its way hold more
			}
			lives := exec.Command("sleep", "1000")
			if err := lives.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { lives.Process.Kill(); lives.Wait() }()
			if stopped {
				tr.cmd.Process.Signal(syscall.SIGCONT)
			} else {
				go tr.take(out)
			}
			tr.wait("the loss", kind("lost"), func(l *line) bool { return lossOf(t, l).SinceNS < full && lossOf(t, l).UntilNS > last })
			tr.wait("the look after it", kind("snapshot"), pid(lives.Process.Pid))
			tr.cmd.Process.Signal(syscall.SIGINT)
			<-tr.read
			tr.cmd.Wait()
			equal(t, "exit code", tr.cmd.ProcessState.ExitCode(), 0)
			checkLost(t, tr, file)
		})
	}
}

// startUnread runs the program, whose output is the caller's to read, until it traces.
func startUnread(t *testing.T, args ...string) (*trace, *bufio.Reader) {
	t.Helper()
	tr := &trace{t: t, read: make(chan struct{})}
	tr.cmd = exec.Command(binary(t), append([]string{"watch", "-o", "json", "--log-level", "error"}, args...)...)
	tr.cmd.Stderr = &tr.stderr
	out, err := tr.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if tr.cmd.ProcessState == nil {
			tr.cmd.Process.Kill()
			tr.cmd.Wait()
		}
	})
	reader := bufio.NewReader(out)
	if _, err := reader.Peek(1); err != nil {
		t.Fatalf("it does not trace: %v: %s", err, tr.stderr.String())
	}
	return tr, reader
}

// storm makes processes for as long as the stall is, more at a time than the ring and the
// pipe hold. It returns when the first of them had run, and when the last began.
func storm(t *testing.T) (first, last uint64) {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < stall; {
		last = bootNS()
		run(t, "sh", "-c", "for i in $(seq 2000); do (:); done")
		if first == 0 {
			first = bootNS()
		}
	}
	return first, last
}

// loss is what a lost event has besides.
type loss struct {
	Count   uint64            `json:"count"`
	ByEvent map[string]uint64 `json:"by_event"`
	SinceNS uint64            `json:"since_ns"`
	UntilNS uint64            `json:"until_ns"`
}

func lossOf(t *testing.T, l *line) (lost loss) {
	t.Helper()
	if err := json.Unmarshal([]byte(l.raw), &lost); err != nil {
		t.Fatal(err)
	}
	return lost
}

// checkLost compares what is told of losses in three places.
func checkLost(t *testing.T, tr *trace, file string) {
	t.Helper()
	var shown []string
	sum := uint64(0)
	for i := range tr.lines {
		l := &tr.lines[i]
		if l.Event != "lost" {
			continue
		}
		shown = append(shown, l.raw)
		lost, byEvent := lossOf(t, l), uint64(0)
		for _, n := range lost.ByEvent {
			byEvent += n
		}
		if lost.Count == 0 || byEvent != lost.Count || lost.SinceNS == 0 || lost.SinceNS > l.BootNS || l.BootNS > lost.UntilNS {
			t.Errorf("a loss that does not add up: %s", l.raw)
		}
		sum += lost.Count
	}
	said := tr.stderr.String()
	if !strings.Contains(said, fmt.Sprintf(", %d lost, in ", sum)) || !strings.Contains(said, "count identity holds: ") || !strings.Contains(said, fmt.Sprintf("received + %d dropped", sum)) {
		t.Errorf("%d were lost, and the summary is %s", sum, said)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var written []string
	for text := range strings.Lines(string(raw)) {
		if strings.Contains(text, `"event":"lost"`) {
			written = append(written, text)
		}
	}
	equals(t, "losses in the file", written, shown)
}
