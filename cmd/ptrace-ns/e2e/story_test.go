package e2e

import (
	"bufio"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// A shell without handlers for signals, as PID 1, with two children.
const storyScript = "sleep 1000 & sleep 1001 & wait"

// story is a container's life as told, and what is known of it from elsewhere.
type story struct {
	stream
	id             string
	init, shim     truth
	shimArgs       []string
	inside         int32  // PID in the container of what docker exec ran
	port, top      string // docker port, docker top
	starter, keep  line   // the shim that docker starts, and the one that stays
	create         line   // runc create
	parent, child  line   // runc's first two stages
	born, entrance line   // the container's PID 1, and its entrypoint
	proxy          line   // for the published port
}

// TestN10Story follows one container from docker run to docker rm.
func TestN10Story(t *testing.T) {
	requireDocker(t)
	s := liveStory(t)
	s.checkContract()
	s.checkShim()
	s.checkStages()
	s.checkNamespace()
	s.checkInit()
	s.checkExec()
	s.checkStop()
	s.checkReap()
	s.checkEnd()
}

func liveStory(t *testing.T) *story {
	s := &story{}
	tr := start(t)
	s.id = dockerRun(t, "-p", "127.0.0.1::80", image, "/bin/sh", "-c", storyScript)
	s.init = look(t, dockerPID(t, s.id))
	s.shim = look(t, s.init.ppid)
	s.shimArgs = strings.Split(strings.TrimSuffix(procFile(t, s.shim.pid, "cmdline"), "\x00"), "\x00")
	s.port = run(t, "docker", "port", s.id, "80")
	for _, seconds := range []string{"1000", "1001"} {
		tr.wait("sleep "+seconds, kind("exec"), runsIn(s.id), with("sleep", seconds))
	}
	s.top = run(t, "docker", "top", s.id, "-eo", "pid,args")

	s.execInside(tr)

	run(t, "docker", "stop", "-t", "1", s.id)
	equal(t, "exit code that docker tells", run(t, "docker", "inspect", "-f", "{{.State.ExitCode}}", s.id), "137")
	run(t, "docker", "rm", "-f", s.id)
	tr.wait("the shim's end", kind("exit"), pid(s.shim.pid))
	_, port, _ := strings.Cut(s.port, ":")
	s.proxy = tr.wait("the proxy", kind("exec"), runs("docker-proxy"), with("-host-port", port, "-container-port", "80"))
	tr.wait("the proxy's end", kind("exit"), about(s.proxy.Process.ID))
	s.stream = tr.end()
	return s
}

const insideScript = "echo $$; read line; exit 5"

// execInside runs docker exec until runc has left what it started to the shim.
func (s *story) execInside(tr *trace) {
	tr.t.Helper()
	inside := exec.Command("docker", "exec", "-i", s.id, "/bin/sh", "-c", insideScript)
	in, err := inside.StdinPipe()
	if err != nil {
		tr.t.Fatal(err)
	}
	out, err := inside.StdoutPipe()
	if err != nil {
		tr.t.Fatal(err)
	}
	if err := inside.Start(); err != nil {
		tr.t.Fatal(err)
	}
	own, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		tr.t.Fatal(err)
	}
	s.inside = int32(number(tr.t, strings.TrimSpace(own)))
	tr.wait("the new parent of what docker exec runs", kind("reparent"), runsIn(s.id), func(l *line) bool {
		return chain(*l)[1] == s.inside
	})
	in.Close()
	if err := inside.Wait(); inside.ProcessState.ExitCode() != 5 {
		tr.t.Fatalf("docker exec: %v, want exit 5", err)
	}
}

// The shim makes itself a daemon: what containerd starts starts it again and ends.
func (s *story) checkShim() {
	s.t.Helper()
	shim := runs("containerd-shim-runc-v2")
	s.keep = s.find("the shim executes", kind("exec"), shim, pid(s.shim.pid))
	equals(s.t, "the shim's arguments", s.keep.Process.Args, s.shimArgs)
	s.starter = s.find("the shim's starter executes", kind("exec"), shim, with(s.id, "start"))
	equal(s.t, "the shim's first parent", idOf(s.keep.Process.Parent), s.starter.Process.ID)

	exit := s.only("the starter's exit", kind("exit"), about(s.starter.Process.ID))
	equal(s.t, "the starter's exit", exitOf(exit.Exit), "code 0")
	moved := s.newParent("the shim's new parent", s.keep.Process.ID)
	equal(s.t, "from", moved.From.Ref.ID, s.starter.Process.ID)
	equal(s.t, "to", int(moved.To.Ref.PID), s.shim.ppid)
	equal(s.t, "cause", moved.Cause, exit.Seq)
	if reason := moved.Reason; reason != "subreaper" && (reason != "init" || s.shim.ppid != 1) {
		s.t.Errorf("the shim's new parent is %d because it is %q", s.shim.ppid, reason)
	}
}

