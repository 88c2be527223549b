package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// nameOf makes a container's name that is this run's own.
func nameOf(t testing.TB) string {
	return fmt.Sprintf("pns-e2e-%d-%s", os.Getpid(), strings.ReplaceAll(t.Name(), "/", "-"))
}

// TestDockerName: a container's name and image are there when it starts, and are
// those that docker tells; the processes around it say whom they serve.
func TestDockerName(t *testing.T) {
	requireDocker(t)
	name := nameOf(t)
	tr := start(t)
	id := dockerRun(t, "--network", "none", "--name", name, image, "/bin/sleep", "1000")
	init := look(t, dockerPID(t, id))
	told := strings.Fields(run(t, "docker", "inspect", "-f", "{{.Name}} {{.Config.Image}}", id))
	run(t, "docker", "exec", id, "/bin/true")
	run(t, "docker", "kill", id)
	tr.wait("the shim's end", kind("exit"), pid(init.ppid))
	s := tr.end()
	s.checkContract()

	began := s.only("the start", kind("container_start"), pid(init.pid))
	isNamed := func(l line) {
		t.Helper()
		c := l.Process.Container
		equals(t, "container at "+l.Event, []string{c.ID, "/" + c.Name, c.Image, c.Runtime, c.Source}, []string{id, told[0], told[1], "docker", "state"})
	}
	isNamed(began)
	equal(t, "role", began.Process.Role, "init")
	isNamed(s.only("the entrypoint", kind("exec"), pid(init.pid), with("/bin/sleep", "1000")))
	isNamed(s.only("the end", kind("container_exit"), pid(init.pid)))
	entered := s.only("what docker exec runs", kind("exec"), runsIn(id), with("/bin/true"))
	isNamed(entered)
	equal(t, "role of what docker exec runs", entered.Process.Role, "exec")

	shim := s.find("the shim", kind("exec"), served(id), role("shim"))
	equal(t, "the shim's container", shim.Process.Container, nil)
	equal(t, "genealogy", shim.Process.Genealogy, "containerd-shim-v2")
	equal(t, "whom the shim serves", "/"+shim.Process.Serves.Name, told[0])
	runtime := s.find("runc create", kind("exec"), served(id), role("runtime"))
	equal(t, "whom runc makes", "/"+runtime.Process.Serves.Name, told[0])
}

func role(name string) match { return func(l *line) bool { return l.Process.Role == name } }

// served wants processes that work for the container and are not in it.
func served(id string) match {
	return func(l *line) bool { return l.Process.Serves != nil && l.Process.Serves.ID == id }
}

// TestChosenByName: -c takes a name, --image and --runtime what they say, and nothing
// of other containers is told.
func TestChosenByName(t *testing.T) {
	requireDocker(t)
	wanted, unwanted := nameOf(t)+"-a", nameOf(t)+"-b"
	for _, flags := range [][]string{
		{"-c", wanted, "--image", image, "--runtime", "docker", "--new-containers"},
		{"-F", fmt.Sprintf("process.container.name == %q", wanted)},
	} {
		t.Run(flags[0], func(t *testing.T) {
			tr := start(t, flags...)
			var ids []string
			for _, name := range []string{unwanted, wanted} {
				ids = append(ids, dockerRun(t, "--network", "none", "--name", name, image, "/bin/sleep", "1000"))
			}
			for i := range ids {
				run(t, "docker", "rm", "-f", ids[i])
			}
			tr.wait("the end", kind("container_exit"), runsIn(ids[1]))
			s := tr.end()
			for _, l := range s.lines {
				if l.Event != "lost" && l.Process.Container.ID != ids[1] {
					t.Errorf("told: %s", l.raw)
				}
			}
			s.only("the start", kind("container_start"), runsIn(ids[1]))
		})
	}
}

