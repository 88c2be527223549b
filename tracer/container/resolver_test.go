package container

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// disk is a host's root directory with these files.
func disk(t testing.TB, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		write(t, root, name, text)
	}
	return root
}

func write(t testing.TB, root, name, text string) {
	t.Helper()
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

const (
	tasks   = "run/containerd/io.containerd.runtime.v2.task/"
	storage = "var/lib/containers/storage/overlay-containers/"
	podNS   = `"io.kubernetes.cri.sandbox-name":"web-0","io.kubernetes.cri.sandbox-namespace":"shop","io.kubernetes.cri.sandbox-uid":"` + uid + `"`
)

// host has a container of each kind, written as the runtimes write them.
func host(t testing.TB) string {
	return disk(t, map[string]string{
		// Docker.
		tasks + "moby/" + id + "/config.json": `{"ociVersion":"1.0","hostname":"h","linux":{"cgroupsPath":"/docker/` + id + `"},
			"mounts":[{"destination":"/proc"},{"source":"/data/docker/containers/` + id + `/hostname"}]}`,
		"data/docker/containers/" + id + "/config.v2.json": `{"ID":"` + id + `","Name":"/web","Config":{"Image":"busybox:1","Labels":{}}}`,
		// The same daemon with a parent cgroup of its user's.
		tasks + "moby/" + other("01") + "/config.json":                 `{"linux":{"cgroupsPath":"/mine/` + other("01") + `"}}`,
		"var/lib/docker/containers/" + other("01") + "/config.v2.json": `{"ID":"` + other("01") + `","Name":"/own","Config":{"Image":"i"}}`,
		// ctr, and nerdctl's names.
		tasks + "default/web/config.json":                 `{"linux":{"cgroupsPath":"/default/web"}}`,
		tasks + "default/" + other("02") + "/config.json": `{"linux":{"cgroupsPath":"system.slice:nerdctl:` + other("02") + `"},"annotations":{"nerdctl/name":"nerd"}}`,
		// A pod of containerd's CRI: its sandbox and one container.
		tasks + "k8s.io/" + other("03") + "/config.json": `{"annotations":{"io.kubernetes.cri.container-type":"sandbox","io.kubernetes.cri.sandbox-id":"` + other("03") + `",` + podNS + `}}`,
		tasks + "k8s.io/" + other("04") + "/config.json": `{"annotations":{"io.kubernetes.cri.container-type":"container","io.kubernetes.cri.container-name":"nginx",
			"io.kubernetes.cri.image-name":"docker.io/library/nginx:1","io.kubernetes.cri.sandbox-id":"` + other("03") + `",` + podNS + `}}`,
		// CRI-O.
		"run/containers/storage/overlay-containers/" + other("05") + "/userdata/config.json": `{"annotations":{"io.container.manager":"cri-o","io.kubernetes.container.name":"db",
			"io.kubernetes.pod.name":"db-0","io.kubernetes.pod.namespace":"shop","io.kubernetes.pod.uid":"` + uid + `",
			"io.kubernetes.cri-o.ImageName":"quay.io/db:2","io.kubernetes.cri-o.SandboxID":"` + other("06") + `"}}`,
		// Podman.
		storage + other("07") + "/userdata/config.json": `{"annotations":{"io.container.manager":"libpod"}}`,
		storage + "containers.json": `[{"id":"x","names":["y"]},
			{"id":"` + other("07") + `","names":["pod-web"],"metadata":"{\"image-name\":\"docker.io/library/alpine:3\",\"name\":\"pod-web\"}"}]`,
		"home/u/storage/overlay-containers/" + other("08") + "/userdata/config.json": `{"annotations":{"io.container.manager":"libpod"},"linux":{"cgroupsPath":"user.slice:libpod:` + other("08") + `"}}`,
		// runc, crun.
		"run/runc/box/state.json":   `{"id":"box","cgroup_paths":{"":"/sys/fs/cgroup/unified/box","memory":"/sys/fs/cgroup/memory/user/box"},"config":{"labels":["bundle=/bundles/box"]}}`,
		"bundles/box/config.json":   `{}`,
		"run/crun/cup/status":       `{"pid":1,"cgroup-path":"/user.slice/crun-cup.scope","bundle":"/bundles/box"}`,
		"run/runc/kept/state.json":  `{"id":"kept","cgroup_paths":{"memory":"/sys/fs/cgroup/memory/a/kept"},"config":{"labels":["bundle=/gone","io.kubernetes.container.name=shop"]}}`,
		"root/state/own/state.json": `{"id":"own","cgroup_paths":{"memory":"/sys/fs/cgroup/memory/a/own"},"config":{"labels":["bundle=/gone"]}}`,
		// The same id in another of containerd's namespaces.
		tasks + "rv4ns/web/config.json": `{"linux":{"cgroupsPath":"/rv4ns/web"}}`,
		"bundles/new/config.json":       `{"annotations":{"io.kubernetes.container.name":"fresh"}}`,
	})
}

// other returns an id of its own.
func other(hex string) string { return strings.Repeat(hex, 32) }

func TestIdentify(t *testing.T) {
	root := host(t)
	pod := func(id, name, image, qos string) *events.Container {
		return &events.Container{
			ID: id, Runtime: "containerd", Source: "state", Namespace: "k8s.io", Name: name, Image: image,
			Pod: "web-0", PodNS: "shop", PodUID: uid, PodQoS: qos, SandboxID: other("03"),
		}
	}
	for _, c := range []struct {
		path string
		want *events.Container
	}{
		{"/docker/" + id, &events.Container{ID: id, Runtime: "docker", Source: "state", Namespace: "moby", Name: "web", Image: "busybox:1"}},
		{"/docker/" + id + "/init", &events.Container{ID: id, Runtime: "docker", Source: "state", Namespace: "moby", Name: "web", Image: "busybox:1"}},
		{"/docker/" + other("99"), &events.Container{ID: other("99"), Runtime: "docker", Source: "cgroup"}},
		{"/mine/" + other("01"), &events.Container{ID: other("01"), Runtime: "docker", Source: "state", Namespace: "moby", Name: "own", Image: "i"}},
		{"/mine/" + other("99"), nil},
		{"/default/web", &events.Container{ID: "web", Runtime: "containerd", Source: "state", Namespace: "default"}},
		{"/rv4ns/web", &events.Container{ID: "web", Runtime: "containerd", Source: "state", Namespace: "rv4ns"}},
		{"/default/web/below", &events.Container{ID: "web", Runtime: "containerd", Source: "state", Namespace: "default"}},
		{"/elsewhere/web", nil},
		{"/web", nil},
		{"/default/nobody", nil},
		{"/default", nil},
		{"/system.slice/nerdctl-" + other("02") + ".scope", &events.Container{ID: other("02"), Runtime: "containerd", Source: "state", Namespace: "default", Name: "nerd"}},
		{"/kubepods/besteffort/pod" + uid + "/" + other("03"), pod(other("03"), "", "", "besteffort")},
		{"/kubepods/besteffort/pod" + uid + "/" + other("04"), pod(other("04"), "nginx", "docker.io/library/nginx:1", "besteffort")},
		{
			"/kubepods.slice/kubepods-pod" + uidSlc + ".slice/crio-" + other("05") + ".scope",
			&events.Container{
				ID: other("05"), Runtime: "cri-o", Source: "state", Name: "db", Image: "quay.io/db:2",
				Pod: "db-0", PodNS: "shop", PodUID: uid, PodQoS: "guaranteed", SandboxID: other("06"),
			},
		},
		{"/machine.slice/libpod-" + other("07") + ".scope", &events.Container{ID: other("07"), Runtime: "podman", Source: "state", Name: "pod-web", Image: "docker.io/library/alpine:3"}},
		{"/box", &events.Container{ID: "box", Runtime: "runc", Source: "state"}},
		{"/user/box", &events.Container{ID: "box", Runtime: "runc", Source: "state"}},
		{"/user/box/sub", &events.Container{ID: "box", Runtime: "runc", Source: "state"}},
		{"/other/box", nil},
		{"/user.slice/crun-cup.scope", &events.Container{ID: "cup", Runtime: "crun", Source: "state"}},
		{"/cup", nil},
		{"/user.slice/runc-box.scope", nil},
		{"/system.slice/box.service", nil},
		{"/../run/runc/box", nil},
		{"/", nil},
		{"", nil},
	} {
		if got := NewResolver(root).Identify(c.path).Container; !got.Equal(c.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", c.path, got, c.want)
		}
	}
}

// TestNestedState: only the outermost container's state is this host's.
func TestNestedState(t *testing.T) {
	c := NewResolver(host(t)).Identify("/docker/" + id + "/docker/" + other("07")).Container
	if c == nil || c.Source != "cgroup" || c.Name != "" || c.Outer == nil || c.Outer.Name != "web" {
		t.Fatalf("%+v in %+v, want the outer one's name alone", c, c.Outer)
	}
}

// TestDeclared: what a runtime was called with names containers that no usual place has.
func TestDeclared(t *testing.T) {
	root := host(t)
	inside := of(id, "docker")
	for name, c := range map[string]struct {
		call    Call
		cwd     string
		outer   *events.Container
		path    string
		want    *events.Container
		program string
	}{
		"bundle": {
			call: Call{ID: "n", Creates: true, Bundle: "/bundles/new"}, path: "/n",
			want: &events.Container{ID: "n", Runtime: "runc", Source: "state", Name: "fresh"},
		},
		"relative": {
			call: Call{ID: "n", Creates: true, Bundle: "new"}, cwd: "/bundles", path: "/user.slice/runc-n.scope",
			want: &events.Container{ID: "n", Runtime: "runc", Source: "state", Name: "fresh"},
		},
		"working directory": {
			call: Call{ID: "n", Creates: true}, cwd: "/bundles/new", path: "/n",
			want: &events.Container{ID: "n", Runtime: "runc", Source: "state", Name: "fresh"},
		},
		"no bundle": {
			call: Call{ID: "n", Creates: true}, path: "/a/n",
			want: &events.Container{ID: "n", Runtime: "runc", Source: "args"},
		},
		// A bundle that cannot be read any more, but of which runc has kept what it said.
		"state": {
			call: Call{ID: "kept", Creates: true}, path: "/a/kept",
			want: &events.Container{ID: "kept", Runtime: "runc", Source: "state", Name: "shop"},
		},
		"state of its own": {
			call: Call{ID: "own", Creates: true, Root: "/root/state"}, path: "/a/own",
			want: &events.Container{ID: "own", Runtime: "runc", Source: "state"},
		},
		"another's state": {
			call: Call{ID: "kept", Creates: true}, path: "/b/kept",
			want: &events.Container{ID: "kept", Runtime: "runc", Source: "args"},
		},
		"another cgroup":  {call: Call{ID: "n", Creates: true}, path: "/a/m"},
		"makes none":      {call: Call{ID: "n"}, path: "/n"},
		"bundle's cgroup": {call: Call{ID: "n", Creates: true, Bundle: "/" + tasks + "default/web"}, path: "/n"},
		"rootless Podman": {
			call: Call{ID: other("08"), Creates: true, Name: "mine", Bundle: "/home/u/storage/overlay-containers/" + other("08") + "/userdata"},
			path: "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + other("08") + ".scope/container",
			want: &events.Container{ID: other("08"), Runtime: "podman", Source: "state", Name: "mine"},
		},
		"inside": {
			call: Call{ID: "n", Creates: true, Bundle: "/bundles/new"}, outer: inside, path: "/docker/" + id + "/n",
			want: &events.Container{ID: "n", Runtime: "runc", Source: "args", Outer: &events.Container{ID: id, Runtime: "docker", Source: "state", Namespace: "moby", Name: "web", Image: "busybox:1"}},
		},
		"inside, path outside": {call: Call{ID: "n", Creates: true}, outer: inside, path: "/n"},
		"outside, path inside": {
			call: Call{ID: "n", Creates: true}, path: "/docker/" + id + "/n",
			want: &events.Container{ID: id, Runtime: "docker", Source: "state", Namespace: "moby", Name: "web", Image: "busybox:1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := NewResolver(root)
			r.Declare(c.call, Caller{Program: "runc", Cwd: c.cwd, Outer: c.outer})
			if got := r.Identify(c.path).Container; !got.Equal(c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// TestDeclaredBound: of very many calls the oldest are forgotten.
func TestDeclaredBound(t *testing.T) {
	r := NewResolver(t.TempDir())
	for i := range maxDeclared + 1 {
		r.Declare(Call{ID: "c" + strings.Repeat("x", i%200) + string(rune('a'+i/200)), Creates: true}, Caller{Program: "runc"})
	}
	if len(r.declared.byID) != maxDeclared || len(r.declared.order) != maxDeclared {
		t.Errorf("%d remembered in %d places, want %d", len(r.declared.byID), len(r.declared.order), maxDeclared)
	}
	if r.Identify("/ca").Container != nil || r.Identify("/cxa").Container == nil {
		t.Error("not the oldest was forgotten")
	}
}

// TestRelativeBundle: whether the runtime is in its bundle already when its directory is
// looked at is told by the files and by its caller's directory, or not at all.
func TestRelativeBundle(t *testing.T) {
	config := func(name string) string {
		return `{"annotations":{"io.kubernetes.cri.container-name":"` + name + `"},"linux":{"cgroupsPath":"/shared"}}`
	}
	root := disk(t, map[string]string{
		"w/t1/config.json":    config("one"),
		"w/in/config.json":    config("outer"),
		"w/in/in/config.json": config("inner"),
	})
	if err := os.Symlink("t1", filepath.Join(root, "w/link")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ bundle, cwd, from, want string }{
		"not gone yet":               {"t1", "/w", "/w", "one"},
		"there already":              {"t1", "/w/t1", "/w", "one"},
		"there, caller gone":         {"t1", "/w/t1", "", "one"},
		"there, caller elsewhere":    {"./t1/", "/w/t1", "/", "one"},
		"up and down":                {"../w/t1", "/w/t1", "", "one"},
		"by a link":                  {"link", "/w/t1", "/w", "one"},
		"by a link, caller gone":     {"link", "/w/t1", "", ""},
		"two of one name, not gone":  {"in", "/w/in", "/w/in", "inner"},
		"two of one name, there":     {"in", "/w/in", "/w", "outer"},
		"two of one name, not known": {"in", "/w/in", "", ""},
		"another's bundle":           {"t1", "/w/in", "/w", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := NewResolver(root)
			r.Declare(Call{ID: "c", Creates: true, Bundle: c.bundle}, Caller{Program: "runc", Cwd: c.cwd, From: c.from})
			got := ""
			if found := r.Identify("/shared").Container; found != nil {
				got = found.Name
			}
			if got != c.want {
				t.Errorf("it is %q, want %q", got, c.want)
			}
		})
	}
}

// TestMissingBundle: where the bundle of a call could not be found, what the runtime writes of
// the container later says which cgroup is its own, though that does not bear its id.
func TestMissingBundle(t *testing.T) {
	root := disk(t, map[string]string{"bundles/t1/config.json": `{"linux":{"cgroupsPath":"/shared"}}`})
	r := NewResolver(root)
	if got := r.Identify("/shared").Container; got != nil {
		t.Fatalf("%+v before anything ran", got)
	}
	r.Declare(Call{ID: "c", Creates: true, Bundle: "t1"}, Caller{Program: "runc"})
	if got := r.Identify("/shared").Container; got != nil {
		t.Fatalf("%+v before the runtime has written anything", got)
	}
	write(t, root, "run/runc/c/state.json",
		`{"id":"c","cgroup_paths":{"memory":"/sys/fs/cgroup/memory/shared"},"config":{"labels":["bundle=/bundles/t1"]}}`)
	if got := r.Identify("/other").Container; got != nil {
		t.Errorf("another cgroup is %+v", got)
	}
	for range 2 { // found, and remembered
		if got := r.Identify("/shared").Container; got == nil || got.ID != "c" || got.Source != "state" {
			t.Errorf("got %+v, want c by its runtime's state", got)
		}
	}
	for i := range 3 * maxMissing {
		r.Declare(Call{ID: "d" + string(rune('a'+i)), Creates: true}, Caller{Program: "runc"})
	}
	if len(r.missing) != maxMissing {
		t.Errorf("%d are looked for, want %d", len(r.missing), maxMissing)
	}
}
