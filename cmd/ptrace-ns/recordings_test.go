package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

var update = flag.Bool("update", false, "write the golden files anew")

const recordings = "../../testdata/recordings"

// TestRecordings has each command's output over each recording of a real run. They are
// the same on any machine, in any zone and locale that is set the same.
func TestRecordings(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(recordings, "*.zst"))
	if err != nil || len(files) < 6 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	zone := time.Local
	time.Local = time.UTC
	defer func() { time.Local = zone }()
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".zst")
		t.Run(name, func(t *testing.T) {
			pid, at := member(t, file)
			for output, args := range map[string]string{
				"replay":     "replay -q",
				"fields":     "replay -q -o json --fields seq,event,process.pid,process.pids,process.comm,exit,killer.origin",
				"tree":       "tree -a --exited -r",
				"namespaces": "namespaces --at " + at + " -r",
				"lineage":    "lineage " + pid + " -r",
			} {
				r := (&fake{}).execute(t, utf8, append(strings.Fields(args), file)...)
				if r.code != 0 {
					t.Errorf("%s: %v", output, r.err)
				}
				golden(t, filepath.Join(recordings, "golden", name+"."+output+".txt"), r.out)
			}
		})
	}
}

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

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what there is now:\n%s", path, got)
	}
}
