package container

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// in is a process with these PID namespaces below the host's.
func in(pid int32, parent events.ProcKey, pidns ...uint32) *events.Process {
	p := &events.Process{Key: events.ProcKey{PID: pid, Start: uint64(pid) * tick}, Parent: events.Ref{Key: parent}}
	for _, inum := range append([]uint32{1}, pidns...) {
		p.Chain = append(p.Chain, events.PIDEntry{NS: events.NSID{Inum: inum}, PID: pid})
	}
	return p
}

// runs has the host of the root directory run a process in a PID namespace.
func runs(t *testing.T, root string, pid, ticks int, pidns uint32) {
	t.Helper()
	dir := filepath.Join(root, "proc", fmt.Sprint(pid))
	stat := fmt.Sprintf("%d (a) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 %d 20\n", pid, ticks)
	if err := os.MkdirAll(dir+"/ns", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/stat", []byte(stat), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(fmt.Sprintf("pid:[%d]", pidns), dir+"/ns/pid"); err != nil {
		t.Fatal(err)
	}
}

// told checks of which of a cgroup's containers a process is, empty for none.
func told(t *testing.T, all Tenants, what string, p *events.Process, want string) {
	t.Helper()
	got := ""
	if c := all.Of(p); c != nil {
		got = c.ID
	}
	if got != want {
		t.Errorf("%s is in %q, want %q", what, got, want)
	}
}

// TestTenantsByState: what runtimes wrote down of their inits tells the containers of a cgroup
// apart, when those live.
func TestTenantsByState(t *testing.T) {
	const state = `{"id":%q,"init_process_pid":%d,"init_process_start":%d,"cgroup_paths":{"":"/sys/fs/cgroup/pool"},"config":{"labels":["bundle=/gone"]}}`
	root := disk(t, map[string]string{
		"run/runc/a/state.json":     fmt.Sprintf(state, "a", 10, 10),
		"run/runc/over/state.json":  fmt.Sprintf(state, "over", 30, 30),
		"run/runc/again/state.json": fmt.Sprintf(state, "again", 40, 40),
		"run/crun/b/status":         `{"pid":20,"process-start-time":20,"cgroup-path":"/pool","bundle":"/gone"}`,
	})
	runs(t, root, 10, 10, 100)
	runs(t, root, 20, 20, 200)
	runs(t, root, 40, 41, 300) // the PID is another's
	found := NewResolver(root).Identify("/pool")
	if found.Container != nil || len(found.Tenants) != 4 {
		t.Fatalf("got %+v, want the four", found)
	}
	none := events.ProcKey{}
	for what, c := range map[string]struct {
		p    *events.Process
		want string
	}{
		"an init":              {in(10, none, 100), "a"},
		"crun's":               {in(21, none, 200), "b"},
		"what is nested":       {in(22, none, 200, 201), "b"},
		"somebody else":        {in(5, none), ""},
		"in another namespace": {in(6, none, 300), ""},
	} {
		told(t, found.Tenants, what, c.p, c.want)
	}
}

// TestTenantsByCall: whom a runtime's call puts into the cgroup is of its container, and the
// last of them is the init, whose namespace that of the others is.
func TestTenantsByCall(t *testing.T) {
	r := NewResolver(disk(t, map[string]string{
		"b/a/config.json": `{"linux":{"cgroupsPath":"/pool"}}`,
		"b/b/config.json": `{"linux":{"cgroupsPath":"/pool"}}`,
	}))
	runc := map[string]events.ProcKey{"a": {PID: 10, Start: 10 * tick}, "b": {PID: 20, Start: 20 * tick}}
	for _, id := range []string{"a", "b"} {
		said := r.Declare(Call{ID: id, Creates: true, Bundle: "/b/" + id}, Caller{Key: runc[id], Program: "runc"})
		if !Placed("/pool", id, said) || Placed("/"+id, id, said) {
			t.Errorf("%s has %q", id, said)
		}
	}
	all := r.Identify("/pool").Tenants
	if len(all) != 2 {
		t.Fatalf("got %+v, want both", all)
	}
	somebody, none := in(5, events.ProcKey{}), events.ProcKey{}
	told(t, all, "a's first stage", in(11, runc["a"]), "a")
	told(t, all, "somebody else beside a stage", somebody, "")
	told(t, all, "a's init", in(12, runc["a"], 100), "a")
	told(t, all, "a's child", in(13, none, 100), "a")
	told(t, all, "b's init, in the host's", in(21, runc["b"]), "b")
	told(t, all, "b's init, adopted", in(21, none), "b")
	told(t, all, "somebody, though b's may be in the host's", somebody, "")
	again := r.Identify("/pool").Tenants
	again.Learn(all)
	told(t, again, "a's child, asked again", in(13, none, 100), "a")
	// The second joins the first one's namespace: only inits can be told then.
	told(t, again, "b's other init", in(22, runc["b"], 100), "b")
	told(t, again, "a child of either", in(23, none, 100), "")
	told(t, again, "b's init still", in(22, none, 100), "b")
	if !again.Has(&events.Container{ID: "b"}) || again.Has(&events.Container{ID: "c"}) {
		t.Errorf("has not just a and b: %+v", again)
	}
}

// TestTenantsBelieved: a user's word makes nobody a tenant of root's cgroup.
func TestTenantsBelieved(t *testing.T) {
	r := owned(NewResolver(disk(t, map[string]string{
		"b/config.json": `{"linux":{"cgroupsPath":"/pool"}}`, "his/config.json": `{"linux":{"cgroupsPath":"/pool"}}`,
	})), "/other", user)
	r.Declare(Call{ID: "b", Creates: true, Bundle: "/b"}, Caller{Program: "runc"})
	r.Declare(Call{ID: "his", Creates: true, Bundle: "/his"}, Caller{Program: "runc", UID: user})
	if found := r.Identify("/pool"); found.Tenants != nil || found.Container == nil || found.Container.ID != "b" {
		t.Errorf("got %+v, want root's alone", found)
	}
}