// TestRunningByName: one look finds a running container by its name, and a watch that
// begins now tells its snapshot.
func TestRunningByName(t *testing.T) {
	requireDocker(t)
	name := nameOf(t)
	id := dockerRun(t, "--network", "none", "--name", name, image, "/bin/sleep", "1000")
	nodes := processesOf(t, run(t, binary(t), "tree", "-c", name, "-s", "-o", "json"))
	pid := dockerPID(t, id)
	own, ok := nodes[pid]
	if !ok {
		t.Fatalf("%d processes, want %d among them", len(nodes), pid)
	}
	equals(t, "container", []string{own.Container.ID, own.Container.Name, own.Container.Image}, []string{id, name, image})
	equal(t, "role", own.Role, "init")
	shim := nodes[int(own.PPID)]
	if shim.Role != "shim" || shim.Serves == nil || shim.Serves.Name != name {
		t.Errorf("parent: role %q for %+v, want the shim of %s", shim.Role, shim.Serves, name)
	}
	if text := run(t, binary(t), "tree", "-c", name, "-s"); !strings.Contains(text, "shim of "+name) || !strings.Contains(text, "[docker "+name+"]") {
		t.Errorf("tree does not name %s:\n%s", name, text)
	}
	if text := run(t, binary(t), "namespaces"); !strings.Contains(text, name) {
		t.Errorf("namespaces does not name %s:\n%s", name, text)
	}
	story := run(t, binary(t), "lineage", fmt.Sprint(pid))
	for _, said := range []string{"in the container " + name, "container shim for " + name} {
		if !strings.Contains(story, said) {
			t.Errorf("lineage does not say %q:\n%s", said, story)
		}
	}
}

// processesOf returns the processes of a tree by their PIDs.
func processesOf(t testing.TB, tree string) map[int]ndjson.ProcessDoc {
	t.Helper()
	type node struct {
		Process  ndjson.ProcessDoc `json:"process"`
		Children []node            `json:"children"`
	}
	var roots []node
	if err := json.Unmarshal([]byte(tree), &roots); err != nil {
		t.Fatal(err)
	}
	all := map[int]ndjson.ProcessDoc{}
	for len(roots) > 0 {
		n := roots[0]
		roots = append(roots[1:], n.Children...)
		all[int(n.Process.PID)] = n.Process
	}
	return all
}

// TestRuntimeAPI: with the engine asked, its answer is what later events tell.
func TestRuntimeAPI(t *testing.T) {
	requireDocker(t)
	name := nameOf(t)
	id := dockerRun(t, "--network", "none", "--name", name, image, "/bin/sleep", "1000")
	for _, where := range []string{"auto", "/run/docker.sock"} {
		t.Run(strings.Trim(where, "/"), func(t *testing.T) {
			tr := start(t, "--runtime-api", where)
			// The answer comes a moment after the question: the second process or a later one
			// has it.
			var last *ndjson.ContainerDoc
			for i := range 100 {
				mark := fmt.Sprintf("0.00%d", i)
				run(t, "docker", "exec", id, "/bin/sleep", mark)
				if last = tr.wait("what docker exec runs", kind("exec"), runsIn(id), with("/bin/sleep", mark)).Process.Container; last.Source == "api" {
					break
				}
			}
			tr.end()
			equals(t, "container", []string{last.Source, last.Name, last.Image}, []string{"api", name, image})
		})
	}
}

// TestCtrName: containerd's own client, whose ids are any name and whose cgroups say
// so little that only the bundle proves them.
func TestCtrName(t *testing.T) {
	requireDocker(t)
	kerneltest.RequireTool(t, "ctr")
	root, err := busyboxRoot()
	if err != nil {
		t.Fatal(err)
	}
	id := nameOf(t)
	tr := start(t)
	t.Cleanup(func() { exec.Command("ctr", "container", "rm", id).Run() })
	cmd := exec.Command("ctr", "run", "--rm", "--rootfs", root, id, "/bin/sh", "-c", "exit 3")
	if out, err := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != 3 {
		t.Fatalf("ctr run: %v, want exit 3: %s", err, out)
	}
	tr.wait("the end", kind("container_exit"), runsIn(id))
	s := tr.end()
	s.checkContract()
	began := s.only("the start", kind("container_start"), runsIn(id))
	equals(t, "container", []string{began.Process.Container.Runtime, began.Process.Container.Source}, []string{"containerd", "state"})
	equal(t, "exit", exitOf(s.only("the end", kind("container_exit"), runsIn(id)).Exit), "code 3")
}

