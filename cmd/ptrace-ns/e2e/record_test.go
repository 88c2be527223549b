package e2e

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// said is how a run of the program ended and what it wrote.
type said struct {
	code     int
	out, err string
}

// tell runs the program to its end.
func tell(t testing.TB, env []string, args ...string) said {
	t.Helper()
	cmd := exec.Command(binary(t), args...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	cmd.Env = append(os.Environ(), env...)
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return said{cmd.ProcessState.ExitCode(), out.String(), errOut.String()}
}

// workload forks, executes, fails, threads and signals, makes a PID namespace and has
// it reaped. It prints nothing and ends with 3.
const workload = `sleep 0.01 & kill -TERM $!; wait; (exit 4); /bin/true "" "a	b" "$(printf '\377')"
	unshare -pf sh -c 'sleep 9 & sh -c "sleep 9 & exit 0"; exit 5' ; exit 3`

// TestReplayOfALiveRun compares what watch printed of a live run with what replay
// makes of the file that it wrote at the same time, byte for byte.
func TestReplayOfALiveRun(t *testing.T) {
	kerneltest.RequireBPF(t)
	for _, c := range []struct {
		watch, replay string // flags of watch alone, of both
		env           string
	}{
		{"", "-o json", ""},
		{"", "-o text", ""},
		{"", "-o text", "LC_ALL=C"},
		{"", "-o text", "TZ=Asia/Kathmandu"},
		{"", "-o text --color always", ""},
		{"", "-o json -e exec,exit", ""},
		{"", "-o text -e exec,exit", ""},
		{"", "-o text -e signal", ""},
		{"", "-o json -e -exec,-rename", ""},
		{"", "-o json --fields event,process.comm,process.pids,exit", ""},
		{"", "-o text --fields seq,event,process.pid,exit", ""},
		{"", `-o json -F event=="exit"&&exit.code!=0`, ""},
		{"", `-o text -F process.comm=="true"||process.comm=="unshare"`, ""}, // a sleep may end before it is one
		{"--syscalls", "-o json", ""},
		{"--syscalls", "-o text -e unshare,fork", ""},
		{"--threads", "-o text", ""},
		{"--env=values", "-o json -e exec", "SECRET=a\tb"},
		{"--env", "-o json -e exec", ""},
		{"--max-args 16", "-o json", ""},
		{"", "-o json --new-pidns", ""},
		{"", "-o text --host", ""},
		{"", "-o json --max-events 5", ""},
		{"--signals all", "-o text -e +signal", ""},
	} {
		file := filepath.Join(t.TempDir(), "run.zst")
		flags := append(strings.Fields(c.replay), "-q")
		args := append(append([]string{"watch", "--log-level", "error", "-w", file}, flags...), strings.Fields(c.watch)...)
		live := tell(t, []string{c.env}, append(args, "--", "sh", "-c", workload)...)
		again := tell(t, []string{c.env}, append(append([]string{"replay"}, flags...), file)...)
		if live.code != 3 || again.code != 0 || again.err != "" {
			t.Errorf("%+v: codes %d and %d: %s%s", c, live.code, again.code, live.err, again.err)
			continue
		}
		if strings.Count(live.out, "\n") < 3 || again.out != live.out {
			t.Errorf("%+v: replay gives\n%swatch gave\n%s", c, again.out, live.out)
		}
	}
}

// TestRecordKilled kills the recorder at any moment (R04): what is in the file then is
// whole, and its end is told to be missing.
func TestRecordKilled(t *testing.T) {
	kerneltest.RequireBPF(t)
	defer busy(t)()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	var withEvents int
	for i := range 20 {
		file := filepath.Join(t.TempDir(), "run.zst")
		cmd := exec.Command(binary(t), "record", "-q", "-o", file)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 { // half of them once there is something to lose
			for info, err := os.Stat(file); err != nil || info.Size() < 2000; info, err = os.Stat(file) {
				time.Sleep(time.Millisecond)
			}
		}
		time.Sleep(time.Duration(random.IntN(int(1200 * time.Millisecond))))
		cmd.Process.Kill()
		cmd.Wait()
		if _, err := os.Stat(file); err != nil {
			continue // it had not come that far
		}
		r := tell(t, nil, "replay", "-q", "-o", "json", file)
		if r.code != 4 || !strings.Contains(r.err, "recording is cut off at byte") && !strings.Contains(r.err, "recording is empty") {
			t.Errorf("exit code %d: %s", r.code, r.err)
		}
		seq := uint64(0)
		for line := range strings.Lines(r.out) {
			var doc struct{ Seq uint64 }
			if err := json.Unmarshal([]byte(line), &doc); err != nil {
				t.Fatalf("%v in %s", err, line)
			}
			if doc.Seq != seq && seq > 0 {
				t.Fatalf("event %d comes where %d is due", doc.Seq, seq)
			}
			seq = doc.Seq + 1
		}
		if seq > 1 {
			withEvents++
		}
	}
	if withEvents < 10 {
		t.Errorf("%d of 20 files have events", withEvents)
	}
}

// TestRecordEnds has the recorder end by each signal that ends a program in good order:
// with the trailer.
func TestRecordEnds(t *testing.T) {
	kerneltest.RequireBPF(t)
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if signal.Ignored(sig) {
			continue // as under nohup, and so it is for what is started here
		}
		file := filepath.Join(t.TempDir(), "run.zst")
		cmd := exec.Command(binary(t), "record", "-q", "-o", file)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for info, err := os.Stat(file); err != nil || info.Size() == 0; info, err = os.Stat(file) {
			time.Sleep(time.Millisecond)
		}
		cmd.Process.Signal(sig)
		cmd.Wait()
		if r := tell(t, nil, "replay", "-q", "-o", "json", file); r.code != 0 || cmd.ProcessState.ExitCode() != 0 {
			t.Errorf("%s: exit codes %d and %d: %s", sig, cmd.ProcessState.ExitCode(), r.code, r.err)
		}
	}
}

