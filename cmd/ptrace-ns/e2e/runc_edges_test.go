package e2e

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// bareRunc is runc without any daemon, with a state directory of its own.
type bareRunc struct {
	t    testing.TB
	root string
}

func newBareRunc(t testing.TB) bareRunc {
	t.Helper()
	requireDocker(t) // for runc, and for the root file system
	return bareRunc{t, t.TempDir()}
}

// do runs one runc command that must succeed, and returns its PID. What it starts
// keeps nothing of ours open.
func (r bareRunc) do(args ...string) int {
	r.t.Helper()
	cmd := exec.Command("runc", append([]string{"--root", r.root, "--log", r.root + "/log"}, args...)...)
	if err := cmd.Run(); err != nil {
		r.t.Fatalf("runc %q: %v", args, err)
	}
	return cmd.Process.Pid
}

// create makes a container that waits for its start, and returns the PIDs of runc
// and of the container's PID 1.
func (r bareRunc) create(id, bundle string) (creator, init int) {
	r.t.Helper()
	r.t.Cleanup(func() { exec.Command("runc", "--root", r.root, "delete", "--force", id).Run() })
	creator = r.do("create", "--bundle", bundle, "--pid-file", bundle+"/pid", id)
	return creator, number(r.t, strings.TrimSpace(readFile(r.t, bundle+"/pid")))
}

// edge checks one change of parent: from whom, to whom by /proc, why, and that it
// was at the moment of the old parent's end.
func (s stream) edge(what, id, from string, to int, reason string) {
	s.t.Helper()
	moved := s.newParent(what, id)
	exit := s.only("the end of the old parent of "+what, kind("exit"), about(from))
	equal(s.t, what+": from", moved.From.Ref.ID, from)
	equal(s.t, what+": to", int(moved.To.Ref.PID), to)
	equal(s.t, what+": reason", moved.Reason, reason)
	equal(s.t, what+": cause", moved.Cause, exit.Seq)
	equal(s.t, what+": moment", moved.BootNS, exit.BootNS)
	if exit.Exit != nil {
		equal(s.t, what+": end of the old parent", exitOf(moved.FromExit), exitOf(exit.Exit))
	}
}

// TestRuncEdges follows every change of parent of a container that runc alone made:
// its PID 1 leaves runc create, an orphan inside goes to that PID 1, and what runc
// exec leaves behind goes to the reaper outside, though it is inside.
func TestRuncEdges(t *testing.T) {
	r := newBareRunc(t)
	bundle := runcBundle(t)
	editBundle(t, bundle, func(c map[string]any) {
		c["process"].(map[string]any)["args"] = []string{"/bin/sh", "-c", "sh -c 'sleep 1000 & exit 3'; sleep 1001 & wait"}
	})
	tr := start(t)
	id := "pns-edges"
	create, init := r.create(id, bundle)
	one := look(t, init)
	r.do("start", id)
	orphan := tr.wait("the orphan's image", kind("exec"), with("sleep", "1000"))
	tr.wait("the orphan's new parent", kind("reparent"), about(orphan.Process.ID))
	tr.wait("the other child", kind("exec"), with("sleep", "1001"))
	injector := r.do("exec", "-d", "--pid-file", bundle+"/inside", id, "/bin/sleep", "1002")
	inside := look(t, number(t, strings.TrimSpace(readFile(t, bundle+"/inside"))))
	tr.wait("the injected one's image", kind("exec"), pid(inside.pid), with("/bin/sleep", "1002"))
	orphaned := look(t, int(orphan.Process.PID))
	reason := "subreaper"
	if one.ppid == 1 {
		reason = "init"
	}
	r.do("delete", "--force", id)
	tr.wait("the end of PID 1", kind("exit"), pid(init))
	tr.wait("the end of the namespace", kind("pidns_destroy"), pid(init))
	s := tr.end()
	s.checkContract()

	born := s.only("the birth of PID 1", kind("fork"), pid(init))
	one.isTruth(t, born)
	maker := s.only("runc create", kind("exec"), pid(create), with("create"))
	s.edge("PID 1", born.Process.ID, maker.Process.ID, one.ppid, reason)

	middle := s.only("the orphan's birth", kind("fork"), about(orphan.Process.ID)).Process.Parent.ID
	equal(t, "the orphan's parent in /proc", orphaned.ppid, init)
	s.edge("the orphan", orphan.Process.ID, middle, init, "pidns_init")

	injected := s.only("the injected one's birth", kind("fork"), pid(inside.pid))
	inside.isTruth(t, injected)
	equal(t, "levels of the injected one", len(injected.Process.PIDs), 2)
	s.edge("the injected one", injected.Process.ID,
		s.only("runc exec", kind("exec"), pid(injector), with("exec")).Process.ID, inside.ppid, reason)

	killer := s.only("the end of PID 1", kind("exit"), pid(init)).Killer
	equal(t, "killer's origin", killer.Origin, "user")
	s.find("the killer is runc delete", kind("exec"), about(idOf(killer.Sender)), with("delete", "--force", id))
	gone := s.only("the end of the namespace", kind("pidns_destroy"), about(born.Process.ID))
	equal(t, "reaped", *gone.Reaped, 3)
}

