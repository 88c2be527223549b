package kerneltest

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// limit is when a helper that hangs is given up; its processes end themselves
// by alarm(2) at about the same time.
var limit = Patience(60 * time.Second)

// Helper is one run of a scenario program. It has done nothing yet when Start
// returns, so that a tracer can be told its PID first.
type Helper struct {
	t      testing.TB
	cmd    *exec.Cmd
	start  io.WriteCloser
	stdout io.ReadCloser
	stderr strings.Builder
}

// Start runs the helper NAME with the scenario's id and its arguments. It waits
// for Go; a test that ends before is no reason for it to stay.
func Start(t testing.TB, name, scenario string, args ...string) *Helper {
	t.Helper()
	h := &Helper{t: t, cmd: exec.Command(CompileHelper(t, name), append([]string{scenario}, args...)...)}
	h.cmd.Stderr = &h.stderr
	h.cmd.Dir = t.TempDir()
	h.cmd.WaitDelay = time.Second // a descendant may hold stderr longer
	var err error
	if h.start, err = h.cmd.StdinPipe(); err != nil {
		t.Fatalf("helper %s: %v", name, err)
	}
	if h.stdout, err = h.cmd.StdoutPipe(); err != nil {
		t.Fatalf("helper %s: %v", name, err)
	}
	if err := h.cmd.Start(); err != nil {
		t.Fatalf("helper %s: %v", name, err)
	}
	t.Cleanup(h.close)
	return h
}

// PID returns the helper's thread-group id.
func (h *Helper) PID() int { return h.cmd.Process.Pid }

// Go lets the scenario begin.
func (h *Helper) Go() {
	h.t.Helper()
	if _, err := h.start.Write([]byte{'\n'}); err != nil {
		h.t.Fatalf("helper: begin: %v", err)
	}
}

// Wait returns the report once every process that could add to it has ended, and
// fails the test unless the helper itself succeeded.
func (h *Helper) Wait() Report {
	h.t.Helper()
	timer := time.AfterFunc(limit, func() { h.stdout.Close() })
	defer timer.Stop()
	report, err := parse(h.stdout)
	if err != nil {
		h.t.Fatalf("helper %v: %v", h.cmd.Args[1:], err)
	}
	if err := h.cmd.Wait(); err != nil {
		h.t.Fatalf("helper %v: %v: %s", h.cmd.Args[1:], err, h.stderr.String())
	}
	return report
}

// Run starts a helper, lets it begin at once, and returns its report.
func Run(t testing.TB, name, scenario string, args ...string) Report {
	t.Helper()
	h := Start(t, name, scenario, args...)
	h.Go()
	return h.Wait()
}

// close ends a helper whose test did not come to Wait; a closed stdin tells it
// that it is not wanted.
func (h *Helper) close() {
	h.start.Close()
	if h.cmd.ProcessState == nil {
		h.cmd.Process.Kill()
		h.cmd.Wait()
	}
}

func parse(from io.Reader) (Report, error) {
	var report Report
	for lines := json.NewDecoder(from); ; {
		var fact Fact
		err := lines.Decode(&fact)
		if err == io.EOF {
			return report, nil
		}
		if err != nil {
			return nil, fmt.Errorf("report line %d: %w", len(report)+1, err)
		}
		report = append(report, fact)
	}
}

// Hex is bytes that came as hexadecimal digits: names and arguments need not be
// UTF-8.
type Hex string

// UnmarshalText decodes the digits.
func (h *Hex) UnmarshalText(text []byte) error {
	raw, err := hex.DecodeString(string(text))
	if err != nil {
		return fmt.Errorf("hexadecimal %q: %w", text, err)
	}
	*h = Hex(raw)
	return nil
}
