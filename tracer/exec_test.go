//go:build linux

package tracer

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestExecPath: the image's path is that of /proc/PID/exe, however long it and the
// name passed are: each case needs another shape of the record.
func TestExecPath(t *testing.T) {
	kerneltest.RequireBPF(t)
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	deep := filepath.Join(slices.Repeat([]string{"d"}, 40)...)
	long := strings.Repeat("n", 200)
	for _, c := range []struct{ name, dir string }{
		{"small", ""},
		{"medium", long},
		{"large by names", filepath.Join(long, long, long, long)},
		{"large by depth", deep},
	} {
		t.Run(c.name, func(t *testing.T) {
			kerneltest.RequireBPF(t)
			path := filepath.Join(t.TempDir(), c.dir, "pn-sleep")
			copyFile(t, sleep, path)
			var cmd *exec.Cmd
			all := record(t, Options{}, func() { cmd = child(t, nil, path, "60") }, "sched_process_exec")
			ev := only(t, all, events.Exec, cmd.Process.Pid)
			exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", cmd.Process.Pid))
			if err != nil {
				t.Fatal(err)
			}
			if ev.Process.Exe != exe || ev.Exec.Filename != path || ev.Exec.FilenameStatus != events.Complete {
				t.Errorf("path %q, passed %q, want %q and %q", ev.Process.Exe, ev.Exec.Filename, exe, path)
			}
			if ev.Exec.Interpreter != "" || ev.Exec.OldTID != 0 || ev.Process.Comm != "pn-sleep" {
				t.Errorf("exec: %+v of %q, want a plain one", ev.Exec, ev.Process.Comm)
			}
			if got := ev.Process.Args.Strings(); !slices.Equal(got, []string{path, "60"}) || ev.Process.Args.Status != events.Complete {
				t.Errorf("arguments: %q", got)
			}
			if got, want := chainPIDs(ev.Process.Chain), nsPIDs(t, cmd.Process.Pid); !slices.Equal(got, want) {
				t.Errorf("PIDs: %v, want %v", got, want)
			}
			if want := namespaces(t, cmd.Process.Pid); ev.Process.NS != want {
				t.Errorf("namespaces: %+v, want %+v", ev.Process.NS, want)
			}
		})
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	raw, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, raw, 0o755); err != nil {
		t.Fatal(err)
	}
}

// TestExecArgs: vectors of every size up to the limit and past it are what
// /proc/PID/cmdline shows, cut where the limit is.
func TestExecArgs(t *testing.T) {
	kerneltest.RequireBPF(t)
	const limit = 5000
	for _, size := range []int{0, 1, 50, 60, 120, 250, 500, 1000, 4000, limit - 20, limit, 100_000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			kerneltest.RequireBPF(t)
			script := []string{"sh", "-c", "read x; read x", "", strings.Repeat("x", size), ""}
			var cmd *exec.Cmd
			all := record(t, Options{MaxArgs: limit}, func() { cmd = child(t, nil, script...) }, "sched_process_exec")
			ev := only(t, all, events.Exec, cmd.Process.Pid)
			whole := procFile(t, cmd.Process.Pid, "cmdline")
			if want := strings.Join(script, "\x00") + "\x00"; whole != want {
				t.Fatalf("cmdline: %d bytes, want %d", len(whole), len(want))
			}
			args := ev.Process.Args
			want, status := whole, events.Complete
			if len(whole) > limit {
				want, status = whole[:limit], events.Truncated
			}
			if string(args.Raw) != want || args.Status != status || args.Size != uint64(len(whole)) {
				t.Errorf("arguments: %d bytes of %d, status %d, want %d of %d, status %d",
					len(args.Raw), args.Size, args.Status, len(want), len(whole), status)
			}
			if len(whole) <= limit && !slices.Equal(args.Strings(), script) {
				t.Errorf("arguments: %q, want %q", args.Strings(), script)
			}
		})
	}
}

// TestExecEnv: the environment is told when asked for, and only then.
func TestExecEnv(t *testing.T) {
	kerneltest.RequireBPF(t)
	t.Setenv("PN_SECRET", "a=b")
	for _, asked := range []bool{false, true} {
		var cmd *exec.Cmd
		all := record(t, Options{Env: asked}, func() { cmd = child(t, nil, "sleep", "60") }, "sched_process_exec")
		env := only(t, all, events.Exec, cmd.Process.Pid).Process.Env
		if !asked {
			if env.Status != events.Absent || len(env.Raw) != 0 {
				t.Errorf("environment: %+v, want none", env)
			}
			continue
		}
		if want := procFile(t, cmd.Process.Pid, "environ"); string(env.Raw) != want || env.Status != events.Complete {
			t.Errorf("environment: %q, status %d, want that of /proc", env.Raw, env.Status)
		}
		if !slices.Contains(env.Strings(), "PN_SECRET=a=b") {
			t.Errorf("environment: %q, want what was set", env.Strings())
		}
	}
}

// TestExecInterpreter: a script is run by its interpreter, which the last of
// nested ones names.
func TestExecInterpreter(t *testing.T) {
	kerneltest.RequireBPF(t)
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(path, []byte("#!"+sh+"\nread x\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	var cmd *exec.Cmd
	all := record(t, Options{}, func() { cmd = child(t, nil, path, "last", "") }, "sched_process_exec")
	ev := only(t, all, events.Exec, cmd.Process.Pid)
	exe, err := filepath.EvalSymlinks(sh)
	if err != nil {
		t.Fatal(err)
	}
	if ev.Exec.Filename != path || ev.Exec.Interpreter != sh || ev.Process.Exe != exe {
		t.Errorf("exec: %+v of %q, want %s run by %s, which is %s", ev.Exec, ev.Process.Exe, path, sh, exe)
	}
	if got := ev.Process.Args.Strings(); !slices.Equal(got, []string{sh, path, "last", ""}) {
		t.Errorf("arguments: %q, want the interpreter's", got)
	}
}
