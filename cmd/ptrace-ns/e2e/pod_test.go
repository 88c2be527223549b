package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// pod is one pod with pause and two containers, as containerd tells of it.
type pod struct {
	n       *node
	flags   []string
	uid     string
	sandbox string
	ids     []string // pause first, as below
	names   []string // pause has none of its own
	images  []string
	pids    []truth
}

// runPod starts the pod; what it leaves in the cgroup tree, which a kubelet would
// take away, goes with the test.
func (n *node) runPod(share bool) *pod {
	n.t.Helper()
	p := &pod{n: n, uid: fmt.Sprintf("5eed0000-0000-4000-8000-%012x", os.Getpid())}
	p.flags = []string{"-name", "web", "-uid", p.uid, fmt.Sprintf("-share=%t", share)}
	n.t.Cleanup(p.removeCgroups)
	p.sandbox = p.do("sandbox")
	n.t.Cleanup(func() {
		if p.sandbox != "" {
			p.remove()
		}
	})
	p.ids = []string{
		p.sandbox,
		p.do("container", p.sandbox, "app", shellImage, "/bin/sh", "-c", "sleep 1000 & wait"),
		p.do("container", p.sandbox, "sidecar", shellImage, "/bin/sleep", "2000"),
	}
	p.names = []string{"", "app", "sidecar"}
	p.images = []string{"", shellImage, shellImage}
	for _, id := range p.ids {
		p.pids = append(p.pids, look(n.t, n.taskPID("k8s.io", id)))
	}
	return p
}

func (p *pod) do(args ...string) string {
	p.n.t.Helper()
	return p.n.pod(append(p.flags, args...)...)
}

func (p *pod) remove() {
	p.do("stop", p.sandbox)
	p.do("remove", p.sandbox)
	p.sandbox = ""
}

