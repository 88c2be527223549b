package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// rights is what /proc says of one thread.
type rights struct {
	uid                  string
	effective, permitted uint64
	ambient, bounding    uint64
	noNewPrivs, filtered bool
}

func rightsOf(t testing.TB, status string) (r rights) {
	t.Helper()
	for text := range strings.Lines(status) {
		name, value, _ := strings.Cut(text, ":")
		value = strings.TrimSpace(value)
		set := map[string]*uint64{"CapEff": &r.effective, "CapPrm": &r.permitted, "CapAmb": &r.ambient, "CapBnd": &r.bounding}[name]
		switch {
		case set != nil:
			n, err := strconv.ParseUint(value, 16, 64)
			if err != nil {
				t.Fatal(err)
			}
			*set = n
		case name == "Uid":
			r.uid = value
		case name == "NoNewPrivs":
			r.noNewPrivs = value == "1"
		case name == "Seccomp":
			r.filtered = value == "2"
		}
	}
	return r
}

// threads returns the rights of all threads of a process.
func threads(t testing.TB, pid int) []rights {
	t.Helper()
	paths, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(paths) == 0 {
		t.Fatalf("threads of %d: %d, %v", pid, len(paths), err)
	}
	var all []rights
	for _, path := range paths {
		if raw, err := os.ReadFile(path); err == nil { // it may have ended
			all = append(all, rightsOf(t, string(raw)))
		}
	}
	return all
}

func bits(capabilities ...int) (set uint64) {
	for _, c := range capabilities {
		set |= 1 << c
	}
	return set
}

// reading is what is kept for /proc and for the runtimes' files.
var reading = bits(unix.CAP_SYS_PTRACE, unix.CAP_DAC_READ_SEARCH)

// confinedTo waits until every thread has exactly these rights; what it could be given by
// another program's file, the bounding set, is not looked at.
func confinedTo(tr *trace, want rights) {
	tr.t.Helper()
	tr.poll("the confinement", func() bool {
		return !slices.ContainsFunc(threads(tr.t, tr.cmd.Process.Pid), func(r rights) bool {
			r.bounding = want.bounding
			return r != want
		})
	})
}

const root, stranger = "0\t0\t0\t0", "65534\t65534\t65534\t65534"

// traces provokes a process of its own, of the user who runs the test, and asks for all
// of it.
func traces(tr *trace) {
	tr.t.Helper()
	cmd := exec.Command("sh", "-c", "exit 7", "an argument", "")
	cmd.Run()
	tr.wait("the exit", kind("exit"), pid(cmd.Process.Pid))
	s := tr.end()
	s.only("fork", kind("fork"), pid(cmd.Process.Pid))
	ran := s.only("exec", kind("exec"), pid(cmd.Process.Pid))
	equals(tr.t, "arguments", ran.Process.Args, []string{"sh", "-c", "exit 7", "an argument", ""})
	equal(tr.t, "exit", exitOf(s.only("exit", kind("exit"), pid(cmd.Process.Pid)).Exit), "code 7")
}

// TestConfined: once it traces, no thread has more than it is said to keep, and the
// counts and the end are as with all rights.
func TestConfined(t *testing.T) {
	kerneltest.RequireBPF(t)
	for _, c := range []struct {
		name  string
		under []string
		args  []string
		want  rights
	}{
		{"root", nil, nil, rights{uid: root, effective: reading, permitted: reading}},
		{"user", nil, []string{"--user", "65534"}, rights{uid: stranger, effective: reading, permitted: reading}},
		{"least privilege", nobody("bpf", "perfmon"), nil, rights{uid: stranger}},
		{"least privilege and reading", nobody("bpf", "perfmon", "sys_ptrace", "dac_read_search"), nil,
			rights{uid: stranger, effective: reading, permitted: reading}},
	} {
		t.Run(c.name, func(t *testing.T) {
			kerneltest.RequireTool(t, "setpriv")
			tr := startUnder(t, c.under, c.args...)
			c.want.noNewPrivs, c.want.filtered = true, true
			confinedTo(tr, c.want)
			// Emptying it takes CAP_SETPCAP, which root has.
			for _, r := range threads(t, tr.cmd.Process.Pid) {
				if c.under == nil && r.bounding != 0 {
					t.Errorf("bounding set %x, want none", r.bounding)
				}
			}
			traces(tr)
		})
	}
}

