package phases_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/phases"
)

// The parts that starts have in common. What runs side by side comes in any order and
// is compared without it.
var (
	shimmed = []string{"asked", "shim_start", "shim_daemonised"}
	created = []string{"runtime_create", "stage_0", "cgroup_made", "cgroup_entered", "stage_1", "namespaces_unshared", "stage_2", "pidns_created"}
	entered = []string{"root_pivoted", "init_reparented", "runtime_start", "entrypoint", "first_child"}
)

func join(lists ...[]string) []string { return slices.Concat(lists...) }

func TestPhases(t *testing.T) {
	helper := []string{"helper"}
	for _, c := range []struct {
		stream, runtime, id string
		start, run          []string
		end                 []string // sorted
	}{
		{"docker-run", "docker", "", join(shimmed, created, helper, entered), []string{"running"},
			[]string{"cgroup_removed", "client_exit", "exit", "runtime_delete", "runtime_delete", "shim_delete", "shim_exit"}},
		{"docker-stop", "docker", "", join(shimmed, created, helper, entered), []string{"running", "client_exit"},
			[]string{"cgroup_removed", "exit", "reaped", "runtime_delete", "runtime_delete", "runtime_kill", "runtime_kill", "shim_delete", "shim_exit", "signal", "signal", "stop_asked"}},
		{"docker-exec", "docker", "", join(shimmed, created, helper, entered[:4]), []string{"running", "client_exit", "entered"},
			[]string{"cgroup_removed", "exit", "runtime_delete", "runtime_delete", "runtime_kill", "shim_delete", "shim_exit", "signal", "stop_asked"}},
		{"ctr-run", "containerd", "web", join(shimmed, created, entered), []string{"running"},
			[]string{"cgroup_removed", "client_exit", "exit", "runtime_delete", "runtime_delete", "shim_delete", "shim_exit"}},
		{"runc-run", "runc", "web", join([]string{"runtime_run"}, created[1:], []string{"root_pivoted", "entrypoint", "first_child"}), []string{"running"},
			[]string{"cgroup_removed", "exit", "runtime_exit"}},
		{"runc-create", "runc", "web", join(created, entered), []string{"running"}, []string{"cgroup_removed", "exit", "runtime_delete"}},
		{"unshare", "unshare", "", []string{"maker", "namespaces_unshared", "pidns_created", "entrypoint", "first_child"}, []string{"running"},
			[]string{"exit", "maker_exit", "reaped"}},
	} {
		t.Run(c.stream, func(t *testing.T) {
			got := only(t, stream(t, c.stream))
			same(t, "start", names(got, report.Starting), c.start)
			same(t, "run", names(got, report.Running), c.run)
			end := names(got, report.Stopping)
			slices.Sort(end)
			same(t, "end", end, c.end)
			if got.Runtime != c.runtime || c.id != "" && got.ID != c.id {
				t.Errorf("it is %s's %s", got.Runtime, got.ID)
			}
			if len(got.Absent) != 0 || !got.Gone || !phases.Ended(got) {
				t.Errorf("absent: %v, gone: %v, ended: %v", got.Absent, got.Gone, phases.Ended(got))
			}
			if c.runtime != "unshare" {
				same(t, "new namespaces", got.Namespaces, []string{"pid", "mnt", "net", "uts", "ipc"})
			}
		})
	}
}

// TestGenealogy: who made whom, and whose child each became.
func TestGenealogy(t *testing.T) {
	got := only(t, stream(t, "docker-run"))
	shim, create := phase(t, got, "shim_daemonised"), phase(t, got, "runtime_create")
	starter, stage0, stage1 := phase(t, got, "shim_start"), phase(t, got, "stage_0"), phase(t, got, "stage_1")
	stage2, moved := phase(t, got, "stage_2"), phase(t, got, "init_reparented")
	for what, c := range map[string][2]events.ProcKey{
		"the starter made the shim":       {shim.Parent.Key, starter.Process.Key},
		"the shim left the starter":       {shim.Reparent.From.Key, starter.Process.Key},
		"the shim called the runtime":     {create.Parent.Key, shim.Process.Key},
		"the runtime made stage 0":        {stage0.Parent.Key, create.Process.Key},
		"stage 0 made stage 1":            {stage1.Creator.Key, stage0.Process.Key},
		"stage 1 is the runtime's child":  {stage1.Parent.Key, create.Process.Key},
		"stage 1 made stage 2":            {stage2.Creator.Key, stage1.Process.Key},
		"stage 2 is the runtime's child":  {stage2.Parent.Key, create.Process.Key},
		"stage 2 is the init":             {stage2.Process.Key, got.Init.Key},
		"the init left the runtime":       {moved.Reparent.From.Key, create.Process.Key},
		"the init is the shim's child":    {moved.Reparent.To.Key, shim.Process.Key},
		"the shim is the init's parent":   {got.Parent.Key, shim.Process.Key},
		"stage 1 made the PID namespace":  {got.Creator.Key, stage1.Process.Key},
		"the entrypoint's parent is that": {phase(t, got, "entrypoint").Parent.Key, shim.Process.Key},
	} {
		if c[0] != c[1] || c[0].IsZero() {
			t.Errorf("%s: %v, %v", what, c[0], c[1])
		}
	}
	if shim.Reparent.To.Key.PID != 1 || shim.Reparent.Reason != events.ReparentInit || moved.Reparent.Reason != events.ReparentSubreaper {
		t.Errorf("reasons: %v, %v", shim.Reparent, moved.Reparent)
	}
	if starter.Parent.Comm != "containerd" || phase(t, got, "helper").Program != "dockerd" {
		t.Errorf("the starter is a child of %s, the helper is %s", starter.Parent.Comm, phase(t, got, "helper").Program)
	}
}

