package phases_test

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/tracer/phases"
)

// stream reads one of the recorded runs, of which only what belongs to them is kept.
func stream(t testing.TB, name string) []*events.Event {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata/streams", name+".ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	lines.Scan() // the header
	var all []*events.Event
	for lines.Scan() {
		ev := &events.Event{}
		if err := ndjson.DecodeEvent(lines.Bytes(), ev); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, ev)
	}
	if len(all) < 20 {
		t.Fatalf("%s has %d events", name, len(all))
	}
	return all
}

var streams = []string{"docker-run", "docker-run-again", "docker-stop", "docker-exec", "ctr-run", "runc-run", "runc-create", "unshare", "nested", "docker-publish"}

// timelines records the events.
func timelines(t testing.TB, all []*events.Event) []*report.Timeline {
	t.Helper()
	r := phases.New()
	for _, ev := range all {
		if err := r.Put(ev); err != nil {
			t.Fatal(err)
		}
	}
	return r.Timelines()
}

// only returns the one container of the stream.
func only(t testing.TB, all []*events.Event) *report.Timeline {
	t.Helper()
	got := timelines(t, all)
	if len(got) != 1 {
		t.Fatalf("%d containers, want one", len(got))
	}
	return got[0]
}

func names(t *report.Timeline, section report.Section) (all []string) {
	for _, f := range t.Phases {
		if f.Section == section {
			all = append(all, f.Name)
		}
	}
	return all
}

func phase(t testing.TB, tl *report.Timeline, name string) *report.Phase {
	t.Helper()
	for i := range tl.Phases {
		if tl.Phases[i].Name == name {
			return &tl.Phases[i]
		}
	}
	t.Fatalf("no phase %s", name)
	return nil
}

func same[T comparable](t testing.TB, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got  %v\nwant %v", what, got, want)
	}
}

// without leaves out events of these kinds.
func without(all []*events.Event, kinds ...events.Kind) (kept []*events.Event) {
	for _, ev := range all {
		if !slices.Contains(kinds, ev.Kind) {
			kept = append(kept, ev)
		}
	}
	return kept
}
