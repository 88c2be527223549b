package e2e

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// sharing is containers of runc's whose bundles say one cgroup, in which somebody else has a
// process from before the first to after the last.
type sharing struct {
	bareRunc
	path   string
	ids    [2]string
	bundle [2]string
	keeper *exec.Cmd
	in     io.WriteCloser // a line has the keeper execute something
}

func newSharing(t *testing.T) *sharing {
	t.Helper()
	s := &sharing{bareRunc: newBareRunc(t)}
	name := fmt.Sprintf("pns-shared-%d-%s", os.Getpid(), strings.ToLower(t.Name()[strings.LastIndex(t.Name(), "/")+1:]))
	s.path = "/" + name
	for i := range s.ids {
		s.ids[i], s.bundle[i] = fmt.Sprintf("%s-%d", name, i), runcBundle(t)
		editBundle(t, s.bundle[i], func(c map[string]any) {
			c["process"].(map[string]any)["args"] = []string{"/bin/sh", "-c", "sleep 1000 & wait"}
			c["linux"].(map[string]any)["cgroupsPath"] = s.path
		})
	}
	s.keep(t)
	return s
}

// keep has a shell sit in the cgroup of every hierarchy.
func (sh *sharing) keep(t *testing.T) {
	t.Helper()
	sh.keeper = exec.Command("sh", "-c", "while read line; do sleep 0; done")
	var err error
	if sh.in, err = sh.keeper.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := sh.keeper.Start(); err != nil {
		t.Fatal(err)
	}
	var dirs []string
	t.Cleanup(func() {
		sh.in.Close()
		sh.keeper.Wait()
		for _, dir := range dirs {
			os.Remove(dir)
		}
	})
	for mount := range strings.Lines(readFile(t, "/proc/self/mounts")) {
		f := strings.Fields(mount)
		if !strings.HasPrefix(f[2], "cgroup") || strings.Contains(f[3], "cpuset") { // which takes nobody before it is set up
			continue
		}
		dir := filepath.Join(f[1], sh.path)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, dir)
		if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), fmt.Append(nil, sh.keeper.Process.Pid), 0); err != nil {
			t.Fatal(err)
		}
	}
}

// began wants the container to have begun and ended once, by its own PID 1, and its child to
// be in it.
func (sh *sharing) began(s stream, i, init int) {
	s.t.Helper()
	start := s.only("the start of "+sh.ids[i], kind("container_start"), runsIn(sh.ids[i]))
	equal(s.t, "who began", int(start.Process.PID), init)
	equal(s.t, "its role", start.Process.Role, "init")
	child := s.only("the child in "+sh.ids[i], kind("exec"), childOf(init), with("1000"))
	if c := child.Process.Container; c == nil || c.ID != sh.ids[i] {
		s.t.Errorf("the child is in %+v, want %s", c, sh.ids[i])
	}
	end := s.only("the end of "+sh.ids[i], kind("container_exit"), runsIn(sh.ids[i]))
	equal(s.t, "who ended", end.Process.ID, start.Process.ID)
}

// told checks what is told of both, live and by the recording of the same run.
func (sh *sharing) told(s stream, file string, inits [2]int) {
	s.t.Helper()
	s.checkContract()
	again := replayed(s.t, file)
	for i := range sh.ids {
		sh.began(s, i, inits[i])
		sh.began(again, i, inits[i])
		doc := timelineOf(s.t, file, sh.ids[i])
		equal(s.t, "PID 1 in the timeline", int(doc.Init.PID), inits[i])
		r := tell(s.t, nil, "explain", file, sh.ids[i])
		if r.code != 0 || !strings.Contains(r.out, sh.ids[i]) || strings.Contains(r.out, sh.ids[1-i]) {
			s.t.Errorf("exit code %d, explain tells of another than %s:\n%s%s", r.code, sh.ids[i], r.out, r.err)
		}
	}
	for _, l := range s.all(pid(sh.keeper.Process.Pid)) {
		if strings.HasPrefix(l.Event, "container_") {
			s.t.Errorf("the keeper is told to be a container: %s", l.raw)
		}
	}
}

// live starts a watch that records what it tells.
func (sh *sharing) live(t *testing.T) (*trace, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "shared.zst")
	return start(t, "-w", file), file
}

// TestSharedOneAfterTheOther: the second container in a cgroup that somebody has kept is not
// told as the first.
func TestSharedOneAfterTheOther(t *testing.T) {
	kerneltest.RequireBPF(t)
	sh := newSharing(t)
	tr, file := sh.live(t)
	var inits [2]int
	for i, id := range sh.ids {
		_, inits[i] = sh.create(id, sh.bundle[i])
		sh.do("start", id)
		tr.wait("the child of "+id, kind("exec"), childOf(inits[i]), with("1000"))
		syscall.Kill(inits[i], syscall.SIGKILL)
		tr.wait("the end of "+id, kind("container_exit"), pid(inits[i]))
		exec.Command("runc", "--root", sh.root, "delete", "--force", id).Run() // the cgroup stays
	}
	sh.in.Close()
	tr.wait("the end of the keeper", kind("exit"), pid(sh.keeper.Process.Pid))
	s := tr.end()
	sh.told(s, file, inits)
	for _, s := range []stream{s, replayed(t, file)} {
		end := s.only("the end of the keeper", kind("exit"), pid(sh.keeper.Process.Pid))
		if end.Process.Container != nil {
			t.Errorf("the keeper ends in %+v, want in none once the cgroup is another's, too", end.Process.Container)
		}
	}
}