// recordStart records a command and returns the recording as a stream.
func recordStart(t testing.TB, flags []string, command ...string) stream {
	t.Helper()
	file := filepath.Join(t.TempDir(), "start.zst")
	args := append(append([]string{"record", "-o", file}, flags...), "--")
	if r := tell(t, nil, append(args, command...)...); r.code != 0 {
		t.Fatalf("exit code %d: %s", r.code, r.err)
	}
	return replayed(t, file)
}

func replayed(t testing.TB, file string) stream {
	t.Helper()
	r := tell(t, nil, "replay", "-q", "-o", "json", file)
	if r.code != 0 {
		t.Fatalf("exit code %d: %s", r.code, r.err)
	}
	tr := &trace{t: t}
	for line := range strings.Lines(r.out) {
		if err := tr.add(line); err != nil {
			t.Fatal(err)
		}
	}
	return stream{t: t, header: tr.header, lines: tr.lines}
}

// TestRecordDockerRun has the start of a container whole, though nothing of it descends
// from the client, and nobody who has nothing to do with it.
func TestRecordDockerRun(t *testing.T) {
	requireDocker(t)
	stranger := exec.Command("sh", "-c", "while sleep 0.05; do /bin/true stranger; done")
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		stranger.Process.Kill()
		stranger.Wait()
	}()
	cid := filepath.Join(t.TempDir(), "cid")
	s := recordStart(t, nil, "docker", "run", "--network", "none", "--cidfile", cid, "--label", "secret_token=hunter2", image, "sh", "-c", "sleep 0.1; exit 0")
	id := strings.TrimSpace(readFile(t, cid))
	defer run(t, "docker", "rm", "-f", id)
	s.checkSchema()

	client := s.find("the client", kind("exec"), runs("docker"), with("--cidfile", cid))
	equal(t, "its token", with("secret_token=[redacted]")(&client), true)
	init := s.only("the container's start", kind("container_start"), runsIn(id))
	born := s.find("its birth", kind("fork"), about(init.Process.ID))
	s.only("its namespace", kind("pidns_create"), about(init.Process.ID))
	s.find("its root", kind("pivot_root"))
	s.find("its end", kind("pidns_destroy"), func(l *line) bool { return idOf(l.Init) == init.Process.ID })
	// From the init upwards each is there from birth to end, up to those that were
	// there before, who come without arguments.
	seen := 0
	for id := bornUnder(born); id != ""; seen++ {
		if before := s.all(kind("snapshot"), about(id)); len(before) > 0 {
			equal(t, "arguments of "+before[0].Process.Comm, len(before[0].Process.Args), 0)
			id = idOf(before[0].Process.Parent)
			continue
		}
		birth := s.only("birth of "+id, kind("fork"), about(id))
		id = bornUnder(birth)
	}
	if seen < 4 {
		t.Errorf("%d are above the container's PID 1", seen)
	}
	s.find("the shim", kind("exec"), runs("containerd-shim-runc-v2"), with("-id", id))
	for _, l := range s.lines {
		if l.Process != nil && (l.Process.PID == int32(stranger.Process.Pid) || l.Process.PPID == int32(stranger.Process.Pid)) {
			t.Errorf("a stranger: %s", l.raw)
		}
	}
}