// runc makes its stages brothers: whoever calls clone is not the parent.
func (s *story) checkStages() {
	s.t.Helper()
	s.create = s.find("runc create", kind("exec"), runs("runc"), with("create", s.id))
	equal(s.t, "parent of runc create", idOf(s.create.Process.Parent), s.keep.Process.ID)

	first := s.find("runc init", kind("exec"), bornOf(s.create.Process.ID), with("runc", "init"))
	s.parent = s.find("stage 0 takes its name", kind("rename"), about(first.Process.ID), named("runc:[0:PARENT]"))
	s.child = s.find("stage 1", kind("fork"), madeBy(s.parent.Process.ID))
	s.find("stage 1 takes its name", kind("rename"), about(s.child.Process.ID), named("runc:[1:CHILD]"))
	s.born = s.find("stage 2", kind("fork"), madeBy(s.child.Process.ID))
	for what, stage := range map[string]line{"stage 1": s.child, "stage 2": s.born} {
		equal(s.t, "parent of "+what, idOf(stage.Process.Parent), s.create.Process.ID)
		if !slices.Contains(stage.CloneFlags, "CLONE_PARENT") {
			s.t.Errorf("%s: clone flags %v, want CLONE_PARENT among them", what, stage.CloneFlags)
		}
	}
	for what, id := range map[string]string{"stage 0": s.parent.Process.ID, "stage 1": s.child.Process.ID} {
		exit := s.only("exit of "+what, kind("exit"), about(id))
		equal(s.t, "exit of "+what, exitOf(exit.Exit), "code 0")
	}
}

func (s *story) checkNamespace() {
	s.t.Helper()
	made := s.only("the namespace's creation", kind("pidns_create"), about(s.born.Process.ID))
	equal(s.t, "cause", made.Cause, s.born.Seq)
	equal(s.t, "via", made.Via, "unshare")
	equal(s.t, "creator", idOf(made.Creator), s.child.Process.ID)
	equal(s.t, "creator's name", made.Creator.Comm, "runc:[1:CHILD]")
	equal(s.t, "init", idOf(made.Init), s.born.Process.ID)
	equal(s.t, "inum", made.Pidns.Inum, s.init.pidns)
	equal(s.t, "parent namespace", made.Pidns.Parent, s.header.Pidns)
	equal(s.t, "level", *made.Pidns.Level, 1)
}

func (s *story) checkInit() {
	s.t.Helper()
	s.init.isTruth(s.t, s.born)
	equals(s.t, "chain of PID 1", chain(s.born), []int32{int32(s.init.pid), 1})

	s.entrance = s.only("the entrypoint", kind("exec"), about(s.born.Process.ID))
	p := s.entrance.Process
	s.init.isTruth(s.t, s.entrance)
	equals(s.t, "entrypoint", p.Args, []string{"/bin/sh", "-c", storyScript})
	equal(s.t, "file", s.entrance.Filename, "/bin/sh")
	equal(s.t, "image", p.Exe, "/bin/busybox")
	s.checkContainer(s.entrance)
	if !s.init.hasCgroup(p.Cgroup.Path) {
		s.t.Errorf("cgroup %q, want one of\n%s", p.Cgroup.Path, s.init.cgroups)
	}
	stages := []string{s.parent.Process.ID, s.child.Process.ID, s.born.Process.ID}
	s.find("a stage's move into the container's cgroup", kind("cgroup"), func(l *line) bool {
		return slices.Contains(stages, l.Process.ID) && l.To != nil && l.To.Path == p.Cgroup.Path
	})

	moved := s.newParent("PID 1's new parent", s.born.Process.ID)
	equal(s.t, "from", moved.From.Ref.ID, s.create.Process.ID)
	equal(s.t, "to", moved.To.Ref.ID, s.keep.Process.ID)
	equal(s.t, "reason", moved.Reason, "subreaper")

	for _, member := range s.all(kind("exec"), bornOf(s.born.Process.ID)) {
		s.checkContainer(member)
		if row := fmt.Sprintf("%d ", member.Process.PID); !strings.Contains(s.top, row) {
			s.t.Errorf("docker top does not know %d, the child of PID 1:\n%s", member.Process.PID, s.top)
		}
	}
}

func (s *story) checkContainer(l line) {
	s.t.Helper()
	if l.Process.Container == nil {
		s.t.Fatalf("in no container: %s", l.raw)
	}
	equal(s.t, "container", l.Process.Container.ID, s.id)
	equal(s.t, "runtime", l.Process.Container.Runtime, "docker")
}

// docker exec enters the namespace from outside: no child of PID 1.
func (s *story) checkExec() {
	s.t.Helper()
	runc := s.find("runc exec", kind("exec"), runs("runc"), with("exec", s.id))
	entered := s.only("the entry", kind("pidns_enter"), func(l *line) bool { return idOf(l.Init) == s.born.Process.ID })
	equal(s.t, "via", entered.Via, "setns")
	equal(s.t, "creator's name", entered.Creator.Comm, "runc:[1:CHILD]")
	equal(s.t, "init", idOf(entered.Init), s.born.Process.ID)
	equal(s.t, "namespace", entered.Pidns.Inum, s.init.pidns)
	equals(s.t, "chain", chain(entered), []int32{entered.Process.PID, s.inside})

	id := entered.Process.ID
	fork := s.only("its birth", kind("fork"), about(id))
	equal(s.t, "parent at birth", idOf(fork.Process.Parent), runc.Process.ID)
	equal(s.t, "creator", idOf(fork.Creator), idOf(entered.Creator))
	moved := s.newParent("its new parent", id)
	equal(s.t, "to", moved.To.Ref.ID, s.keep.Process.ID)
	equal(s.t, "reason", moved.Reason, "subreaper")
	exec := s.only("its image", kind("exec"), about(id))
	equals(s.t, "arguments", exec.Process.Args, []string{"/bin/sh", "-c", insideScript})
	s.checkContainer(exec)
	equal(s.t, "exit", exitOf(s.only("its exit", kind("exit"), about(id)).Exit), "code 5")
}

