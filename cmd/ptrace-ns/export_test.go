package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/exporttest"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/golden"
)

// TestRecordingsExported has every format of one recording as it was when somebody
// looked at it, and of the others that there is something in each.
func TestRecordingsExported(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(recordings, "*.zst"))
	if err != nil || len(files) < 6 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".zst")
		for _, format := range formatNames() {
			r := (&fake{}).execute(t, nil, "export", file, "--format", format)
			if r.code != 0 || len(r.out) < 100 || r.errOut != "" {
				t.Errorf("%s of %s: %d bytes, %v %s", format, name, len(r.out), r.err, r.errOut)
			}
			if name == "nested-unshare" {
				golden.Check(t, filepath.Join(recordings, "golden", name+".export."+format), r.out)
			}
		}
		r := (&fake{}).execute(t, nil, "export", file, "--format", "mermaid", "--graph", "namespaces")
		golden.Check(t, filepath.Join(recordings, "golden", name+".export-namespaces.mermaid"), r.out)
	}
}

// TestExportTwice: the same recording gives the same bytes.
func TestExportTwice(t *testing.T) {
	file := filepath.Join(recordings, "docker-run.zst")
	for _, format := range formatNames() {
		one := (&fake{}).execute(t, nil, "export", file, "--format", format)
		two := (&fake{}).execute(t, nil, "export", file, "--format", format)
		if one.out != two.out || one.out == "" {
			t.Errorf("%s is not the same twice", format)
		}
	}
}

// TestExportOneContainer draws the one that was asked for and no other.
func TestExportOneContainer(t *testing.T) {
	file := filepath.Join(recordings, "nested-unshare.zst")
	both := (&fake{}).execute(t, nil, "export", file, "--format", "svg")
	one := (&fake{}).execute(t, nil, "export", file, "4026532468", "--format", "svg")
	const outer, inner = "init 25739", "init 25741"
	if !strings.Contains(both.out, outer) || !strings.Contains(both.out, inner) {
		t.Errorf("not both: %s", both.out)
	}
	if strings.Contains(one.out, outer) || !strings.Contains(one.out, inner) {
		t.Errorf("not one: %s, %v", one.out, one.err)
	}
}

// TestExportLives: a recording without a container is drawn as the lives of its processes.
func TestExportLives(t *testing.T) {
	end := exit(20, 0)
	end.Exit.LifetimeNS = 5
	file := recorded(t, []*events.Event{snapshot(7, 1), fork(20, 7), end})
	r := (&fake{}).execute(t, nil, "export", file, "--format", "svg")
	if r.err != nil || !strings.Contains(r.out, ">1 process that began or ended") || !strings.Contains(r.out, ">20 ") {
		t.Errorf("%v: %s", r.err, r.out)
	}
	if r := (&fake{}).execute(t, nil, "export", file, "web", "--format", "svg"); r.err == nil || r.out != "" {
		t.Errorf("a container that is not there is drawn: %s", r.out)
	}
}

// TestExportNoContainer: where there is none, and nothing happened, there is no picture, by the words and the
// exit code of timeline.
func TestExportNoContainer(t *testing.T) {
	file := recorded(t, []*events.Event{snapshot(7, 1)})
	told := (&fake{}).execute(t, nil, "timeline", file)
	out := filepath.Join(t.TempDir(), "none.svg")
	for _, args := range [][]string{{"export", file, "--format", "svg"}, {"export", file, "--format", "svg", "-o", out}} {
		r := (&fake{}).execute(t, nil, args...)
		if told.err == nil || r.err == nil || r.code != told.code || !strings.HasSuffix(r.err.Error(), told.err.Error()) || r.out != "" {
			t.Errorf("%q: exit code %d, %v, %q; timeline %d, %v", args, r.code, r.err, r.out, told.code, told.err)
		}
	}
	if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is there: %v", err)
	}
}

// TestHostileStringsExported: S01, S10, S11; whatever a process and a container are
// called, nothing that is written has a raw control or bidi character, and nothing that
// a browser may be given has markup. That each string can be had again, each format's
// own tests hold.
func TestHostileStringsExported(t *testing.T) {
	indent := regexp.MustCompile(`(?m)^\t+`) // of dot
	markup := map[string]bool{"chrome": true, "ecs": true, "otel-json": true, "mermaid": true, "svg": true}
	for seed := range 20 {
		file := recorded(t, rapid.Custom(exporttest.Life).Example(seed))
		for _, format := range formatNames() {
			for _, graph := range []string{"tree", "namespaces"} {
				args := []string{"export", file, "--format", format}
				if formats[format].graph {
					args = append(args, "--graph", graph)
				} else if graph != "tree" {
					continue
				}
				r := (&fake{}).execute(t, nil, args...)
				if r.code != 0 || r.errOut != "" || len(r.out) < 40 {
					t.Fatalf("seed %d, %s: %d bytes, %v %s", seed, args[2:], len(r.out), r.err, r.errOut)
				}
				if !formats[format].binary {
					exporttest.Inert(t, indent.ReplaceAllString(r.out, ""))
				}
				for _, bad := range exporttest.Hostile {
					acts := strings.ContainsFunc(bad, func(r rune) bool { return !unicode.IsGraphic(r) })
					if len(bad) > 1 && strings.Contains(r.out, bad) && (acts || markup[format] && strings.ContainsAny(bad, "<>")) {
						t.Errorf("seed %d, %s has %q", seed, args[2:], bad)
					}
				}
			}
		}
	}
}

var errFull = errors.New("no space left on device")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

// TestExportToAFullDisk: whoever writes, its error is the command's.
func TestExportToAFullDisk(t *testing.T) {
	for _, format := range formatNames() {
		r := (&fake{}).execute(t, func(a *app) { a.out = fullDisk{} }, "export", filepath.Join(recordings, "docker-run.zst"), "--format", format)
		if r.code != exitFailed || !errors.Is(r.err, errFull) {
			t.Errorf("%s: %v", format, r.err)
		}
	}
}

// TestExportFollowsNoLink: what is exported goes where it was sent, and nowhere else.
func TestExportFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "target"), link); err != nil {
		t.Fatal(err)
	}
	r := (&fake{}).execute(t, nil, "export", filepath.Join(recordings, "runc.zst"), "--format", "csv", "-o", link)
	if r.code != exitFailed {
		t.Errorf("through a link: %v", r.err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "target")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a link was followed: %v", err)
	}
}

// TestExportPictures holds that the documents' pictures are what export draws now.
func TestExportPictures(t *testing.T) {
	for picture, recording := range map[string]string{"start.svg": "docker-run.zst", "stop.svg": "docker-stop.zst"} {
		r := (&fake{}).execute(t, nil, "export", filepath.Join(recordings, recording), "--format", "svg")
		if r.code != 0 {
			t.Fatal(r.err)
		}
		golden.Check(t, filepath.Join("../../docs/images", picture), r.out)
	}
}