func (p *pod) removeCgroups() {
	for _, root := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/*"} {
		for _, dir := range []string{"kubepods/besteffort/pod" + p.uid, "kubepods/besteffort", "kubepods"} {
			found, _ := filepath.Glob(filepath.Join(root, dir))
			for _, path := range found {
				os.Remove(path) // one that others use is not empty
			}
		}
	}
	os.RemoveAll(filepath.Join(os.TempDir(), "pod-"+p.uid)) // its logs
}

// stageOrder is the start of any of a pod's containers by its shim with runc.
var stageOrder = []string{"shim_start", "runtime_create", "stage_0", "cgroup_made", "cgroup_entered", "stage_1", "namespaces_unshared", "stage_2",
	"root_pivoted", "init_reparented", "runtime_start", "entrypoint"}

// checkTimelines has the phases of each container, with the shim's own in those of
// pause, for which it was started, and returns them.
func (p *pod) checkTimelines(file string, share bool) []ndjson.TimelineDoc {
	t := p.n.t
	t.Helper()
	var docs []ndjson.TimelineDoc
	for i, id := range p.ids {
		doc := timelineOf(t, file, id)
		docs = append(docs, doc)
		equal(t, "id", doc.ID, id)
		equal(t, "runtime of "+id, doc.Runtime, "containerd")
		equal(t, "genealogy of "+id, doc.Genealogy, "containerd-shim-v2")
		equal(t, "pod of "+id, doc.Container.Pod, "web")
		equal(t, "name of "+id, doc.Container.Name, p.names[i])
		equal(t, "init of "+id, int(doc.Init.PID), p.pids[i].pid)
		equal(t, "PID namespace of "+id, doc.Pidns.Inum, p.pids[i].pidns)
		equal(t, "it is another's", doc.Shared, share && i > 0)
		inOrder(t, doc, stageOrder...)
		create, stage0, stage1 := phase(t, doc, "runtime_create"), phase(t, doc, "stage_0"), phase(t, doc, "stage_1")
		starter := phase(t, doc, "shim_start")
		equal(t, "who starts a shim", int(starter.Parent.PID), p.n.pid)
		equal(t, "is called for "+id, slices.Contains(starter.Args, id), true)
		equal(t, "parent of the runtime", int(create.Parent.PID), p.pids[i].ppid)
		equal(t, "creator of stage 1", idOf(stage1.Creator), stage0.Process.ID)
		equal(t, "creator of stage 2", idOf(phase(t, doc, "stage_2").Creator), stage1.Process.ID)
		moved := phase(t, doc, "init_reparented").Reparent
		equal(t, "the init leaves", idOf(moved.From), create.Process.ID)
		equal(t, "the init is given to", int(moved.To.PID), p.pids[i].ppid)
		equal(t, "because that is the nearest", moved.Reason, "subreaper")
		inOrder(t, doc, "running", "signal", "exit", "runtime_delete", "cgroup_removed")
		equal(t, "signal that ended "+id, doc.Exit.Signal, "SIGKILL")
		begins := slices.ContainsFunc(doc.Phases, func(f ndjson.PhaseDoc) bool { return f.Phase == "shim_daemonised" || f.Phase == "shim_exit" })
		equal(t, "the shim's start or end is that of "+id, begins, i == 0)
	}
	inOrder(t, docs[0], "shim_start", "shim_daemonised", "runtime_create")
	inOrder(t, docs[0], "exit", "runtime_delete", "shim_exit")
	equal(t, "the shim", int(phase(t, docs[0], "shim_daemonised").Process.PID), p.pids[0].ppid)
	equal(t, "the shim is left by", idOf(phase(t, docs[0], "shim_daemonised").Reparent.From), phase(t, docs[0], "shim_start").Process.ID)
	return docs
}

// checkContainers compares what was told of the three with containerd and /proc,
// and returns their images, pause's first.
func (p *pod) checkContainers(s stream) []line {
	t := p.n.t
	t.Helper()
	var entrances []line
	for i, id := range p.ids {
		entrance := s.only("the entrypoint of "+id, kind("exec"), pid(p.pids[i].pid), runsIn(id))
		p.pids[i].isTruth(t, entrance)
		equal(t, "pod UID", entrance.Process.Container.PodUID, p.uid)
		equal(t, "cgroup", entrance.Process.Cgroup.Path, "/kubepods/besteffort/pod"+p.uid+"/"+id)
		equal(t, "parent", int(entrance.Process.PPID), p.pids[0].ppid)
		// runc made it and ended; the shim, a subreaper, took it in.
		moved := s.newParent("the new parent of "+id, entrance.Process.ID)
		equal(t, "to", int(moved.To.Ref.PID), p.pids[0].ppid)
		equal(t, "its name", moved.To.Ref.Comm, "containerd-shim")
		equal(t, "reason", moved.Reason, "subreaper")
		begun := s.only("the start of "+id, kind("container_start"), runsIn(id))
		equal(t, "its init", begun.Process.ID, entrance.Process.ID)
		c := begun.Process.Container
		equal(t, "pod", c.Pod, "web")
		equal(t, "pod's namespace", c.PodNamespace, "default")
		equal(t, "name", c.Name, p.names[i])
		equal(t, "image", c.Image, p.images[i])
		ended := s.only("the end of "+id, kind("container_exit"), runsIn(id))
		equal(t, "whose", ended.Process.ID, entrance.Process.ID)
		entrances = append(entrances, entrance)
	}
	return entrances
}

// TestPodShared is a pod with one PID namespace: which container a process is in
// the namespace does not say. Pause's end is everybody's.
func TestPodShared(t *testing.T) {
	n := startNode(t)
	file := filepath.Join(t.TempDir(), "pod.zst")
	tr := start(t, "--syscalls", "-e", "+cgroup_mkdir,+cgroup_rmdir", "-w", file)
	p := n.runPod(true)
	child := firstChild(t, p.pids[1].pid)
	tr.wait("the child", kind("exec"), pid(child), with("sleep", "1000"))
	run(t, "kill", "-KILL", fmt.Sprint(p.pids[0].pid))
	for _, id := range p.ids {
		tr.wait("the end of "+id, kind("container_exit"), runsIn(id))
	}
	p.remove()
	tr.wait("the shim's end", kind("exit"), pid(p.pids[0].ppid))
	s := tr.end()
	s.checkContract()

	inits := p.checkContainers(s)
	for i := range p.pids {
		equal(t, "namespace", p.pids[i].pidns, p.pids[0].pidns)
	}
	made := s.only("the namespace's creation", kind("pidns_create"), about(inits[0].Process.ID))
	equal(t, "inum", made.Pidns.Inum, p.pids[0].pidns)
	for _, one := range inits[1:] {
		entered := s.only("the entry of "+one.Process.ID, kind("pidns_enter"), about(one.Process.ID))
		equal(t, "init", idOf(entered.Init), inits[0].Process.ID)
	}
	dead := s.only("pause's exit", kind("exit"), about(inits[0].Process.ID))
	equal(t, "pause's exit", exitOf(dead.Exit), "SIGKILL")
	sleep := s.only("the child", kind("exec"), pid(child), with("sleep", "1000"))
	equal(t, "the child's container", sleep.Process.Container.ID, p.ids[1])

	victims := map[string]string{inits[1].Process.ID: p.ids[1], inits[2].Process.ID: p.ids[2], sleep.Process.ID: p.ids[1]}
	reaped := s.all(kind("pidns_reap"), func(l *line) bool { return idOf(l.Init) == inits[0].Process.ID })
	equal(t, "victims", len(reaped), len(victims))
	for _, l := range reaped {
		equal(t, "a victim's container", l.Process.Container.ID, victims[l.Process.ID])
	}
	gone := s.only("the namespace's end", kind("pidns_destroy"), about(inits[0].Process.ID))
	equal(t, "reaped", int(*gone.Reaped), len(victims))

	docs := p.checkTimelines(file, true)
	equal(t, "reaped with pause", len(docs[0].Reaped), len(victims))
	inOrder(t, docs[0], "namespaces_unshared", "pidns_created", "entrypoint", "reaped")
	// Those of the other containers did not enter this one, and are told as theirs.
	if r := tell(t, nil, "explain", file, p.ids[0]); strings.Contains(r.out, "put into it") || !strings.Contains(r.out, " of container app") {
		t.Errorf("pause: %s", r.out)
	}
	for i, doc := range docs[1:] {
		equal(t, "the killer's origin", doc.Killer.Origin, "pidns_reap")
		equal(t, "the dead init", idOf(doc.Killer.Sender), inits[0].Process.ID)
		r := tell(t, nil, "explain", file, p.ids[i+1])
		if want := fmt.Sprintf("by the kernel, reaping the PID namespace of %d pause", p.pids[0].pid); !strings.Contains(r.out, want) {
			t.Errorf("explain does not say %q: %s%s", want, r.out, r.err)
		}
	}
}

// TestPodApart is a pod whose containers have a PID namespace each: what joins them
// is the cgroup above theirs, and the shim.
func TestPodApart(t *testing.T) {
	n := startNode(t)
	file := filepath.Join(t.TempDir(), "pod.zst")
	tr := start(t, "--syscalls", "-e", "+cgroup_mkdir,+cgroup_rmdir", "-w", file)
	p := n.runPod(false)
	p.remove()
	tr.wait("the shim's end", kind("exit"), pid(p.pids[0].ppid))
	s := tr.end()
	s.checkContract()

	inits := p.checkContainers(s)
	seen := map[uint32]bool{}
	for i, one := range inits {
		made := s.only("the creation for "+p.ids[i], kind("pidns_create"), about(one.Process.ID))
		equal(t, "inum", made.Pidns.Inum, p.pids[i].pidns)
		equals(t, "chain", chain(one)[1:], []int32{1})
		seen[p.pids[i].pidns] = true
		s.only("the end for "+p.ids[i], kind("pidns_destroy"), about(one.Process.ID))
	}
	equal(t, "namespaces", len(seen), 3)
	// containerd starts a shim that starts this one and ends.
	shim := s.find("the shim", kind("exec"), pid(p.pids[0].ppid))
	equal(t, "shim", filepath.Base(shim.Process.Exe), "containerd-shim-runc-v2")
	moved := s.newParent("the shim's new parent", shim.Process.ID)
	if moved.From == nil || moved.From.Ref.Comm != "containerd-shim" {
		t.Errorf("the shim was left by %v, want the shim that containerd started", moved.From.Ref)
	}
	for i, one := range inits {
		exit := s.only("the exit of "+p.ids[i], kind("exit"), about(one.Process.ID))
		equal(t, "exit", exitOf(exit.Exit), "SIGKILL")
		equal(t, "killer", exit.Killer.Sender.Comm, "runc")
	}
	for _, doc := range p.checkTimelines(file, false) {
		inOrder(t, doc, "namespaces_unshared", "pidns_created", "entrypoint", "runtime_kill", "signal", "exit")
		equal(t, "who made its namespace", idOf(doc.Creator), phase(t, doc, "stage_1").Process.ID)
	}
}

// TestCtrRun has containerd's own client run a container: no pod, no Docker.
func TestCtrRun(t *testing.T) {
	n := startNode(t)
	tr := start(t)
	id := fmt.Sprintf("pns-%d", os.Getpid())
	n.ctr("run", "--detach", "--snapshotter", "native", shellImage, id, "/bin/sh", "-c", "sleep 1000 & wait")
	init := look(t, n.taskPID("default", id))
	tr.wait("the child", kind("exec"), childOf(init.pid), with("sleep", "1000"))
	n.ctr("tasks", "kill", "--signal", "SIGKILL", id)
	tr.wait("the namespace's end", kind("pidns_destroy"), pid(init.pid))
	n.ctr("tasks", "delete", "--force", id) // containerd may learn of the end later than the tracer
	n.ctr("containers", "delete", id)
	tr.wait("the shim's end", kind("exit"), pid(init.ppid))
	s := tr.end()
	s.checkContract()

	one := s.only("the entrypoint", kind("exec"), pid(init.pid), with("/bin/sh"))
	init.isTruth(t, one)
	equal(t, "cgroup", one.Process.Cgroup.Path, "/default/"+id)
	moved := s.newParent("its new parent", one.Process.ID)
	equal(t, "to", int(moved.To.Ref.PID), init.ppid)
	equal(t, "reason", moved.Reason, "subreaper")
	shim := s.find("the shim", kind("exec"), pid(init.ppid))
	if all := (with("-namespace", "default", "-id", id)); !all(&shim) {
		t.Errorf("the shim's arguments %q name no %s", shim.Process.Args, id)
	}
	gone := s.only("the namespace's end", kind("pidns_destroy"), about(one.Process.ID))
	equal(t, "reaped", *gone.Reaped, 1)
}