// A PID 1 without a handler does not get SIGTERM; a second later comes SIGKILL.
func (s *story) checkStop() {
	s.t.Helper()
	term := s.only("SIGTERM", kind("signal"), about(s.born.Process.ID), signalled("SIGTERM"))
	equal(s.t, "result of SIGTERM", term.Result, "ignored")
	kill := s.only("SIGKILL", kind("signal"), about(s.born.Process.ID), signalled("SIGKILL"))
	equal(s.t, "result of SIGKILL", kill.Result, "")
	for _, sent := range []line{term, kill} {
		equal(s.t, "target is init", *sent.TargetIsInit, true)
		equal(s.t, "origin", sent.Origin, "user")
		equal(s.t, "sender", sent.Sender.Comm, "runc")
		s.find("the sender executes", kind("exec"), about(sent.Sender.ID), with("kill", s.id))
	}
	if kill.Seq < term.Seq || kill.BootNS-term.BootNS < 900e6 {
		s.t.Errorf("SIGKILL %d ns after SIGTERM, want a second", int64(kill.BootNS-term.BootNS))
	}
	exit := s.only("exit of PID 1", kind("exit"), about(s.born.Process.ID))
	equal(s.t, "exit of PID 1", exitOf(exit.Exit), "SIGKILL")
	if exit.Killer == nil {
		s.t.Fatalf("no killer: %s", exit.raw)
	}
	equal(s.t, "killer", idOf(exit.Killer.Sender), kill.Sender.ID)
	equal(s.t, "killer's origin", exit.Killer.Origin, "user")
	if up := exit.Killer.SenderChain; len(up) == 0 || up[0].ID != s.keep.Process.ID {
		s.t.Errorf("killer's ancestors %v, want the shim first", up)
	}
	// One story: what was tried before is told with what ended it.
	if n := len(exit.Killer.PrecededBy); n != 1 {
		s.t.Fatalf("preceded by %d signals, want SIGTERM: %s", n, exit.raw)
	}
	before := exit.Killer.PrecededBy[0]
	equal(s.t, "preceded by", before.Signal+" "+before.Result, "SIGTERM ignored")
	equal(s.t, "by whom", idOf(before.Sender), term.Sender.ID)
	equal(s.t, "when", before.BootNS, term.BootNS)
}

// With PID 1 the kernel kills who is left in the namespace.
func (s *story) checkReap() {
	s.t.Helper()
	var victims []string
	for _, seconds := range []string{"1000", "1001"} {
		sleep := s.only("sleep "+seconds, kind("exec"), bornOf(s.born.Process.ID), with("sleep", seconds)).Process
		reap := s.only("reap of sleep "+seconds, kind("pidns_reap"), about(sleep.ID))
		equal(s.t, "init", idOf(reap.Init), s.born.Process.ID)
		exit := s.only("exit of sleep "+seconds, kind("exit"), about(sleep.ID))
		equal(s.t, "exit", exitOf(exit.Exit), "SIGKILL")
		equal(s.t, "origin", exit.Killer.Origin, "pidns_reap")
		equal(s.t, "dead init", idOf(exit.Killer.Sender), s.born.Process.ID)
		victims = append(victims, sleep.ID)
	}
	gone := s.only("the namespace's end", kind("pidns_destroy"), about(s.born.Process.ID))
	equal(s.t, "namespace", gone.Pidns.Inum, s.init.pidns)
	equal(s.t, "init", idOf(gone.Init), s.born.Process.ID)
	equal(s.t, "exit of init", exitOf(gone.Exit), "SIGKILL")
	equal(s.t, "reaped", *gone.Reaped, 2)
	var survivors []string
	for _, ref := range gone.SurvivorsKilled {
		survivors = append(survivors, ref.ID)
	}
	slices.Sort(victims)
	slices.Sort(survivors)
	equals(s.t, "survivors killed", survivors, victims)
}

func (s *story) checkEnd() {
	s.t.Helper()
	s.find("runc delete", kind("exec"), runs("runc"), with("delete", s.id), bornOf(s.keep.Process.ID))
	exit := s.only("the shim's exit", kind("exit"), about(s.keep.Process.ID))
	equal(s.t, "the shim's exit", exitOf(exit.Exit), "code 0")
	s.only("the proxy's birth", kind("fork"), about(s.proxy.Process.ID))
	s.only("the proxy's exit", kind("exit"), about(s.proxy.Process.ID))
}
