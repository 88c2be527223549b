package e2e

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/record"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// killsEnv says how often TestR04Killed kills: make kills has it do so a thousand times.
const killsEnv = "PTRACE_NS_KILLS"

// TestR04Killed kills a recorder at any moment. All that it had written is whole, and
// neither a process nor a file nor anything in the kernel is left of it.
func TestR04Killed(t *testing.T) {
	kerneltest.RequireBPF(t)
	rounds := kerneltest.Times(12)
	if text := os.Getenv(killsEnv); text != "" {
		rounds = number(t, text)
	}
	busy(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	flags := [][]string{{}, {"--force"}, {"--rotate-size", "64KiB"}, {"--user", "65534"}}
	begun, told := 0, uint64(0)
	for i := range rounds {
		k := killed{t: t, dir: filepath.Join(t.TempDir(), strconv.Itoa(i)), flags: flags[i%len(flags)], stop: i/len(flags)%2 == 0, begun: i/3%2 == 0}
		k.after = time.Duration(random.Int64N(int64(1200 * time.Millisecond)))
		k.try()
		if t.Failed() {
			t.Fatalf("round %d: killed after %s, flags %v, stopped before: %t", i, k.after, k.flags, k.stop)
		}
		told += k.events
		if k.files > 0 {
			begun++
		}
		os.RemoveAll(k.dir)
	}
	t.Logf("%d kills, %d of them while it recorded, %d events read", rounds, begun, told)
	if begun == 0 {
		t.Error("it was never killed while it recorded")
	}
}

// killed is one recorder that is killed.
type killed struct {
	t      *testing.T
	dir    string
	flags  []string
	after  time.Duration
	stop   bool // at rest it writes nothing more: all in the file must be whole
	begun  bool // the moment is counted from the first byte of a file, which a slow machine has late
	files  int
	events uint64
}

func (k *killed) try() {
	k.t.Helper()
	if err := errors.Join(os.Mkdir(k.dir, 0o700), os.Chown(k.dir, 0, 0)); err != nil {
		k.t.Fatal(err)
	}
	cmd := exec.CommandContext(k.t.Context(), binary(k.t), append([]string{"record", "-q", "--log-level", "error", "--scope", "all", "-o", filepath.Join(k.dir, "run.zst")}, k.flags...)...)
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	if k.begun {
		awaitFile(k.t, filepath.Join(k.dir, "*"), 1)
	}
	time.Sleep(k.after)
	if k.stop {
		cmd.Process.Signal(syscall.SIGSTOP)
		waitStopped(k.t, cmd.Process.Pid)
	}
	objects := objectsOf(k.t, cmd.Process.Pid)
	if err := cmd.Process.Kill(); err != nil {
		k.t.Fatal(err)
	}
	cmd.Wait()
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGKILL {
		k.t.Errorf("ended by itself: %s", cmd.ProcessState)
	}
	checkGone(k.t, objects)
	k.checkNobody()
	k.checkFiles()
}

// checkNobody looks for a process that runs the program.
func (k *killed) checkNobody() {
	k.t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		k.t.Fatal(err)
	}
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && target == binary(k.t) {
			k.t.Errorf("%s runs %s", link, target)
		}
	}
}

// checkFiles reads all that there is: recordings, of which the last has no end, that have
// every event from the first on.
func (k *killed) checkFiles() {
	k.t.Helper()
	entries, err := os.ReadDir(k.dir)
	if err != nil {
		k.t.Fatal(err)
	}
	k.files = len(entries)
	for _, entry := range entries {
		if !strings.Contains(entry.Name(), "run") || !strings.Contains(entry.Name(), ".zst") {
			k.t.Errorf("%s was left", entry.Name())
		}
	}
	unfinished := 0
	for n := range entries {
		name := fmt.Sprintf("run-%d.zst", n+1)
		switch {
		case len(entries) == 1:
			name = entries[0].Name() // of one that replaces it is not the name yet
		case n == 0:
			name = "run.zst"
		}
		unfinished += k.read(filepath.Join(k.dir, name))
	}
	if unfinished > 1 {
		k.t.Errorf("%d files without an end, want the last at most", unfinished)
	}
}

// read checks one file; it returns how many of it have no end.
func (k *killed) read(path string) (unfinished int) {
	k.t.Helper()
	file, err := os.Open(path)
	if err != nil {
		k.t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		k.t.Fatal(err)
	}
	reader, err := record.NewReader(file, record.ReadOptions{})
	for err == nil {
		ev, failed := reader.Next(k.t.Context())
		if err = failed; err == nil {
			if k.events > 0 && ev.Seq <= k.events && ev.Kind == events.Snapshot {
				continue // a later file begins with who lives
			}
			if k.events++; ev.Seq != k.events {
				k.t.Fatalf("%s: event %d is the %dth", path, ev.Seq, k.events)
			}
		}
	}
	var damaged *record.DamagedError
	if !errors.As(err, &damaged) {
		return 0
	}
	if !damaged.CutOff && info.Size() > 0 || k.stop && damaged.Offset != info.Size() {
		k.t.Errorf("%s, %d bytes: %v", path, info.Size(), err)
	}
	return 1
}
