//go:build linux

package tracer

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// teller answers for the cgroup that the test made, and for no other.
type teller struct {
	pathsOnly
	name string

	mu      sync.Mutex
	answers []*events.Container // in turn; the last is repeated
	asked   int
	forgot  []string
	late    chan container.Answer
}

func (a *teller) Identify(path string) container.Found {
	if !strings.HasSuffix(path, a.name) {
		return container.Found{}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked++
	answer := a.answers[0]
	if len(a.answers) > 1 {
		a.answers = a.answers[1:]
	}
	return container.Found{Container: answer}
}

func (a *teller) Late() (container.Answer, bool) {
	select {
	case answer := <-a.late:
		return answer, true
	default:
		return container.Answer{}, false
	}
}

func (a *teller) Forget(c *events.Container) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.forgot = append(a.forgot, c.ID)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// inBox starts a process in a new cgroup.
func inBox(t *testing.T, dir string, argv ...string) *exec.Cmd {
	t.Helper()
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		eventually(t, dir+" removed", func() bool { return os.Remove(dir) == nil || !exists(dir) })
	})
	into, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer into.Close()
	return child(t, &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(into.Fd())}, argv...)
}

// TestContainerAskedAgain: a cgroup that is nobody's when it is made is asked for at
// the execs in it, as long as a runtime may take to write down that it is its own.
func TestContainerAskedAgain(t *testing.T) {
	kerneltest.RequireBPF(t)
	dir := filepath.Join(kerneltest.Cgroup2(t), "box")
	box := &events.Container{ID: "box", Runtime: "runc", Source: "state"}
	who := &teller{name: strings.TrimPrefix(dir, filepath.Dir(filepath.Dir(dir))), answers: []*events.Container{nil, nil, box}}
	var cmd *exec.Cmd
	all := live(t, Options{Containers: who}, func() {
		cmd = inBox(t, dir, "sh", "-c", "exec sleep 60")
		eventually(t, "sleep", func() bool {
			comm, _ := os.ReadFile("/proc/" + strconv.Itoa(cmd.Process.Pid) + "/comm")
			return string(comm) == "sleep\n"
		})
		cmd.Process.Kill()
		cmd.Wait()
		eventually(t, dir+" removed", func() bool { return os.Remove(dir) == nil })
	})
	var told []string
	for _, ev := range all {
		if int(ev.Process.Key.PID) == cmd.Process.Pid {
			name := ev.Kind.String()
			if ev.Process.Container != nil {
				name += ":" + ev.Process.Container.ID
			}
			told = append(told, name)
		}
	}
	if got, want := strings.Join(told, " "), "fork exec exec:box container_start:box signal:box exit:box container_exit:box"; got != want {
		t.Errorf("told %s, want %s", got, want)
	}
	if len(who.forgot) != 1 || who.forgot[0] != "box" {
		t.Errorf("forgot %q, want the box once its cgroup is gone", who.forgot)
	}
}

// TestContainerKnownLate: what is found out after a process was told is in what is
// told of it then, also where the record has no cgroup.
func TestContainerKnownLate(t *testing.T) {
	kerneltest.RequireBPF(t)
	dir := filepath.Join(kerneltest.Cgroup2(t), "box")
	who := &teller{
		name:    strings.TrimPrefix(dir, filepath.Dir(filepath.Dir(dir))),
		answers: []*events.Container{{ID: "box", Runtime: "docker", Source: "cgroup"}},
		late:    make(chan container.Answer, 1),
	}
	var kept keeper
	r := start(t, Options{Containers: who}, &kept)
	cmd := inBox(t, dir, "sleep", "60")
	eventually(t, "the birth", func() bool { return len(of(kept.all(), events.Fork, cmd.Process.Pid)) > 0 })
	who.late <- container.Answer{Container: &events.Container{ID: "box", Runtime: "docker", Source: "api", Name: "web"}}
	kill(t, cmd)
	r.end()
	all := kept.all()
	checkStream(t, all)
	exit := only(t, all, events.Exit, cmd.Process.Pid).Process.Container
	if exit == nil || exit.Name != "web" || exit.Source != "api" {
		t.Errorf("container at the exit %+v, want what was told late", exit)
	}
	told := slices.DeleteFunc(slices.Clone(all), func(ev *events.Event) bool {
		return ev.Kind != events.ContainerKnown || ev.Process.Container.ID != "box"
	})
	if len(told) != 1 || told[0].Process.Container.Name != "web" || told[0].BootNS == 0 {
		t.Errorf("told %d times what was found out, want once", len(told))
	}
}

// TestContainerInContainer: a cgroup below another container's names both.
func TestContainerInContainer(t *testing.T) {
	kerneltest.RequireBPF(t)
	outer, inner := strings.Repeat("ab", 32), strings.Repeat("cd", 32)
	dir := kerneltest.Cgroup2(t)
	for _, name := range []string{"docker", outer, "docker"} {
		dir = filepath.Join(dir, name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		made := dir
		t.Cleanup(func() { os.Remove(made) })
	}
	var cmd *exec.Cmd
	all := live(t, Options{}, func() {
		cmd = inBox(t, filepath.Join(dir, inner), "sleep", "60")
		cmd.Process.Kill()
		cmd.Wait()
	})
	want := &events.Container{ID: inner, Runtime: "docker", Source: "cgroup", Outer: &events.Container{ID: outer, Runtime: "docker", Source: "cgroup"}}
	for _, kind := range []events.Kind{events.Fork, events.Exec, events.Exit} {
		if got := only(t, all, kind, cmd.Process.Pid).Process.Container; !got.Equal(want) {
			t.Errorf("%s: %+v, want %s in %s", kind, got, inner, outer)
		}
	}
}
