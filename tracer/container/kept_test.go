package container

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// TestGoneBundle: what was read when a program was called for the container counts when
// its cgroup is heard of, though the files are gone by then.
func TestGoneBundle(t *testing.T) {
	for name, c := range map[string]struct {
		call    Call
		program string
		path    string
		want    events.Container
	}{
		"shim":             {Call{ID: "web", Namespace: "rv4ns"}, "containerd-shim-runc-v2", "/rv4ns/web", events.Container{ID: "web", Runtime: "containerd", Namespace: "rv4ns"}},
		"runc":             {Call{ID: "n", Creates: true, Bundle: "/bundles/new"}, "runc", "/n", events.Container{ID: "n", Runtime: "runc", Name: "fresh"}},
		"shim's runc":      {Call{ID: "web", Namespace: "rv4ns", Creates: true, Bundle: "/" + tasks + "rv4ns/web"}, "runc", "/rv4ns/web", events.Container{ID: "web", Runtime: "containerd", Namespace: "rv4ns"}},
		"Docker":           {Call{ID: id, Namespace: "moby"}, "containerd-shim-runc-v2", "/docker/" + id, events.Container{ID: id, Runtime: "docker", Namespace: "moby", Name: "web", Image: "busybox:1"}},
		"state of its own": {Call{ID: "kept"}, "runc", "/a/kept", events.Container{ID: "kept", Runtime: "runc", Name: "shop"}},
	} {
		t.Run(name, func(t *testing.T) {
			root := host(t)
			l := newLookup(t, root, nil)
			patient(l)
			l.Declare(c.call, Caller{Program: c.program})
			l.Named(c.call, Caller{Program: c.program})
			if err := os.RemoveAll(root); err != nil {
				t.Fatal(err)
			}
			c.want.Source = "state"
			got := l.Identify(c.path).Container
			if !got.Equal(&c.want) {
				t.Fatalf("got %+v, want %+v", got, c.want)
			}
			l.Forget(got)
			if again := l.Identify(c.path).Container; again != nil && again.Source == "state" {
				t.Errorf("after it was forgotten: %+v", again)
			}
		})
	}
}

// TestArgumentsNamespace: with nothing but arguments, equal ids are told apart by the
// namespaces in them.
func TestArgumentsNamespace(t *testing.T) {
	l := newLookup(t, t.TempDir(), nil)
	patient(l)
	for _, ns := range []string{"default", "other"} {
		l.Declare(Call{ID: "web", Namespace: ns, Creates: true, Bundle: "/" + tasks + ns + "/web"}, Caller{Program: "runc"})
	}
	for _, ns := range []string{"other", "default", "other"} {
		want := &events.Container{ID: "web", Runtime: "containerd", Source: "args", Namespace: ns}
		if got := l.Identify("/" + ns + "/web").Container; !got.Equal(want) {
			t.Errorf("in %s: %+v, want %+v", ns, got, want)
		}
	}
	if got := l.Identify("/other/below/web").Container; got == nil || got.Namespace == "" {
		t.Errorf("elsewhere: %+v, want one of both", got)
	}
}

// TestBetterIsKept: what the files say is not replaced by what arguments or a path say,
// and takes their place.
func TestBetterIsKept(t *testing.T) {
	root := t.TempDir()
	l := newLookup(t, root, nil)
	patient(l)
	call := Call{ID: "web", Namespace: "default", Creates: true, Bundle: "/" + tasks + "default/web"}
	l.Declare(call, Caller{Program: "runc"})
	if c := l.Identify("/default/web").Container; c == nil || c.Source != "args" {
		t.Fatalf("got %+v, want what arguments say", c)
	}
	bundle := filepath.Join(root, tasks, "default/web")
	if err := os.MkdirAll(bundle, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bundle, "config.json"), []byte(`{"linux":{"cgroupsPath":"/default/web"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if c := l.Identify("/default/web").Container; c == nil || c.Source != "state" || c.Namespace != "default" {
			t.Errorf("got %+v, want what the bundle says", c)
		}
		if err := os.RemoveAll(bundle); err != nil {
			t.Fatal(err)
		}
	}
}

// TestManyNamespaces: containerd leaves the directories of its namespaces behind.
func TestManyNamespaces(t *testing.T) {
	files := map[string]string{tasks + "last/web/config.json": `{"linux":{"cgroupsPath":"/last/web"}}`}
	for i := range 200 {
		files[fmt.Sprintf("%sgone-%03d/file", tasks, i)] = ""
	}
	if c := NewResolver(disk(t, files)).Identify("/last/web").Container; c == nil || c.Namespace != "last" {
		t.Errorf("got %+v, want the container in the last of many namespaces", c)
	}
}

// TestKeptBound: of very many bundles the oldest are forgotten, and of a large one only
// what is ever asked for is kept.
func TestKeptBound(t *testing.T) {
	var k kept
	config := &spec{Annotations: map[string]string{"nerdctl/name": strings.Repeat("n", 1<<20), "mine": strings.Repeat("m", 1<<20)}}
	for i := range maxKept + 1 {
		k.put(state{id: fmt.Sprint(i), bundle: "/b"}, config)
	}
	if len(k.byID) != maxKept || len(k.order) != maxKept || len(k.of("0")) != 0 {
		t.Errorf("%d remembered in %d places, want %d", len(k.byID), len(k.order), maxKept)
	}
	said := k.of("1")[0].said.Annotations
	if len(said) != 1 || len(said["nerdctl/name"]) != maxText {
		t.Errorf("%d annotations, a name of %d bytes", len(said), len(said["nerdctl/name"]))
	}
	k.forget(of("1", "runc"))
	if len(k.of("1")) != 0 || len(k.order) != maxKept-1 {
		t.Error("it was not forgotten")
	}
}

// TestSlowDisk: a disk that answers, however late, is waited for with the next question.
func TestSlowDisk(t *testing.T) {
	l := newLookup(t, host(t), nil)
	l.diskWait.most, l.diskWait.left = time.Minute, 0
	release := make(chan struct{})
	if c := l.ask(l.disk, "/slow", func() finding { <-release; return finding{Container: of("slow", "runc"), by: superuser} }); c.Container != nil {
		t.Fatalf("got %+v, want nothing yet", c)
	}
	close(release)
	awaitLate(t, l)
	if c := l.Identify("/docker/" + id).Container; c == nil || c.Source != "state" {
		t.Errorf("got %+v, want it waited for again", c)
	}
}
