//go:build linux

package tracer

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestR02Cgroup loses that a container's cgroup was made, or that a process came
// into it. In the gap the process is in no container or in the one before, and
// after the resync in the right one, as are its children.
func TestR02Cgroup(t *testing.T) {
	kerneltest.RequireBPF(t)
	for _, kind := range []events.Kind{events.CgroupMkdir, events.CgroupMove} {
		t.Run(kind.String(), func(t *testing.T) {
			kerneltest.RequireBPF(t)
			const id = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
			dir := kerneltest.Cgroup2(t)
			f := openFaulty(t, kind, 1)
			box := filepath.Join(dir, "docker-"+id+".scope")
			if err := os.Mkdir(box, 0o755); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { eventually(t, box+" removed", func() bool { return os.Remove(box) == nil }) })
			inside := child(t, nil, "sh", "-c", "read x; sleep 60")
			writeFile(t, filepath.Join(box, "cgroup.procs"), strconv.Itoa(inside.Process.Pid))
			f.mark()
			if f.lost == 0 {
				t.Fatal("nothing was lost")
			}
			p, ok := f.model.ByPID(int32(inside.Process.Pid))
			if !ok || p.Container != nil {
				t.Errorf("in the gap: %+v, want it known and in no container", p)
			}
			f.heal()
			if p, ok = f.model.ByPID(int32(inside.Process.Pid)); !ok || p.Container == nil || p.Container.ID != id {
				t.Fatalf("after the resync: %+v, want it in the container", p)
			}
			checkCgroup(t, events.Process{Cgroup: p.Cgroup()}, inside.Process.Pid)

			writeStdin(t, inside.Process.Pid)
			var born int
			eventually(t, "its child", func() bool {
				born, _ = strconv.Atoi(firstField(procFile(t, inside.Process.Pid, "task/"+strconv.Itoa(inside.Process.Pid)+"/children")))
				return born != 0
			})
			f.mark()
			if p, ok = f.model.ByPID(int32(born)); !ok || p.Container == nil || p.Container.ID != id {
				t.Errorf("its child: %+v, want it in the container", p)
			}
			writeFile(t, filepath.Join(box, "cgroup.kill"), "1")
			inside.Wait()
		})
	}
}

// mark folds all that has happened up to now.
func (f *faulty) mark() {
	f.t.Helper()
	cmd := exec.Command("true")
	if err := cmd.Run(); err != nil {
		f.t.Fatal(err)
	}
	f.until("the mark", func() bool { return f.ended == cmd.Process.Pid })
}

func firstField(text string) string {
	for i, c := range text {
		if c == ' ' || c == '\n' {
			return text[:i]
		}
	}
	return text
}
