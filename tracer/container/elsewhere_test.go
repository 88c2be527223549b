package container

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// TestElsewhere: a cgroup whose name is not the container's id is its own all the same when
// the bundle that a runtime was called with says so, or the state of one that was there.
func TestElsewhere(t *testing.T) {
	root := disk(t, map[string]string{
		"b/a/config.json":              `{"linux":{"cgroupsPath":"/pool/a"},"annotations":{"io.kubernetes.container.name":"first"}}`,
		"b/b/config.json":              `{"linux":{"cgroupsPath":"/pool/b"},"annotations":{"io.kubernetes.container.name":"second"}}`,
		"b/unit/config.json":           `{"linux":{"cgroupsPath":"pool.slice:my:unit"}}`,
		"run/runc/old/state.json":      `{"id":"old","cgroup_paths":{"memory":"/sys/fs/cgroup/memory/r4eq","pids":"/sys/fs/cgroup/pids/r4eq"},"config":{"labels":["bundle=/gone"]}}`,
		"run/crun/older/status":        `{"cgroup-path":"/crun/eq","bundle":"/gone"}`,
		"run/user/65534/crun/3/status": `{"cgroup-path":"/system.slice/ssh.service","bundle":"/tmp/evil"}`,
	})
	l := newLookup(t, root, nil)
	patient(l)
	call := func(id, bundle string, uid uint32) {
		l.Declare(Call{ID: id, Creates: true, Bundle: "/b/" + bundle, Root: "/state/" + bundle}, Caller{Program: "runc", UID: uid})
	}
	call("same", "a", superuser)
	call("same", "b", superuser)
	call("web", "unit", superuser)
	for path, want := range map[string]*events.Container{
		"/r4eq":                       {ID: "old", Runtime: "runc", Source: "state"},
		"/r4eq/below":                 {ID: "old", Runtime: "runc", Source: "state"},
		"/crun/eq":                    {ID: "older", Runtime: "crun", Source: "state"},
		"/pool/a":                     {ID: "same", Runtime: "runc", Source: "state", Name: "first"},
		"/pool/b":                     {ID: "same", Runtime: "runc", Source: "state", Name: "second"},
		"/pool.slice/my-unit.scope":   {ID: "web", Runtime: "runc", Source: "state"},
		"/system.slice/pool/a":        nil, // ends alike
		"/other/r4eq":                 nil,
		"/pool":                       nil,
		"/pool.slice/your-unit.scope": nil,
		"/system.slice/ssh.service":   nil, // a user's word for root's cgroup
	} {
		if got := l.Identify(path).Container; !got.Equal(want) {
			t.Errorf("%s: %+v, want %+v", path, got, want)
		}
	}
}

// TestElsewhereForgotten: the next container in that cgroup is another, though the state of
// the former is still there.
func TestElsewhereForgotten(t *testing.T) {
	root := disk(t, map[string]string{
		"run/runc/old/state.json": `{"id":"old","cgroup_paths":{"":"/sys/fs/cgroup/pool"},"config":{"labels":["bundle=/gone"]}}`,
		"b/config.json":           `{"linux":{"cgroupsPath":"/pool"}}`,
	})
	r := NewResolver(root)
	if c := r.Identify("/pool").Container; c == nil || c.ID != "old" {
		t.Fatalf("got %+v, want the old", c)
	}
	r.Declare(Call{ID: "new", Creates: true, Bundle: "/b"}, Caller{Program: "runc"})
	if err := os.RemoveAll(filepath.Join(root, "b")); err != nil {
		t.Fatal(err)
	}
	both := r.Identify("/pool").Tenants
	if len(both) != 2 || both[0].Container.ID != "new" || both[1].Container.ID != "old" {
		t.Fatalf("got %+v, want the new and the old", both)
	}
	r.Forget(both[0].Container)
	if c := r.Identify("/pool").Container; c == nil || c.ID != "old" {
		t.Errorf("got %+v, want what is left", c)
	}
}

// TestElsewhereRelative: a relative cgroupsPath without the id is below the runtime's own cgroup,
// so that another which ends alike is the container's only if its state says so.
func TestElsewhereRelative(t *testing.T) {
	root := disk(t, map[string]string{
		"b/config.json":        `{"linux":{"cgroupsPath":"pool/box"}}`,
		"state/web/state.json": `{"id":"web","cgroup_paths":{"":"/sys/fs/cgroup/user.slice/pool/box"},"config":{"labels":["bundle=/b"]}}`,
	})
	for path, want := range map[string]string{"/user.slice/pool/box": "web", "/system.slice/pool/box": "", "/box": ""} {
		r := NewResolver(root)
		r.Declare(Call{ID: "web", Creates: true, Bundle: "/b", Root: "/state"}, Caller{Program: "runc"})
		got := ""
		if c := r.Identify(path).Container; c != nil {
			got = c.ID
		}
		if got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}