// TestEnd: SIGTERM ignored, SIGKILL by the runtime, one member reaped.
func TestEnd(t *testing.T) {
	got := only(t, stream(t, "docker-stop"))
	if got.Exit == nil || got.Exit.Signal != 9 || got.Killer == nil || got.Killer.Sender.Comm != "runc" || len(got.Reaped) != 1 {
		t.Errorf("exit %v, killer %v, reaped %v", got.Exit, got.Killer, got.Reaped)
	}
	var signals []string
	for _, f := range got.Phases {
		if f.Signal != nil {
			signals = append(signals, f.Signal.Sender.Comm+" "+f.Signal.Result.String())
		}
	}
	same(t, "signals", signals, []string{"runc ignored", "runc delivered"})
	same(t, "who asked", phase(t, got, "stop_asked").Args.Strings(), []string{"docker", "stop", "-t", "1", "web"})
}

// TestLink: which client asked is the arguments' word or the moment's, and says so.
func TestLink(t *testing.T) {
	for name, want := range map[string]string{"docker-run": "arguments", "ctr-run": "arguments"} {
		if got := phase(t, only(t, stream(t, name)), "asked"); got.Link != want {
			t.Errorf("%s: linked by %q, want %q", name, got.Link, want)
		}
	}
	// Without the name nothing but the moment ties the two.
	all := stream(t, "docker-run")
	for _, ev := range all {
		if c := ev.Process.Container; c != nil {
			c.Name = ""
		}
	}
	if got := phase(t, only(t, all), "asked"); got.Link != "time" {
		t.Errorf("without a name: linked by %q", got.Link)
	}
	// Two who ask at that moment: nobody is named.
	twice := slices.Clone(all)
	for _, ev := range all {
		if strings.HasSuffix(ev.Process.Exe, "/docker") && (ev.Kind == events.Exec || ev.Kind == events.Fork) {
			other := ev.Clone()
			other.Process.Key.PID += 100_000
			twice = append([]*events.Event{other}, twice...)
		}
	}
	if got := only(t, twice); slices.Contains(names(got, report.Starting), "asked") || len(got.Absent) != 1 || got.Absent[0].Phase != "asked" {
		t.Errorf("of two clients one is chosen; absent: %v", got.Absent)
	}
}

// TestNotRecorded: what was not asked for is not known, and not guessed.
func TestNotRecorded(t *testing.T) {
	all := without(stream(t, "docker-run"), events.Unshare, events.Setns, events.PivotRoot, events.Subreaper, events.CgroupMkdir, events.CgroupRmdir)
	got := only(t, all)
	var absent []string
	for _, a := range got.Absent {
		absent = append(absent, a.Phase+" "+a.Why)
	}
	same(t, "absent", absent, []string{"cgroup_made not_recorded", "namespaces_unshared not_recorded", "root_pivoted not_recorded"})
	same(t, "namespaces all the same", got.Namespaces, []string{"pid", "mnt", "net", "uts", "ipc"})
}

// TestLate: a stream that begins while the container runs knows no start.
func TestLate(t *testing.T) {
	all := stream(t, "docker-stop")
	for i, ev := range all {
		if ev.Kind != events.ContainerStart {
			continue
		}
		late := ev.Clone()
		late.Kind, late.Exec = events.Snapshot, nil
		got := only(t, append([]*events.Event{late}, all[i+1:]...))
		if got.BeganNS != 0 || len(got.Absent) != 1 || got.Absent[0] != (report.Absence{Phase: "start", Why: "before"}) {
			t.Errorf("began %d, absent %v", got.BeganNS, got.Absent)
		}
		if slices.Contains(names(got, report.Starting), "entrypoint") || got.Exit == nil || got.Exit.Signal != 9 {
			t.Errorf("start %v, exit %v", names(got, report.Starting), got.Exit)
		}
		return
	}
	t.Fatal("the stream has no container_start")
}

func TestNested(t *testing.T) {
	got := timelines(t, stream(t, "nested"))
	if len(got) != 2 {
		t.Fatalf("%d namespaces, want 2", len(got))
	}
	for i, tl := range got {
		if tl.Pidns.Level != i+1 || tl.Runtime != "unshare" || tl.EndedNS == 0 {
			t.Errorf("%d: level %d by %s, ended at %d", i, tl.Pidns.Level, tl.Runtime, tl.EndedNS)
		}
	}
	if got[1].Pidns.Parent.Inum != got[0].Pidns.ID.Inum || !phases.Selects(got[1], got[1].ID) || phases.Selects(got[1], got[0].ID) {
		t.Errorf("%v is not in %v, or is not selected by %s", got[1].Pidns, got[0].Pidns, got[1].ID)
	}
}

func TestSelects(t *testing.T) {
	got := only(t, stream(t, "docker-run"))
	for word, want := range map[string]bool{"web": true, "we": false, got.ID: true, got.ID[:5]: true, "": false, "zz": false, "2179": true, got.Init.Key.String(): true, "217": false} {
		if phases.Selects(got, word) != want {
			t.Errorf("%q: selected is %v", word, !want)
		}
	}
}
