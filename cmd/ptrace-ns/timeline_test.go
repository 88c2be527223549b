package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

// startRun is the path of a recorded run.
func startRun(name string) string {
	return filepath.Join("../../tracer/phases/testdata/streams", name+".ndjson")
}

// eventsOf reads a recorded run.
func eventsOf(t *testing.T, name string) (all []*events.Event) {
	t.Helper()
	f, err := os.Open(startRun(name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := record.NewReader(f, record.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for {
		ev, err := r.Next(context.Background())
		if err != nil {
			return all
		}
		all = append(all, ev.Clone())
	}
}

func TestTimeline(t *testing.T) {
	run, nested := startRun("docker-run"), startRun("nested")
	for _, c := range []struct {
		args string
		code int
		out  string // in what it prints
		err  string
	}{
		{"timeline " + run, 0, "stage 2", ""},
		{"timeline " + run + " web", 0, "stage 2", ""},
		{"timeline " + run + " 825fa33c", 0, "stage 2", ""},
		{"timeline --width 80 --color always " + run, 0, "\x1b[", ""},
		{"timeline " + run + " db", exitFailed, "", "container db is not there: there are web"},
		{"timeline " + nested, 0, "level 1", ""},
		{"timeline " + nested + " 4026532398", 0, "level 2", ""},
		{"timeline", exitUsage, "", "recording missing"},
		{"timeline --width 5 " + run, exitUsage, "", "--width 5"},
		{"timeline -o dot " + run, exitUsage, "", `"dot" is unknown`},
		{"timeline --timeout 1s " + run, exitUsage, "", "--timeout needs --live"},
		{"timeline --live " + run, exitUsage, "", "is a file: FILE or --live"},
		{"timeline a b c", exitUsage, "", `"c" is unexpected`},
		{"timeline /nowhere", exitFailed, "", "/nowhere"},
		{"timeline -o json --color always " + run, exitUsage, "", "--color is for text"},
		{"explain " + run, 0, "The shim called 2165 runc to create it.\n", ""},
		{"explain " + run + " web", 0, "It ended after 124 ms: exited 0, by itself.\n", ""},
		{"explain " + startRun("docker-stop") + " web", 0, "SIGTERM from 2626 runc 1.1 s before was ignored", ""},
		{"diff " + run + " " + startRun("docker-run-again"), 0, "same sequence, 18 phases compared", ""},
		{"diff " + run + " " + run, 0, "same sequence", ""},
		{"diff --timing --least 0s --ratio 1.01 " + run + " " + startRun("docker-run-again"), exitFailed, "same sequence", ""},
		{"diff " + run + " " + startRun("docker-stop") + ":web", exitFailed, "+ reaped", ""},
		{"diff " + nested + ":4026532397 " + nested + ":4026532398", exitFailed, "! entrypoint: arguments", ""},
		{"diff " + nested + " " + run, exitFailed, "differences", ""},
		{"diff " + run, exitUsage, "", "two recordings are needed"},
		{"diff - -", exitUsage, "", "not both"},
		{"diff --ratio 0.5 a b", exitUsage, "", "--ratio 0.5"},
		{"diff --ratio NaN a b", exitUsage, "", "--ratio NaN"},
	} {
		r := (&fake{}).execute(t, nil, strings.Fields(c.args)...)
		if r.code != c.code || !strings.Contains(r.out, c.out) || c.code != 0 && c.err == "" && r.out == "" {
			t.Errorf("%s: code %d, %v, printed\n%s", c.args, r.code, r.err, r.out)
		}
		if c.err != "" && (r.err == nil || !strings.Contains(r.err.Error(), c.err)) {
			t.Errorf("%s: error %v, want %s", c.args, r.err, c.err)
		}
	}
}

// TestStartDocuments holds what the commands print to the schema.
func TestStartDocuments(t *testing.T) {
	for _, name := range []string{"docker-run", "docker-stop", "docker-exec", "ctr-run", "runc-run", "runc-create", "unshare", "nested"} {
		path := startRun(name)
		for _, args := range [][]string{{"timeline", path}, {"diff", path, startRun("docker-run")}, {"explain", path}} {
			r := (&fake{}).execute(t, nil, append(args, "-o", "json")...)
			if r.code != 0 && args[0] != "diff" {
				t.Errorf("%v: %d, %v", args, r.code, r.err)
			}
			validate(t, args[0], r.out)
		}
	}
}

// TestTimelineOfCommand: of several that started at that time, without a word, it is the
// one that the recorded command asked for. It is read from standard input.
func TestTimelineOfCommand(t *testing.T) {
	both, err := os.ReadFile(startRun("docker-run"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile(startRun("unshare"))
	if err != nil {
		t.Fatal(err)
	}
	_, lines, _ := bytes.Cut(other, []byte("\n"))
	lines = bytes.ReplaceAll(lines, []byte(`"seq":`), []byte(`"seq":1000`))
	both = append(both, lines...)
	input := func(raw []byte) func(*app) { return func(a *app) { a.in = bytes.NewReader(raw) } }
	if r := (&fake{}).execute(t, input(both), "timeline", "-"); r.code != 0 || !strings.HasPrefix(r.out, "docker web") {
		t.Errorf("%d, %v, printed\n%s", r.code, r.err, r.out)
	}
	header, rest, _ := bytes.Cut(both, []byte("\n"))
	nobody := append(regexp.MustCompile(`"tracer_pid":[0-9]+`).ReplaceAll(header, []byte(`"tracer_pid":1`)), '\n')
	if r := (&fake{}).execute(t, input(append(nobody, rest...)), "timeline", "-"); r.code != 0 || !strings.HasPrefix(r.out, "ID ") || !strings.Contains(r.errOut, "CONTAINER chooses") {
		t.Errorf("by nobody: %d, %v, printed\n%s and\n%s", r.code, r.err, r.out, r.errOut)
	}
	for _, args := range [][]string{{"explain", "-"}, {"diff", "-", startRun("unshare")}} {
		r := (&fake{}).execute(t, input(append(nobody, rest...)), args...)
		if r.code != exitUsage || !strings.Contains(r.err.Error(), "there are web, 4026532398") {
			t.Errorf("%v by nobody: %d, %v", args, r.code, r.err)
		}
	}
	r := (&fake{}).execute(t, input(append(nobody, rest...)), "timeline", "-o", "json", "-")
	validate(t, "timeline", r.out)
	if !strings.HasPrefix(r.out, `{"timelines":[`) {
		t.Errorf("by nobody: printed %.100s", r.out)
	}
}

// TestDiffLate: where the start is not in a file, nothing is the same and nothing else.
func TestDiffLate(t *testing.T) {
	raw, err := os.ReadFile(startRun("docker-stop"))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(raw, []byte("\n"))
	late := bytes.Join(append(lines[:1:1], lines[len(lines)*2/3:]...), nil)
	r := (&fake{}).execute(t, func(a *app) { a.in = bytes.NewReader(late) }, "diff", "-", startRun("docker-stop"))
	if r.code != exitFailed || !strings.Contains(r.err.Error(), "its start is not in -") || r.out != "" {
		t.Errorf("%d, %v, printed %q", r.code, r.err, r.out)
	}
}

// TestCutOff: what is whole is shown, then the place is named, exit code 4.
func TestCutOff(t *testing.T) {
	raw, err := os.ReadFile(startRun("runc-run"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "cut.ndjson")
	if err := os.WriteFile(path, raw[:len(raw)*3/4], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"timeline", path}, {"explain", path}, {"diff", path, path}} {
		r := (&fake{}).execute(t, nil, args...)
		var damaged *record.DamagedError
		if r.code != exitDamaged || !errors.As(r.err, &damaged) || r.out == "" {
			t.Errorf("%v: %d, %v, printed %q", args, r.code, r.err, r.out)
		}
	}
}

// TestTimelineLive ends by itself when the container has ended, and asks for what a
// start is told by.
func TestTimelineLive(t *testing.T) {
	defer func(was time.Duration) { settle = was }(settle)
	settle = time.Millisecond
	for _, args := range [][]string{{"timeline", "--live"}, {"timeline", "--live", "web"}, {"explain", "--live", "web"}} {
		f := &fake{events: eventsOf(t, "docker-run"), lasts: true}
		r := f.execute(t, nil, args...)
		if r.code != 0 || !strings.HasPrefix(r.out, "docker web") || !f.closed {
			t.Errorf("%v: %d, %v, closed %v, printed\n%s", args, r.code, r.err, f.closed, r.out)
		}
		if !f.asked.Syscalls || !f.asked.CgroupDirs {
			t.Errorf("%v: asked for %+v", args, f.asked)
		}
	}
	f := &fake{events: eventsOf(t, "docker-run")[:20], lasts: true}
	if r := f.execute(t, nil, "timeline", "--live", "--timeout", "50ms", "db"); r.code != exitFailed || !strings.Contains(r.err.Error(), "container db is not there") {
		t.Errorf("nothing came: %d, %v", r.code, r.err)
	}
}
