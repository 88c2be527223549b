package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// TestRecordChooses keeps what was chosen, and the header says all that was effective.
func TestRecordChooses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ndjson")
	in, out := &events.Event{Kind: events.Exec, Process: process(22, 9), Exec: &events.ExecDetail{}}, &events.Event{Kind: events.Exec, Process: process(23, 9), Exec: &events.ExecDetail{}}
	in.Process.Container = &events.Container{ID: "9f1c", Name: "web", Image: "busybox", Runtime: "docker"}
	f := &fake{events: []*events.Event{in, out}}
	r := f.execute(t, nil, "record", "-q", "-o", path, "-c", "web", "--image", "busybox", "--runtime", "docker", "-F", "process.pid > 1", "--redact", "default", "--redact", "hunter2")
	if r.code != 0 {
		t.Fatalf("%d, %v", r.code, r.err)
	}
	shown := (&fake{}).execute(t, nil, "replay", "-q", "-o", "json", path)
	lines := strings.Split(strings.TrimSpace(shown.out), "\n")
	if len(lines) != 2 || !strings.Contains(lines[1], `"pid":22`) {
		t.Fatalf("there is %s", shown.out)
	}
	if strings.Contains(lines[0], "hunter2") {
		t.Errorf("the header tells the secret: %s", lines[0])
	}
	var header struct {
		Options struct {
			Scope     string
			Redact    []string
			Container []string
		}
	}
	if err := json.Unmarshal([]byte(lines[0]), &header); err != nil {
		t.Fatal(err)
	}
	if o := header.Options; o.Scope != "all" || !slices.Equal(o.Redact, []string{"default", "own"}) || !slices.Equal(o.Container, []string{"web"}) {
		t.Errorf("the header has %+v", o)
	}
}

// TestRecordTellsItsCommand has the command in the header, without its secrets, and what
// was effective though nobody asked.
func TestRecordTellsItsCommand(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ndjson")
	if r := (&fake{}).execute(t, nil, "record", "-q", "-o", path, "--settle", "0s", "--", "true", "--password=hunter2"); r.code != 0 {
		t.Fatal(r.err)
	}
	shown := (&fake{}).execute(t, nil, "replay", "-q", "-o", "json", path)
	const want = `"options":{"command":["true","--password=[redacted]"],"output":"`
	for _, part := range []string{want, `"redact":["default"],"scope":"containers","settle":"0s","syscalls":true}`} {
		if !strings.Contains(shown.out, part) {
			t.Errorf("%s is not in %s", part, shown.out)
		}
	}
}
