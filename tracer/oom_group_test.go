//go:build linux

package tracer

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// TestN14Group: with memory.oom.group the OOM killer takes one for all of the
// cgroup, PID 1 included. Who dies is told with what killed it: the OOM killer, or
// the end of the namespace where that came first.
func TestN14Group(t *testing.T) {
	kerneltest.RequireBPF(t)
	requireMemoryController(t)
	dir := kerneltest.LimitMemory(t, "8388608")
	writeFile(t, filepath.Join(dir, "memory.oom.group"), "1")
	var report kerneltest.Report
	all := live(t, Options{}, func() { report = kerneltest.Run(t, "cgroup", "N14", dir) })
	s := toldOf(t, report, all)
	s.checkReport()

	victims := 0
	for _, role := range []string{"init", "glutton", "member"} {
		k := s.one(events.Exit, role).Exit.Killer
		switch {
		case k == nil:
			t.Errorf("%s: no killer, want the OOM killer or the end of the namespace", role)
		case k.Origin == events.OriginOOM:
			victims++
			if len(s.of(events.OOM, role)) == 0 {
				t.Errorf("%s: killed by the OOM killer, which did not choose it", role)
			}
		case role == "init", k.Origin != events.OriginPidnsReap, k.Sender.Key != s.key("init"):
			t.Errorf("%s: killed by %+v, want the OOM killer or the end of the namespace", role, k)
		}
	}
	if victims < 2 {
		t.Errorf("%d killed by the OOM killer, want PID 1 and another", victims)
	}
	s.count(events.PidnsDestroy, 1)
}

// requireMemoryController skips where no cgroup can have memory.oom.group: it is the
// unified hierarchy's, which lacks the memory controller when a v1 one has it.
func requireMemoryController(t *testing.T) {
	t.Helper()
	root, ok := kerneltest.CgroupRoot(t, "cgroup2", "")
	if !ok {
		t.Fatal("the unified cgroup hierarchy is not mounted")
	}
	controllers, err := os.ReadFile(filepath.Join(root, "cgroup.controllers"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(strings.Fields(string(controllers)), "memory") {
		t.Skipf("this kernel's unified hierarchy has no memory controller, which memory.oom.group is of: %s/cgroup.controllers is %q", root, controllers)
	}
}
