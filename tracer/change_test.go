//go:build linux

package tracer

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/cilium/ebpf/link"

	"github.com/ptrace-ns/ptrace-ns/bpf"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

func TestRename(t *testing.T) {
	kerneltest.RequireBPF(t)
	var report kerneltest.Report
	all := record(t, Options{}, func() { report = runScenario(t, "S02") }, "task_rename")
	self, _ := report.Find("self", "two-lines")
	after, ok := report.Find("renamed", "two-lines")
	if !ok {
		t.Fatalf("report: %+v, want a new name", report)
	}
	// The process takes its role's name first.
	names := of(all, events.Rename, self.PID)
	if len(names) != 2 {
		t.Fatalf("renames: %d, want two", len(names))
	}
	ev := names[1]
	if ev.Process.Comm != string(after.Comm) || ev.Rename.OldComm != string(self.Comm) || ev.Rename.InExec {
		t.Errorf("renamed %q to %q, want %q to %q", ev.Rename.OldComm, ev.Process.Comm, self.Comm, after.Comm)
	}
}

// TestRenameInExec: the rename of an exec is marked as such.
func TestRenameInExec(t *testing.T) {
	kerneltest.RequireBPF(t)
	var cmd *exec.Cmd
	all := record(t, Options{}, func() { cmd = child(t, nil, "sleep", "60") }, "task_rename")
	ev := only(t, all, events.Rename, cmd.Process.Pid)
	if !ev.Rename.InExec || ev.Process.Comm != "sleep" {
		t.Errorf("rename: %+v to %q, want one of an exec", ev.Rename, ev.Process.Comm)
	}
}

func TestCgroup(t *testing.T) {
	kerneltest.RequireBPF(t)
	roots := map[string]string{}
	roots["unified"], _ = kerneltest.CgroupRoot(t, "cgroup2", "")
	if v1, ok := kerneltest.CgroupRoot(t, "cgroup", "memory"); ok {
		roots["v1"] = v1
	}
	for name, root := range roots {
		t.Run(name, func(t *testing.T) {
			kerneltest.RequireBPF(t)
			var cmd *exec.Cmd
			var dir string
			var ino uint64
			all := record(t, Options{}, func() {
				cmd = child(t, nil, "sleep", "60")
				dir = kerneltest.MakeCgroup(t, root)
				long := filepath.Join(dir, strings.Repeat("n", 200)) // another size of record
				if err := os.Mkdir(long, 0o755); err != nil {
					t.Fatal(err)
				}
				ino = inode(t, dir)
				writeFile(t, filepath.Join(dir, "cgroup.procs"), strconv.Itoa(cmd.Process.Pid))
				kill(t, cmd)
				if err := os.Remove(long); err != nil {
					t.Fatal(err)
				}
				eventually(t, "cgroup empty", func() bool { return os.Remove(dir) == nil })
			}, "cgroup_mkdir", "cgroup_attach_task", "cgroup_rmdir")

			base := "/" + filepath.Base(dir)
			checkDirs(t, all, events.CgroupMkdir, base, base+"/"+strings.Repeat("n", 200))
			checkDirs(t, all, events.CgroupRmdir, base+"/"+strings.Repeat("n", 200), base)
			moved := only(t, all, events.CgroupMove, cmd.Process.Pid)
			made := of(all, events.CgroupMkdir, os.Getpid())[0].Cgroup.To
			if to := moved.Cgroup.To; to.ID != ino || made.ID != ino || to.Hierarchy != made.Hierarchy {
				t.Errorf("moved to %+v, made %+v, want inode %d", to, made, ino)
			}
			if (name == "unified") != (made.Hierarchy == 0) {
				t.Errorf("hierarchy: %d of %s", made.Hierarchy, name)
			}
		})
	}
}

// checkDirs checks which cgroups the test itself made or removed.
func checkDirs(t *testing.T, all []*events.Event, kind events.Kind, want ...string) {
	t.Helper()
	got := of(all, kind, os.Getpid())
	if len(got) != len(want) {
		t.Fatalf("%s: %d, want %d", kind, len(got), len(want))
	}
	for i := range want {
		if path := got[i].Cgroup.To.Path; !strings.HasSuffix(path, want[i]) {
			t.Errorf("%s: %q, want …%q", kind, path, want[i])
		}
	}
}

// TestSnapshotAlone: the iterator gives each process of /proc once, with the
// parent, the chain and the state that /proc shows.
func TestSnapshotAlone(t *testing.T) {
	kerneltest.RequireBPF(t)
	parent := child(t, nil, "sh", "-c", "exit 7 & exec sleep 60")
	var zombie int
	eventually(t, "a zombie", func() bool {
		children := strings.Fields(procFile(t, parent.Process.Pid, "task/"+strconv.Itoa(parent.Process.Pid)+"/children"))
		if len(children) != 1 {
			return false
		}
		zombie, _ = strconv.Atoi(children[0])
		return strings.HasPrefix(status(t, zombie, "State"), "Z")
	})
	all := iterateAlone(t)
	seen := map[int32]int{}
	for _, ev := range all {
		seen[ev.Process.Key.PID]++
	}
	for pid, n := range seen {
		if n != 1 {
			t.Errorf("process %d: %d times, want once", pid, n)
		}
	}
	self := only(t, all, events.Snapshot, os.Getpid()).Process
	if self.Key.Start/clockTick != startTicks(t, os.Getpid()) || int(self.Parent.Key.PID) != os.Getppid() ||
		self.NS != namespaces(t, os.Getpid()) || self.Threads < 2 || self.Zombie {
		t.Errorf("oneself: %+v", self)
	}
	dead := only(t, all, events.Snapshot, zombie)
	if !dead.Process.Zombie || dead.Exit == nil || dead.Exit.Status != (events.ExitStatus{Code: 7}) {
		t.Errorf("zombie: %+v, %+v, want one that said 7", dead.Process, dead.Exit)
	}
	if kthreadd := only(t, all, events.Snapshot, 2).Process; !kthreadd.Kthread || !kthreadd.Parent.IsZero() {
		t.Errorf("PID 2: %+v, want a kernel thread without a parent", kthreadd)
	}
}

func iterateAlone(t *testing.T) []*events.Event {
	t.Helper()
	iter, err := link.AttachIter(link.IterOptions{Program: loadAlone(t, Options{}, bpf.ProgSnapshot).Programs[bpf.ProgSnapshot]})
	if err != nil {
		t.Fatal(err)
	}
	defer iter.Close()
	file, err := iter.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	raw, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	records, err := bpf.SplitSnapshot(raw)
	if err != nil {
		t.Fatal(err)
	}
	var all []*events.Event
	var decoder bpf.Decoder
	for _, raw := range records {
		ev, err := decoder.Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, ev.Clone())
	}
	return all
}
