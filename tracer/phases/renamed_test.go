package phases_test

import (
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/phases"
)

// renamed tells a process's container by another name.
func (s *script) renamed(pid int32, c events.Container) {
	s.live[pid].Container = &c
	s.emit(&events.Event{Kind: events.Rename, Rename: &events.RenameDetail{}}, s.live[pid])
}

// asked are who asked for the start and for the end, by their PIDs.
func asked(t *report.Timeline) (found []int32) {
	for _, f := range t.Phases {
		if f.Name == "asked" || f.Name == "stop_asked" {
			found = append(found, f.Process.Key.PID)
		}
	}
	return found
}

// TestRenamed: a container is meant by each name that it ever had; the new one may be told
// late, and be the shorter.
func TestRenamed(t *testing.T) {
	s := engine()
	s.calls(20, "/usr/bin/docker", "run", "--name", "web", "busybox")
	s.makes(40, "moby", docker(idA, "web"))
	s.calls(60, "/usr/bin/docker", "stop", "db")
	s.renamed(43, docker(idA, "db"))
	s.ends(43, events.ExitStatus{})
	got := only(t, s.all)
	if want := []int32{20, 60}; !slices.Equal(asked(got), want) {
		t.Errorf("asked by %v, want %v", asked(got), want)
	}
	if got.Container.Name != "db" || !slices.Equal(got.Also, []string{"web"}) {
		t.Errorf("called %q, also %q", got.Container.Name, got.Also)
	}
	for word, want := range map[string]bool{"db": true, "web": true, "we": false} {
		if phases.Selects(got, word) != want {
			t.Errorf("%q selects it: %v", word, !want)
		}
	}
}

// TestRestartedByItsNewName: the first life of a container that was renamed and started
// again has the new name from the second.
func TestRestartedByItsNewName(t *testing.T) {
	s := engine()
	s.makes(40, "moby", docker(idA, "web"))
	s.calls(60, "/usr/bin/docker", "restart", "db")
	s.ends(43, events.ExitStatus{})
	s.makes(70, "moby", docker(idA, "db"))
	got := timelines(t, s.all)
	if len(got) != 2 {
		t.Fatalf("%d containers, want 2", len(got))
	}
	for i, tl := range got {
		if want := []int32{60}; !slices.Equal(asked(tl), want) {
			t.Errorf("life %d: asked by %v, want %v", i, asked(tl), want)
		}
	}
}

// TestNameOfAnother: a name that another container has got since is that one's.
func TestNameOfAnother(t *testing.T) {
	s := engine()
	s.makes(40, "moby", docker(idA, "web"))
	s.renamed(43, docker(idA, "old"))
	s.makes(50, "moby", docker(idB, "web"))
	s.calls(60, "/usr/bin/docker", "stop", "web")
	s.calls(61, "/usr/bin/docker", "stop", "old")
	got := timelines(t, s.all)
	if len(got) != 2 {
		t.Fatalf("%d containers, want 2", len(got))
	}
	for i, want := range []int32{61, 60} {
		if !slices.Equal(asked(got[i]), []int32{want}) {
			t.Errorf("%s: asked by %v, want %d", got[i].Container.Name, asked(got[i]), want)
		}
	}
}