// bornUnder is who made a process by its birth.
func bornUnder(birth line) string {
	if birth.Creator != nil {
		return birth.Creator.ID
	}
	return idOf(birth.Process.Parent)
}

// TestRecordDockerExecAndStop records what happens to a container that was there.
func TestRecordDockerExecAndStop(t *testing.T) {
	requireDocker(t)
	id := dockerRun(t, "--network", "none", image, "sh", "-c", "trap '' TERM; sleep 1000 & wait; sleep 1000")
	init := dockerPID(t, id)
	s := recordStart(t, nil, "docker", "exec", id, "sh", "-c", "exit 0")
	entered := s.find("the entry", kind("pidns_enter"), func(l *line) bool { return l.Pidns.Inum == nsInum(t, init) })
	s.find("its exec", kind("exec"), about(entered.Process.ID), with("sh", "-c", "exit 0"))
	s.find("its end", kind("exit"), about(entered.Process.ID))
	s.find("who makes it", kind("fork"), about(entered.Creator.ID))

	s = recordStart(t, nil, "docker", "stop", "-t", "1", id)
	ignored := s.find("SIGTERM", kind("signal"), pid(init), signalled("SIGTERM"))
	s.find("who sent it", kind("fork"), about(ignored.Sender.ID))
	end := s.only("its end", kind("exit"), pid(init))
	equal(t, "end", exitOf(end.Exit), "SIGKILL")
	s.find("the reaping", kind("pidns_reap"))
	s.find("what it was", kind("snapshot"), pid(init))
}

// TestRecordScopeCommand keeps to the command.
func TestRecordScopeCommand(t *testing.T) {
	kerneltest.RequireBPF(t)
	defer busy(t)()
	s := recordStart(t, []string{"--scope", "command", "--settle", "0s"}, "sh", "-c", "unshare -pf true; exit 0")
	made := s.find("the command", kind("exec"), with("sh", "-c"))
	known := map[string]bool{made.Process.ID: true}
	for _, l := range s.lines {
		switch {
		case l.Event == "snapshot":
		case l.Event == "fork":
			if !known[bornUnder(l)] && l.Process.ID != made.Process.ID {
				t.Errorf("a stranger: %s", l.raw)
			}
			known[l.Process.ID] = true
		case l.Process != nil && !known[l.Process.ID]:
			t.Errorf("an event of a stranger: %s", l.raw)
		}
	}
	s.only("its namespace's end", kind("pidns_destroy"))
	// A snapshot for each above it, up to the first, and for nobody else.
	above := 0
	for id := idOf(made.Process.Parent); id != ""; above++ {
		id = idOf(s.only("snapshot of "+id, kind("snapshot"), about(id)).Process.Parent)
	}
	equal(t, "snapshots", len(s.all(kind("snapshot"))), above)
}

// TestRecordSettles goes on after the command's end for those that it left behind.
func TestRecordSettles(t *testing.T) {
	kerneltest.RequireBPF(t)
	s := recordStart(t, []string{"--settle", "2s"}, "sh", "-c", "(sleep 0.5; exec sh -c 'exit 7') & exit 0")
	s.find("the end of what was left", kind("exit"), func(l *line) bool { return exitOf(l.Exit) == "code 7" })
}