// TestConfinedLoss: what was lost is mended without the rights to load anything: the
// iterator that was verified runs again.
func TestConfinedLoss(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "setpriv")
	tr := startUnder(t, nobody("bpf", "perfmon"), "--buffer", "32KiB")
	confinedTo(tr, rights{uid: stranger, noNewPrivs: true, filtered: true})
	// Stopped, it reads nothing; what is born then overruns the ring.
	if err := tr.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	storm := exec.Command("sh", "-c", "for i in $(seq 2000); do (:); done")
	if err := storm.Run(); err != nil {
		t.Error(err)
	}
	lives := exec.Command("sleep", "1000")
	if err := lives.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { lives.Process.Kill(); lives.Wait() }()
	if err := tr.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	tr.wait("the loss", kind("lost"))
	tr.wait("the look after it", kind("snapshot"), pid(lives.Process.Pid))
	tr.cmd.Process.Signal(syscall.SIGINT)
	<-tr.read
	tr.cmd.Wait()
	equal(t, "exit code", tr.cmd.ProcessState.ExitCode(), 0)
}

// TestConfinedCommand: the command has the caller's rights, whatever the tracer gives
// up, and is told to end though it has become another user.
func TestConfinedCommand(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "setpriv")
	own, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	want := rightsOf(t, string(own))
	out := run(t, binary(t), "watch", "-q", "--log-level", "error", "-e", "oom", "--user", "65534", "--", "cat", "/proc/self/status")
	got := rightsOf(t, out)
	want.ambient = got.ambient
	equal(t, "the command's rights", got, want)

	cmd := exec.Command(binary(t), "watch", "-q", "--log-level", "error", "-e", "oom", "--timeout", "500ms", "--",
		"setpriv", "--reuid=65534", "--clear-groups", "sleep", "1000")
	cmd.Run()
	equal(t, "exit code after SIGTERM", cmd.ProcessState.ExitCode(), 128+int(syscall.SIGTERM))
}

// TestUserRefused: who is not there, or gives nothing up, is wrong usage; who may not
// change is told what is missing.
func TestUserRefused(t *testing.T) {
	kerneltest.RequireBPF(t)
	kerneltest.RequireTool(t, "setpriv")
	for _, c := range []struct {
		under []string
		user  string
		code  int
		says  string
	}{
		{nil, "no-such-user", 2, "no such user"},
		{nil, "root", 2, "root gives nothing up"},
		{nobody("bpf", "perfmon"), "1", 1, "CAP_SETUID is missing"},
	} {
		line := slices.Concat(c.under, []string{binary(t), "watch", "-q", "--timeout", "100ms", "--user", c.user})
		cmd := exec.Command(line[0], line[1:]...)
		out, _ := cmd.CombinedOutput()
		equal(t, "exit code of --user "+c.user, cmd.ProcessState.ExitCode(), c.code)
		if !strings.Contains(string(out), c.says) {
			t.Errorf("--user %s: %s, want %q", c.user, out, c.says)
		}
	}
}

// TestOwners: under sudo the files are those of the user who called it, also those
// that are made when rights have been given up, in a directory of his own.
func TestOwners(t *testing.T) {
	kerneltest.RequireBPF(t)
	for _, c := range []struct {
		name  string
		env   []string
		args  []string
		owner uint32
	}{
		{"root", []string{"SUDO_UID=", "SUDO_GID="}, nil, 0},
		{"sudo", []string{"SUDO_UID=65534", "SUDO_GID=65534"}, nil, 65534},
		{"user", []string{"SUDO_UID=1", "SUDO_GID=1"}, []string{"--user", "65534"}, 65534},
		{"hostile", []string{"SUDO_UID=-1", "SUDO_GID=x"}, nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := errors.Join(os.Chown(dir, int(c.owner), int(c.owner)), os.Chmod(dir, 0o700)); err != nil {
				t.Fatal(err)
			}
			args := append([]string{"record", "-q", "--scope", "all", "-o", filepath.Join(dir, "run.ndjson"), "--rotate-size", "64KiB"}, c.args...)
			cmd := exec.Command(binary(t), append(args, "--", "sh", "-c", "for i in $(seq 300); do (:); done")...)
			cmd.Env = append(os.Environ(), c.env...)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			files, err := os.ReadDir(dir)
			if err != nil || len(files) < 2 {
				t.Fatalf("%d files, %v, want several", len(files), err)
			}
			for _, f := range files {
				info, err := f.Info()
				if err != nil {
					t.Fatal(err)
				}
				at := info.Sys().(*syscall.Stat_t)
				if at.Uid != c.owner || at.Gid != c.owner || info.Mode() != 0o600 {
					t.Errorf("%s: owner %d:%d, mode %s, want %d and 0600", f.Name(), at.Uid, at.Gid, info.Mode(), c.owner)
				}
			}
		})
	}
}
