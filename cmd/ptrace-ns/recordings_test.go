package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/ptrace-ns/ptrace-ns/internal/golden"
)

const recordings = "../../testdata/recordings"

// TestRecordings has each command's output over each recording of a real run. They are
// the same on any machine, in any zone and locale that is set the same.
func TestRecordings(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(recordings, "*.zst"))
	if err != nil || len(files) < 6 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".zst")
		t.Run(name, func(t *testing.T) {
			pid, at := member(t, file)
			for output, args := range map[string]string{
				"replay":     "replay -q FILE",
				"fields":     "replay -q -o json --fields seq,event,process.pid,process.pids,process.comm,exit,killer.origin FILE",
				"tree":       "tree -a --exited -r FILE",
				"namespaces": "namespaces --at " + at + " -r FILE",
				"lineage":    "lineage " + pid + " -r FILE",
				"timeline":   "timeline FILE " + pid,
				"explain":    "explain FILE " + pid,
			} {
				checkOutput(t, name+"."+output, strings.ReplaceAll(args, "FILE", file), 0)
			}
		})
	}
}

// TestRecordingsOfSeveral has what is said of a pod's containers, and of two starts.
func TestRecordingsOfSeveral(t *testing.T) {
	file := func(name string) string { return filepath.Join(recordings, name+".zst") }
	for output, args := range map[string]string{
		"pod.containers":    "timeline " + file("pod"),
		"pod.app":           "timeline " + file("pod") + " app",
		"pod.app-explain":   "explain " + file("pod") + " app",
		"pod.app-diff":      "diff " + file("pod") + ":app " + file("pod") + ":sidecar",
		"docker-run.runc":   "diff " + file("docker-run") + " " + file("runc"),
		"docker-run.podman": "diff " + file("docker-run") + " " + file("podman"),
		// Its creator only gives context, and has no arguments in the file.
		"docker-run.shim-lineage": "lineage 24534 -r " + file("docker-run"),
		"docker-run.the-same":     "diff " + file("docker-run") + " " + file("docker-run"),
	} {
		code := 0
		if strings.HasPrefix(args, "diff") && output != "docker-run.the-same" {
			code = 1
		}
		checkOutput(t, output, args, code)
	}
}

// checkOutput compares what a command prints with the golden output of that name.
func checkOutput(t *testing.T, name, args string, code int) {
	t.Helper()
	r := (&fake{}).execute(t, utf8, strings.Fields(args)...)
	if r.code != code {
		t.Errorf("%s: exit code %d, want %d: %v", name, r.code, code, r.err)
	}
	golden.Check(t, filepath.Join(recordings, "golden", name+".txt"), r.out)
}

var recordedTo = regexp.MustCompile(`"output":"[^"]*"`)

// TestRecordingsJSON compares what replay prints as JSON with what zstd finds in the
// file, but for the trailer.
func TestRecordingsJSON(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(recordings, "*.zst"))
	if err != nil || len(files) < 6 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	for _, file := range files {
		lines := strings.SplitAfter(unpacked(t, file), "\n")
		if len(lines) < 10 || !strings.HasPrefix(lines[len(lines)-2], `{"event":"trailer"`) {
			t.Fatalf("%s has %d lines, the last but one is %s", file, len(lines), lines[len(lines)-2])
		}
		// What is printed says that it is a stream, not of which file it was.
		lines[0] = recordedTo.ReplaceAllString(lines[0], `"output":"json"`)
		r := (&fake{}).execute(t, nil, "replay", "-q", "-o", "json", file)
		if want := strings.Join(lines[:len(lines)-2], ""); r.code != 0 || r.out != want {
			t.Errorf("%s: %v, replay differs from the file", file, r.err)
		}
	}
}

// TestRecordingsAreOurs finds nothing of this project's machines and of strangers: who
// was there before has no arguments unless in a container.
func TestRecordingsAreOurs(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(recordings, "*.zst"))
	for _, file := range files {
		for line := range strings.Lines(unpacked(t, file)) {
			var doc struct {
				Event   string
				Process struct {
					PIDs []struct{} `json:"pids"`
					Args []string
					Env  []string
					Cwd  string
				}
			}
			if err := json.Unmarshal([]byte(line), &doc); err != nil {
				t.Fatal(err)
			}
			p := doc.Process
			if p.Env != nil || doc.Event == "snapshot" && len(p.PIDs) == 1 && (p.Args != nil || p.Cwd != "") {
				t.Errorf("%s: %s", file, line)
			}
		}
	}
}

// member returns the latest process that is the PID 1 of a namespace by its own number,
// and the seq of its last exec, when the namespace is there.
func member(t *testing.T, file string) (pid, at string) {
	t.Helper()
	for line := range strings.Lines(unpacked(t, file)) {
		var doc struct {
			Seq     uint64
			Event   string
			Process struct {
				PID  int
				PIDs []struct{ PID int } `json:"pids"`
			}
		}
		if err := json.Unmarshal([]byte(line), &doc); err != nil {
			t.Fatal(err)
		}
		own := doc.Process.PIDs
		if len(own) < 2 {
			continue
		}
		if own[len(own)-1].PID == 1 || pid == "" {
			pid = strconv.Itoa(doc.Process.PID)
		}
		if doc.Event == "exec" || at == "" {
			at = strconv.FormatUint(doc.Seq, 10)
		}
	}
	if pid == "" {
		t.Fatalf("%s has no PID namespace", file)
	}
	return pid, at
}

func unpacked(t *testing.T, file string) string {
	t.Helper()
	packed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d, err := zstd.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	text, err := io.ReadAll(d)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return string(text)
}

func utf8(a *app) {
	a.getenv = func(name string) string {
		if name == "LC_ALL" {
			return "C.UTF-8"
		}
		return ""
	}
}