// TestN13RuncDelete deletes a container that lives in the PID namespace of another.
// No namespace ends: runc kills its processes, one by one or by cgroup.kill, and is
// told as who did it.
func TestN13RuncDelete(t *testing.T) {
	r := newBareRunc(t)
	owner, guest := runcBundle(t), runcBundle(t)
	editBundle(t, owner, func(c map[string]any) {
		c["process"].(map[string]any)["args"] = []string{"/bin/sleep", "1000"}
	})
	tr := start(t)
	_, one := r.create("pns-owner", owner)
	r.do("start", "pns-owner")
	editBundle(t, guest, func(c map[string]any) {
		c["process"].(map[string]any)["args"] = []string{"/bin/sh", "-c", "sleep 1003 & wait"}
		for _, ns := range c["linux"].(map[string]any)["namespaces"].([]any) {
			if ns := ns.(map[string]any); ns["type"] == "pid" {
				ns["path"] = "/proc/" + strconv.Itoa(one) + "/ns/pid"
			}
		}
	})
	_, main := r.create("pns-guest", guest)
	r.do("start", "pns-guest")
	member := tr.wait("the member", kind("exec"), childOf(main), with("sleep", "1003"))
	r.do("delete", "--force", "pns-guest")
	tr.wait("the guest's end", kind("exit"), pid(main))
	tr.wait("the member's end", kind("exit"), about(member.Process.ID))
	still := look(t, one)
	s := tr.end()
	s.checkContract()

	for what, n := range map[string]int{"the guest": main, "the member": int(member.Process.PID)} {
		exit := s.only("the end of "+what, kind("exit"), pid(n))
		equal(t, "the end of "+what, exitOf(exit.Exit), "SIGKILL")
		if k := exit.Killer; k == nil || k.Origin != "user" && k.Origin != "cgroup_kill" {
			t.Fatalf("%s: killed by %+v, want by a process or by its cgroup.kill", what, k)
		}
		s.find("who killed "+what, kind("exec"), about(idOf(exit.Killer.Sender)), with("delete", "--force", "pns-guest"))
		if reaped := s.all(kind("pidns_reap"), pid(n)); len(reaped) > 0 {
			t.Errorf("%s: reaped with a namespace that lives: %s", what, reaped[0].raw)
		}
	}
	still.isTruth(t, s.only("the owner", kind("exec"), pid(one), with("/bin/sleep", "1000")))
	if ends := s.all(kind("pidns_destroy"), pid(one)); len(ends) > 0 {
		t.Errorf("the namespace ends, though its PID 1 lives: %s", ends[0].raw)
	}
}
