package container

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// TestPlaces: a container is found by what is in one place alone, each of those there are.
func TestPlaces(t *testing.T) {
	const cri = `{"linux":{"cgroupsPath":"/mine/%s"},"annotations":{"io.kubernetes.cri.container-name":"nginx"}}`
	const libpod = `{"linux":{"cgroupsPath":"/mine/%s"},"annotations":{"io.container.manager":"libpod"}}`
	for name, c := range map[string]struct {
		id    string
		owner uint32
		files map[string]string
		want  events.Container
	}{
		"containerd": {
			"web", superuser, map[string]string{"run/containerd/io.containerd.runtime.v2.task/default/%s/config.json": cri},
			events.Container{Runtime: "containerd", Namespace: "default", Name: "nginx"},
		},
		"containerd's first shim": {
			"web", superuser, map[string]string{"run/containerd/io.containerd.runtime.v1.linux/default/%s/config.json": cri},
			events.Container{Runtime: "containerd", Namespace: "default", Name: "nginx"},
		},
		"k3s": {
			"web", superuser, map[string]string{"run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/%s/config.json": cri},
			events.Container{Runtime: "containerd", Namespace: "k8s.io", Name: "nginx"},
		},
		"Docker's own containerd": {
			id, superuser, map[string]string{"run/docker/containerd/daemon/io.containerd.runtime.v2.task/moby/%s/config.json": cri},
			events.Container{Runtime: "docker", Namespace: "moby", Name: "nginx"},
		},
		"Docker before 17.11": {
			id, superuser, map[string]string{"run/docker/libcontainerd/%s/config.json": cri},
			events.Container{Runtime: "docker", Name: "nginx"},
		},
		"Podman": {
			id, superuser, map[string]string{"var/lib/containers/storage/overlay-containers/%s/userdata/config.json": libpod},
			events.Container{Runtime: "podman"},
		},
		"Podman on a file system in memory": {
			id, superuser, map[string]string{"run/containers/storage/overlay-containers/%s/userdata/config.json": libpod},
			events.Container{Runtime: "podman"},
		},
		"a user's Podman": {
			id, 1000, map[string]string{"run/user/1000/containers/overlay-containers/%s/userdata/config.json": libpod},
			events.Container{Runtime: "podman"},
		},
		"runc": {
			"web", superuser, map[string]string{"run/runc/%s/state.json": `{"id":"%[1]s","cgroup_paths":{"":"/sys/fs/cgroup/mine/%[1]s"},"config":{"labels":["bundle=/gone"]}}`},
			events.Container{Runtime: "runc"},
		},
		"containerd with bundles elsewhere": {
			id, superuser, map[string]string{
				"run/containerd/runc/k8s.io/%s/state.json":                          `{"id":"%[1]s","cgroup_paths":{"":"/sys/fs/cgroup/mine/%[1]s"},"config":{"labels":["bundle=/own/io.containerd.runtime.v2.task/k8s.io/%[1]s"]}}`,
				"own/io.containerd.runtime.v2.task/k8s.io/%s/config.json":           cri,
				"run/containerd/io.containerd.runtime.v2.task/k8s.io/a/config.json": cri,
			},
			events.Container{Runtime: "containerd", Namespace: "k8s.io", Name: "nginx"},
		},
		"runc for a dockerd with bundles elsewhere": {
			id, superuser, map[string]string{"run/docker/runtime-runc/moby/%s/state.json": `{"id":"%[1]s","cgroup_paths":{"":"/sys/fs/cgroup/mine/%[1]s"},"config":{"labels":["bundle=/own/io.containerd.runtime.v2.task/moby/%[1]s"]}}`},
			events.Container{Runtime: "docker", Namespace: "moby"},
		},
		"a user's runc": {
			"web", 1000, map[string]string{"run/user/1000/runc/%s/state.json": `{"id":"%[1]s","cgroup_paths":{"":"/sys/fs/cgroup/mine/%[1]s"},"config":{"labels":["bundle=/gone"]}}`},
			events.Container{Runtime: "runc"},
		},
		"crun": {
			"web", superuser, map[string]string{"run/crun/%s/status": `{"cgroup-path":"/mine/%s","bundle":"/gone"}`},
			events.Container{Runtime: "crun"},
		},
		"a user's crun": {
			"web", 1000, map[string]string{"run/user/1000/crun/%s/status": `{"cgroup-path":"/mine/%s","bundle":"/gone"}`},
			events.Container{Runtime: "crun"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{}
			for path, text := range c.files {
				files[fmt.Sprintf(path, c.id)] = fmt.Sprintf(text, c.id)
			}
			r := owned(NewResolver(disk(t, files)), "/mine", c.owner)
			c.want.ID, c.want.Source = c.id, "state"
			if got := r.Identify("/mine/" + c.id).Container; !got.Equal(&c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// TestStateOfAnother: runc's file that says it is another container's is not this one's.
func TestStateOfAnother(t *testing.T) {
	r := NewResolver(disk(t, map[string]string{"run/runc/web/state.json": `{"id":"other","cgroup_paths":{"":"/sys/fs/cgroup/mine/web"},"config":{"labels":["bundle=/gone"]}}`}))
	if got := r.Identify("/mine/web").Container; got != nil {
		t.Errorf("got %+v, want none", got)
	}
}

// TestUsersPlaces: what lies there and is not named by a uid is nobody's.
func TestUsersPlaces(t *testing.T) {
	r := owned(NewResolver(disk(t, map[string]string{"run/user/me/crun/web/status": `{"cgroup-path":"/mine/web","bundle":"/gone"}`})), "/mine", user)
	if got := r.Identify("/mine/web").Container; got != nil {
		t.Errorf("got %+v, want none", got)
	}
}

// TestDockerOfAnother: a file that says it is another container's says nothing of this one.
func TestDockerOfAnother(t *testing.T) {
	r := NewResolver(disk(t, map[string]string{"var/lib/docker/containers/" + id + "/config.v2.json": `{"ID":"` + other("01") + `","Name":"/web"}`}))
	if got := r.Identify("/docker/" + id).Container; got == nil || got.Name != "" || got.Source != "cgroup" {
		t.Errorf("got %+v, want what the path says", got)
	}
}

// TestStoredNames: Podman's names are beside the bundles, those of containers that a reboot
// ends in a file of their own.
func TestStoredNames(t *testing.T) {
	bundle := "run/containers/storage/overlay-containers/" + id + "/userdata/config.json"
	entry := `[{"id":"` + id + `","names":["shop","second"],"metadata":"{\"image-name\":\"alpine:3\"}"}]`
	for _, file := range []string{
		"run/containers/storage/overlay-containers/containers.json",
		"run/containers/storage/overlay-containers/volatile-containers.json",
		"var/lib/containers/storage/overlay-containers/containers.json",
	} {
		r := NewResolver(disk(t, map[string]string{bundle: `{}`, file: entry}))
		if got := r.Identify("/libpod-" + id + ".scope").Container; got == nil || got.Name != "shop" || got.Image != "alpine:3" {
			t.Errorf("%s: got %+v, want shop", file, got)
		}
	}
}

// TestAnnotate: who holds a pod's namespaces is called POD by the kubelet, and by nobody else.
func TestAnnotate(t *testing.T) {
	for given, want := range map[string]string{"POD": "", "pod": "pod", "nginx": "nginx"} {
		var c events.Container
		Annotate(&c, map[string]string{"io.kubernetes.container.name": given, "io.kubernetes.pod.name": "web-0"})
		if c.Name != want || c.Pod != "web-0" {
			t.Errorf("%q: name %q in pod %q, want %q", given, c.Name, c.Pod, want)
		}
	}
}

// TestMonitorsName: conmon is told the container's name, and the runtime that it calls is not.
func TestMonitorsName(t *testing.T) {
	r := NewResolver(disk(t, map[string]string{"b/config.json": `{}`}))
	r.Declare(Call{ID: "c", Name: "shop", Bundle: "/b", Creates: true}, Caller{Program: "conmon"})
	r.Declare(Call{ID: "c", Creates: true}, Caller{Program: "crun"})
	if got := r.Identify("/c").Container; got == nil || got.Name != "shop" || got.Source != "state" {
		t.Errorf("got %+v, want conmon's name and bundle", got)
	}
	r.Declare(Call{ID: "c", Name: "other", Creates: true}, Caller{Program: "conmon", UID: user})
	if got := r.Identify("/c").Container; got == nil || got.Name != "shop" {
		t.Errorf("got %+v, want root's name", got)
	}
}

// TestKnownBound: of very many containers not all are remembered.
func TestKnownBound(t *testing.T) {
	m := memory{}
	for i := range maxKnown {
		m.keep(finding{Container: of(fmt.Sprint(i), "runc"), by: superuser})
	}
	if len(m) != maxKnown || m.find(of("0", "runc"), superuser) == nil {
		t.Errorf("%d remembered, want %d", len(m), maxKnown)
	}
	m.keep(finding{Container: of("more", "runc"), by: superuser})
	if len(m) > maxKnown || m.find(of("more", "runc"), superuser) == nil {
		t.Errorf("%d remembered, want at most %d and the latest among them", len(m), maxKnown)
	}
	r := NewResolver(disk(t, map[string]string{"var/lib/docker/containers/" + id + "/config.v2.json": `{"ID":"` + id + `"}`}))
	r.docker = dockerFiles{}
	for i := range maxKnown {
		r.docker[fmt.Sprint(i)] = dockerFile{}
	}
	if r.Identify("/docker/" + id); len(r.docker) != 1 {
		t.Errorf("%d of Docker's files remembered, want the latest alone", len(r.docker))
	}
}

// TestPatienceWithDaemons: a daemon gets 2 s to answer.
func TestPatienceWithDaemons(t *testing.T) {
	asked := make(chan time.Duration, 1)
	l := newLookup(t, t.TempDir(), answers(func(ctx context.Context, _ *events.Container) (*events.Container, error) {
		until, ok := ctx.Deadline()
		if !ok {
			until = time.Now().Add(time.Hour)
		}
		asked <- time.Until(until)
		return nil, nil
	}))
	began := time.Now()
	l.remember(finding{Container: of(id, "docker"), by: superuser}, "")
	left := <-asked
	if most := 2 * time.Second; left > most || left < most-time.Since(began) {
		t.Errorf("%v to answer, want 2s", left)
	}
}

// rename puts another file in the place of Docker's.
func rename(t *testing.T, root, name string) {
	t.Helper()
	path := filepath.Join(root, "var/lib/docker/containers", id, "config.v2.json")
	if err := os.WriteFile(path+".new", []byte(`{"ID":"`+id+`","Name":"/`+name+`","Config":{"Image":"i"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// TestNewName: a container that Docker renames is told by its new name late, and known by
// that; one that it does not rename is not told.
func TestNewName(t *testing.T) {
	root := disk(t, map[string]string{"var/lib/docker/containers/" + id + "/config.v2.json": `{"ID":"` + id + `","Name":"/old"}`})
	l := newLookup(t, root, nil)
	patient(l)
	path := "/docker/" + id
	c := l.Identify(path).Container
	settle := func() {
		done := make(chan struct{})
		l.disk <- func() { close(done) }
		<-done
	}
	l.Again(nil)
	l.Again(of("web", "runc"))
	l.Again(c)
	settle()
	if a, ok := l.Late(); ok {
		t.Errorf("not renamed: %+v", a.Container)
	}
	rename(t, root, "new")
	l.known.find(c, superuser).looked = time.Now().Add(time.Hour)
	l.Again(c)
	settle()
	if a, ok := l.Late(); ok {
		t.Errorf("asked again at once: %+v", a.Container)
	}
	l.known.find(c, superuser).looked = time.Time{}
	l.Again(c)
	if a := awaitLate(t, l); a.Path != "" || a.Container.Name != "new" || a.Container.ID != id || a.Container.Source != "state" {
		t.Errorf("told %+v, want its new name", a.Container)
	}
	if c := l.Identify(path).Container; c.Name != "new" {
		t.Errorf("known as %q afterwards", c.Name)
	}
	if !strings.HasSuffix(l.resolver.docker[id].path, "config.v2.json") {
		t.Error("the file is not remembered")
	}
}

// TestDockerReadOnce: a file that has not changed is not read again.
func TestDockerReadOnce(t *testing.T) {
	root := disk(t, map[string]string{"var/lib/docker/containers/" + id + "/config.v2.json": `{"ID":"` + id + `","Name":"/old"}`})
	r := NewResolver(root)
	first := r.dockerSaid(dockerDir+"/"+id, id)
	if again := r.dockerSaid(dockerDir+"/"+id, id); first == nil || again != first {
		t.Errorf("read again: %p, then %p", first, again)
	}
	rename(t, root, "new")
	if now := r.dockerSaid(dockerDir+"/"+id, id); now == nil || now.Name != "new" {
		t.Errorf("after it has changed: %+v", now)
	}
}
