//go:build linux

package tracer

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/tracer/container"
)

// tenancy answers with one container until there are two.
type tenancy struct {
	pathsOnly
	found container.Found
}

func (a *tenancy) Identify(string) container.Found { return a.found }

// TestParted: a cgroup that is told as one container's and turns out to be two's is handed on
// once, with that container.
func TestParted(t *testing.T) {
	one, two := &events.Container{ID: "one"}, &events.Container{ID: "two"}
	who := &tenancy{found: container.Found{Container: one}}
	k := &Kernel{cgroups: newCgroups(who)}
	at := events.Cgroup{Hierarchy: 3, ID: 7, Path: "/both"}
	k.cgroups.add(at)
	var told []events.Event
	put := func(it item) { told = append(told, *it.event) }
	if k.tellParted(put) {
		t.Fatalf("told %+v before there are two", told)
	}
	who.found = container.Found{Tenants: container.Tenants{{Container: two}, {Container: one}}}
	for range 2 {
		k.cgroups.called("two", "/both")
		k.tellParted(put)
	}
	if len(told) != 1 || !told[0].Shared || told[0].Kind != events.ContainerKnown || told[0].Process.Container != one || told[0].Process.Cgroup != at {
		t.Errorf("told %+v, want once that one's cgroup is shared", told)
	}
}
