package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// moments is how many times TestR04RandomMoments ends the program.
const moments = 30

// TestR04RandomMoments ends the program at any moment, from its first instruction
// on. Its file holds whole events and the kernel nothing.
func TestR04RandomMoments(t *testing.T) {
	kerneltest.RequireBPF(t)
	busy(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	ends := [][]syscall.Signal{
		{syscall.SIGKILL}, {syscall.SIGINT}, {syscall.SIGKILL}, {syscall.SIGTERM},
		{syscall.SIGINT, syscall.SIGINT}, {syscall.SIGHUP},
	}
	for i := range moments {
		m := moment{t: t, after: time.Duration(random.Int64N(int64(300 * time.Millisecond))), signals: ends[i%len(ends)]}
		m.file = filepath.Join(t.TempDir(), fmt.Sprintf("%d.ndjson", i))
		m.try()
	}
}

// moment is one end.
type moment struct {
	t       *testing.T
	after   time.Duration
	signals []syscall.Signal
	file    string
}

func (m moment) try() {
	m.t.Helper()
	cmd := exec.Command(binary(m.t), "watch", "-q", "-o", "json", "--log-level", "error", "-w", m.file)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	time.Sleep(m.after)
	if m.signals[0] == syscall.SIGKILL {
		// At rest it can make nothing after it was looked at.
		cmd.Process.Signal(syscall.SIGSTOP)
		waitStopped(m.t, cmd.Process.Pid)
	}
	objects := objectsOf(m.t, cmd.Process.Pid)
	_, err := os.Stat(m.file)
	begun := err == nil
	for _, sig := range m.signals {
		cmd.Process.Signal(sig)
	}
	cmd.Wait()
	m.checkStatus(cmd.ProcessState.Sys().(syscall.WaitStatus), begun, stderr.String())
	m.checkFile()
	checkGone(m.t, objects)
}

// checkStatus: from the moment on when there is a file, an end is orderly unless it
// was forced.
func (m moment) checkStatus(status syscall.WaitStatus, begun bool, stderr string) {
	m.t.Helper()
	forced := m.signals[0] == syscall.SIGKILL || len(m.signals) > 1 || !begun
	if status.Exited() && status.ExitStatus() == 0 || forced && status.Signaled() && status.Signal() == m.signals[0] {
		return
	}
	m.t.Errorf("%v after %s, begun %t: status %#x: %s", m.signals, m.after, begun, status, stderr)
}

func (m moment) checkFile() {
	m.t.Helper()
	raw, err := os.ReadFile(m.file)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		m.t.Fatal(err)
	}
	whole, rest := raw, []byte(nil)
	if end := bytes.LastIndexByte(raw, '\n'); end+1 < len(raw) {
		whole, rest = raw[:end+1], raw[end+1:]
	}
	if len(rest) > 0 && m.signals[0] != syscall.SIGKILL && len(m.signals) == 1 {
		m.t.Errorf("%v after %s: the file ends in a part of a line: %q", m.signals, m.after, rest)
	}
	lines := strings.Split(strings.TrimSuffix(string(whole), "\n"), "\n")
	for i, text := range lines {
		if len(whole) == 0 {
			break
		}
		var l struct {
			Seq   uint64
			Event string
		}
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			m.t.Fatalf("%v after %s: line %d: %v: %s", m.signals, m.after, i+1, err, text)
		}
		if l.Event == "trailer" && i == len(lines)-1 && m.signals[0] != syscall.SIGKILL {
			break
		}
		if l.Seq != uint64(i) || (l.Event == "header") != (i == 0) {
			m.t.Fatalf("%v after %s: line %d is %s %d", m.signals, m.after, i+1, l.Event, l.Seq)
		}
	}
}

// waitStopped waits until the process is stopped, or dead.
func waitStopped(t testing.TB, pid int) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		stat := procFile(t, pid, "stat")
		if state := stat[strings.LastIndexByte(stat, ')')+2]; state == 'T' || state == 'Z' {
			return
		}
	}
	t.Fatalf("process %d does not stop", pid)
}