// TestRuncName: runc by itself, from a directory of the user's choosing, known by what
// it was called with and by its bundle, though it lives for a moment.
func TestRuncName(t *testing.T) {
	requireDocker(t)
	bundle := runcBundle(t)
	root := t.TempDir()
	for name, args := range map[string][]string{
		"usual":   {"run", "--bundle", bundle},
		"rooted":  {"--root", root, "run", "--bundle", bundle},
		"current": {"run"},
	} {
		t.Run(name, func(t *testing.T) {
			id := strings.ReplaceAll(nameOf(t), "_", "-")
			tr := start(t)
			cmd := exec.Command("runc", append(args, id)...)
			cmd.Dir = bundle
			if out, err := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != 4 {
				t.Fatalf("runc run: %v, want exit 4: %s", err, out)
			}
			tr.wait("runc's end", kind("exit"), pid(cmd.Process.Pid))
			s := tr.end()
			s.checkContract()
			began := s.only("the start", kind("container_start"), runsIn(id))
			equal(t, "runtime", began.Process.Container.Runtime, "runc")
			equal(t, "source", began.Process.Container.Source, "state")
			equals(t, "entrypoint", began.Process.Args, []string{"/bin/sh", "-c", "sleep 1000 & exit 4"})
			equal(t, "exit", exitOf(s.only("the end", kind("container_exit"), runsIn(id)).Exit), "code 4")
			child := s.only("the child", kind("fork"), childOf(int(began.Process.PID)))
			equal(t, "the child's container", child.Process.Container.ID, id)
			equal(t, "the child's role", child.Process.Role, "")
		})
	}
}

// TestRuncRunning: a container of runc's with a state directory and a cgroup of the user's
// choosing is found by its name as long as the runtime is there.
func TestRuncRunning(t *testing.T) {
	r, bundle := newBareRunc(t), runcBundle(t)
	id := fmt.Sprintf("pns-running-%d", os.Getpid())
	editBundle(t, bundle, func(c map[string]any) {
		c["process"].(map[string]any)["args"] = []string{"/bin/sh", "-c", "sleep 1000 & wait"}
		c["linux"].(map[string]any)["cgroupsPath"] = "/" + id + "-cgroup"
	})
	tr := start(t)
	cmd := exec.Command("runc", "--root", r.root, "run", "--bundle", bundle, id)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		exec.Command("runc", "--root", r.root, "delete", "--force", id).Run()
		cmd.Wait()
	})
	child := tr.wait("the child", kind("exec"), runsIn(id), with("1000"))
	tr.end()
	nodes := processesOf(t, run(t, binary(t), "tree", "-o", "json", "-c", id))
	for _, n := range []int32{child.Process.PID, child.Process.PPID} {
		if p, ok := nodes[int(n)]; !ok || p.Container == nil || p.Container.ID != id {
			t.Errorf("%d is not there, or in no container: %+v", n, p)
		}
	}
	if init := nodes[int(child.Process.PPID)]; init.Role != "init" {
		t.Errorf("the init's role is %q", init.Role)
	}
}

// TestNothingInvented: namespaces without a container of anybody's are no container,
// nor is a cgroup that merely has a name.
func TestNothingInvented(t *testing.T) {
	kerneltest.RequireBPF(t)
	dir := filepath.Join(kerneltest.Cgroup2(t), "default", "web")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(dir); os.Remove(filepath.Dir(dir)) })
	tr := start(t)
	script := fmt.Sprintf("echo $$ >%s/cgroup.procs && exec unshare -pf sh -c 'sleep 0.01; exit 0'", dir)
	cmd := exec.Command("sh", "-c", script)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s := tr.end()
	s.checkContract()
	mine := s.all(inCgroup("/default/web"))
	if len(mine) == 0 {
		t.Fatal("nothing is told of the cgroup")
	}
	for _, l := range mine {
		if l.Process.Container != nil {
			t.Errorf("a container is told: %s", l.raw)
		}
	}
	made := s.only("the namespace's creation", kind("pidns_create"), childOf(cmd.Process.Pid))
	if made.Process.Container != nil || made.Process.Role != "" {
		t.Errorf("container %+v, role %q, want neither", made.Process.Container, made.Process.Role)
	}
}

// inCgroup wants processes whose cgroup's path ends so.
func inCgroup(path string) match {
	return func(l *line) bool {
		return l.Process.Cgroup != nil && strings.HasSuffix(l.Process.Cgroup.Path, path)
	}
}