// TestRelativeBundle: a bundle is found by the name that counts from where runc was called,
// though runc goes into it at once, when nothing else says whose the cgroup is.
func TestRelativeBundle(t *testing.T) {
	kerneltest.RequireBPF(t)
	r := newBareRunc(t)
	name := fmt.Sprintf("pns-relative-%d", os.Getpid())
	bundle := runcBundle(t)
	editBundle(t, bundle, func(c map[string]any) {
		c["process"].(map[string]any)["args"] = []string{"/bin/sh", "-c", "exit 3"}
		c["linux"].(map[string]any)["cgroupsPath"] = "/" + name + "-cgroup"
	})
	tr := start(t, "--new-containers")
	const runs = 3 // whether runc is there already when it is looked at is chance
	var ids [runs]string
	for i := range ids {
		ids[i] = fmt.Sprintf("%s-%d", name, i)
		cmd := exec.Command("runc", "--root", r.root, "run", "--bundle", filepath.Base(bundle), ids[i])
		cmd.Dir = filepath.Dir(bundle)
		if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 3 {
			t.Fatalf("runc: %v", err)
		}
		tr.wait("the end of "+ids[i], kind("container_exit"), runsIn(ids[i]))
	}
	s := tr.end()
	for _, id := range ids {
		s.only("the start of "+id, kind("container_start"), runsIn(id))
		s.only("the end of "+id, kind("container_exit"), runsIn(id))
	}
}

// TestSharedAtOnce: of two containers that are in one cgroup at the same time each has its own
// processes, live and in a look.
func TestSharedAtOnce(t *testing.T) {
	kerneltest.RequireBPF(t)
	sh := newSharing(t)
	sh.root = "/run/runc" // where a look finds what was there before
	t.Cleanup(func() { os.Remove(sh.root + "/log") })
	tr, file := sh.live(t)
	var inits, entered [2]int
	for i, id := range sh.ids {
		_, inits[i] = sh.create(id, sh.bundle[i])
		sh.do("start", id)
		tr.wait("the child of "+id, kind("exec"), childOf(inits[i]), with("1000"))
	}
	for i, id := range sh.ids {
		sh.do("exec", "-d", "--pid-file", sh.bundle[i]+"/inside", id, "/bin/sleep", "1001")
		entered[i] = number(t, strings.TrimSpace(readFile(t, sh.bundle[i]+"/inside")))
		tr.wait("what is executed in "+id, kind("exec"), pid(entered[i]), with("/bin/sleep", "1001"))
	}
	for i, id := range sh.ids {
		nodes := processesOf(t, run(t, binary(t), "tree", "-o", "json", "-c", id))
		_, own := nodes[entered[i]]
		_, other := nodes[inits[1-i]]
		equal(t, "role of the init in a look at "+id, nodes[inits[i]].Role, "init")
		if !own || other || nodes[entered[i]].Container.ID != id {
			t.Errorf("a look at %s has what is executed in it: %v, the other's init: %v", id, own, other)
		}
		if story := run(t, binary(t), "lineage", fmt.Sprint(inits[i])); !strings.Contains(story, id) || strings.Contains(story, sh.ids[1-i]) {
			t.Errorf("lineage tells of another than %s:\n%s", id, story)
		}
	}
	for i, init := range inits {
		syscall.Kill(init, syscall.SIGKILL)
		tr.wait("the end of "+sh.ids[i], kind("container_exit"), pid(init))
	}
	s := tr.end()
	sh.told(s, file, inits)
	for i, id := range sh.ids {
		l := s.only("what is executed in "+id, kind("exec"), pid(entered[i]), with("/bin/sleep", "1001"))
		if c := l.Process.Container; c == nil || c.ID != id {
			t.Errorf("what is executed in %s is in %+v", id, c)
		}
	}
}

// TestContainerOfAKeeper: who was in a container's cgroup before it, and executes something
// there while the runtime makes it and when it runs, neither begins it nor ends it.
func TestContainerOfAKeeper(t *testing.T) {
	kerneltest.RequireBPF(t)
	sh := newSharing(t)
	tr, file := sh.live(t)
	keeper := sh.keeper.Process.Pid
	var executed line
	execute := func(when string) {
		t.Helper()
		io.WriteString(sh.in, "\n")
		executed = tr.wait("what the keeper executes "+when, kind("exec"), childOf(keeper), since(executed))
	}
	_, init := sh.create(sh.ids[0], sh.bundle[0])
	execute("before the start")
	sh.do("start", sh.ids[0])
	tr.wait("the child", kind("exec"), childOf(init), with("1000"))
	execute("after it")
	syscall.Kill(init, syscall.SIGKILL)
	tr.wait("the end", kind("container_exit"), pid(init))
	s := tr.end()
	s.checkContract()
	for _, s := range []stream{s, replayed(t, file)} {
		sh.began(s, 0, init)
		known := s.all(kind("container_known"), func(l *line) bool { return l.Container != nil && l.Container.ID == sh.ids[0] })
		equal(t, "the keeper is found in it", len(known), 1)
	}
}
