package selection_test

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
	"github.com/ptrace-ns/ptrace-ns/events"
)

func TestContainers(t *testing.T) {
	web := &events.Container{
		ID: "9f1cab", Runtime: "containerd", Name: "nginx", Image: "docker.io/library/nginx:1.25@sha256:00ff",
		Pod: "web-0", PodNS: "shop", PodUID: "3f2a-11",
	}
	nested := &events.Container{ID: "77", Runtime: "docker", Name: "inner", Outer: web}
	for name, c := range map[string]struct {
		choice selection.Containers
		want   bool
	}{
		"all":                 {selection.Containers{}, true},
		"name":                {selection.Containers{Names: []string{"nginx"}}, true},
		"part of a name":      {selection.Containers{Names: []string{"ngin"}}, false},
		"beginning of an id":  {selection.Containers{Names: []string{"other", "9f1"}}, true},
		"end of an id":        {selection.Containers{Names: []string{"cab"}}, false},
		"pod":                 {selection.Containers{Pods: []string{"web-0"}}, true},
		"beginning of a pod":  {selection.Containers{Pods: []string{"web"}}, false},
		"pod's uid":           {selection.Containers{Pods: []string{"3f2a"}}, true},
		"namespace":           {selection.Containers{Namespaces: []string{"shop"}}, true},
		"another namespace":   {selection.Containers{Namespaces: []string{"default"}}, false},
		"image":               {selection.Containers{Images: []string{"nginx"}}, true},
		"image and tag":       {selection.Containers{Images: []string{"nginx:1.25"}}, true},
		"image with its path": {selection.Containers{Images: []string{"library/nginx"}}, true},
		"whole reference":     {selection.Containers{Images: []string{web.Image}}, true},
		"another tag":         {selection.Containers{Images: []string{"nginx:1"}}, false},
		"part of an image":    {selection.Containers{Images: []string{"inx"}}, false},
		"runtime":             {selection.Containers{Runtimes: []string{"docker", "containerd"}}, true},
		"each kind counts":    {selection.Containers{Names: []string{"nginx"}, Runtimes: []string{"docker"}}, false},
	} {
		if got := c.choice.Choose(web); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if c.want && !c.choice.Choose(nested) {
			t.Errorf("%s: not what is inside", name)
		}
		if !c.choice.Any() && c.choice.Choose(nil) {
			t.Errorf("%s: what is in none", name)
		}
	}
	port := &events.Container{Image: "localhost:5000/app"}
	if !(&selection.Containers{Images: []string{"app"}}).Choose(port) || (&selection.Containers{Images: []string{"localhost"}}).Choose(port) {
		t.Error("a registry's port was taken for a tag")
	}
}

func TestNewContainers(t *testing.T) {
	in := func(kind events.Kind, pid int32, id string) *events.Event {
		ev := &events.Event{Kind: kind}
		ev.Process.Key.PID = pid
		if id != "" {
			ev.Process.Container = &events.Container{ID: id}
		}
		return ev
	}
	var got taken
	put(t, selection.Where(&got, selection.NewContainers()),
		in(events.Snapshot, 1, "old"), in(events.Snapshot, 2, ""),
		in(events.Fork, 3, ""), in(events.Exec, 4, "old"), in(events.Exec, 5, "new"),
		in(events.Snapshot, 6, "newer"), // after a loss
		in(events.ContainerExit, 7, "old"), in(events.Exec, 8, "old"), in(events.ContainerExit, 9, "new"))
	expect(t, &got, "exec:5 snapshot:6 exec:8 container_exit:9")
	// Where another sink keeps the beginning from it.
	got = taken{}
	fresh := selection.NewContainers()
	late := selection.Where(selection.Where(&got, fresh), func(ev *events.Event) bool { return ev.Kind != events.Snapshot })
	put(t, selection.Acquainted(late, fresh), in(events.Snapshot, 1, "old"), in(events.Exec, 4, "old"), in(events.Exec, 5, "new"))
	expect(t, &got, "exec:5")
}
