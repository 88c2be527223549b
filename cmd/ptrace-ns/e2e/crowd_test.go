package e2e

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// crowdEnv says how many processes TestT19Crowd makes: make crowd has it make 100 000.
const crowdEnv = "PTRACE_NS_CROWD"

// crowdSize is 30 000, and less on a small machine: each takes about 100 KiB of the
// kernel's memory.
func crowdSize(t testing.TB) int {
	t.Helper()
	if text := os.Getenv(crowdEnv); text != "" {
		return number(t, text)
	}
	_, rest, ok := strings.Cut(readFile(t, "/proc/meminfo"), "MemAvailable:")
	if !ok {
		t.Fatal("/proc/meminfo does not tell what is available")
	}
	available := number(t, strings.Fields(rest)[0]) // in KiB
	threads := number(t, strings.TrimSpace(readFile(t, "/proc/sys/kernel/threads-max")))
	return min(kerneltest.Times(30_000), available/256, threads/4)
}

// crowd makes n processes that live as long as the test, and returns who made them.
// kernel.pid_max is raised for them by a shell that sets it back when they have ended,
// also when the test is killed: all of them end with its pipe.
func crowd(t testing.TB, n int) (maker int32) {
	t.Helper()
	cmd := exec.Command("sh", "-c", `was=$(cat "$0"); [ "$was" -ge "$3" ] || echo "$3" >"$0"; "$1" hold "$2"; status=$?; echo "$was" >"$0"; exit $status`,
		"/proc/sys/kernel/pid_max", kerneltest.CompileHelper(t, "bench"), strconv.Itoa(n), strconv.Itoa(2*n+32768))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // from Ctrl-C it is to end by its pipe, too
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the crowd: %v", err)
		}
	})
	if said, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || said != "ready\n" {
		t.Fatalf("%d processes cannot be made here: %q, %v", n, said, err)
	}
	for pid, f := range machine() {
		if f.ppid == int32(cmd.Process.Pid) && pid != int32(cmd.Process.Pid) {
			maker = pid
		}
	}
	return maker
}

// present is what this test reads of an event.
type present struct {
	Event   string `json:"event"`
	Process struct {
		ID   string `json:"id"`
		PID  int32  `json:"pid"`
		PPID int32  `json:"ppid"`
	} `json:"process"`
}

// crowdSeen reads the stream until somebody is born, and returns of whom the snapshot
// told that he has this parent, and how often.
func crowdSeen(t testing.TB, stream *bufio.Reader, parent int32) map[int32]int {
	t.Helper()
	seen := map[int32]int{}
	for {
		line, err := stream.ReadBytes('\n')
		if err != nil {
			t.Fatalf("after %d of the crowd: %v", len(seen), err)
		}
		var ev present
		if err := json.Unmarshal(line, &ev); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		switch {
		case ev.Event == "fork":
			return seen
		case ev.Event == "snapshot" && ev.Process.PPID == parent:
			seen[ev.Process.PID]++
		}
	}
}

// TestT19Crowd begins where very many processes live: every one of them is told, once,
// what happens meanwhile is, nothing is lost, and the memory for it has a bound.
func TestT19Crowd(t *testing.T) {
	kerneltest.RequireBPF(t)
	n := crowdSize(t)
	maker := crowd(t, n)
	births := exec.CommandContext(t.Context(), "sh", "-c", "while :; do /bin/true; sleep 0.02; done")
	if err := births.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { births.Wait() }) // the context has ended by then
	began := time.Now()
	// The ring is to hold what others do on the machine while this test reads of the crowd.
	const ring = 64 << 20
	cmd := exec.CommandContext(t.Context(), binary(t), "watch", "-o", "json", "-e", "+snapshot", "--buffer", strconv.Itoa(ring))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stream := bufio.NewReaderSize(stdout, 1<<20)
	seen := crowdSeen(t, stream, maker)
	took, peak := time.Since(began), peakMemory(t, cmd.Process.Pid)
	t.Logf("%d processes: the first birth was told after %s, with %d MiB at most", n, took.Round(time.Millisecond), peak>>20)

	there := 0
	for pid, f := range machine() {
		if f.ppid != maker {
			continue
		}
		there++
		if seen[pid] != 1 {
			t.Fatalf("process %d is told %d times", pid, seen[pid])
		}
	}
	equal(t, "processes in /proc", there, n)
	equal(t, "processes told", len(seen), n)
	if bound := 2*ring + 64<<20 + n*2048; peak > bound && len(buildFlags) == 0 {
		t.Errorf("%d MiB of memory, bound %d", peak>>20, bound>>20)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, stream); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	equal(t, "exit code", cmd.ProcessState.ExitCode(), 0)
	if said := stderr.String(); !strings.Contains(said, "count identity holds: ") || !strings.Contains(said, ", 0 lost, in ") {
		t.Errorf("it says %s", said)
	}
}
