package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fake is a machine whose emulator is a shell script: descriptors 3 to 6 are its
// ports, $console is its console.
func fake(t *testing.T, script string) (m machine, stdout, stderr *bytes.Buffer) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "qemu")
	text := "#!/bin/sh\nfor a; do case $a in file,id=console,path=*) console=${a##*path=};; esac; done\n" + script
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	platforms["fake"] = platform{qemu: path}
	t.Cleanup(func() { delete(platforms, "fake") })
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	return machine{arch: "fake", timeout: time.Minute, stdout: stdout, stderr: stderr}, stdout, stderr
}

func TestMachinePassesOn(t *testing.T) {
	m, stdout, stderr := fake(t, "echo out >&3; echo err >&4; echo 3 >&5; echo files >&6")
	status, files, err := m.run()
	if err != nil {
		t.Fatal(err)
	}
	if status != 3 || stdout.String() != "out\n" || stderr.String() != "err\n" || string(files) != "files\n" {
		t.Errorf("status %d, output %q, %q, files %q", status, stdout, stderr, files)
	}
}

func TestMachineFails(t *testing.T) {
	m, _, _ := fake(t, `echo "Kernel panic" >"$console"`)
	_, _, err := m.run()
	var failed *failedError
	if !errors.As(err, &failed) || failed.console != "Kernel panic" {
		t.Errorf("%v, want a machine that failed, and its console", err)
	}
}

// TestMachineTwice: one panic that is the emulator's gets a second try, no other does,
// and no third.
func TestMachineTwice(t *testing.T) {
	const int3 = `echo "Oops: int3: 0000 [#1] PREEMPT SMP NOPTI" >"$console"`
	count := filepath.Join(t.TempDir(), "count")
	for _, c := range []struct {
		script, accel, runs string
		status              int
		fails               bool
	}{
		{`[ -s ` + count + ` ] && echo 3 >&5 || ` + int3, "tcg", "xx", 3, false},
		{int3, "tcg", "xx", 0, true},
		{int3, "kvm", "x", 0, true},
		{`echo "Kernel panic - not syncing" >"$console"`, "tcg", "x", 0, true},
	} {
		m, _, stderr := fake(t, c.script+"\nprintf x >>"+count)
		m.accel = c.accel
		status, _, err := m.runTwice()
		runs, readErr := os.ReadFile(count)
		if status != c.status || (err != nil) != c.fails || readErr != nil || string(runs) != c.runs {
			t.Errorf("%s with %s: status %d, %v, runs %q, %v", c.script, c.accel, status, err, runs, readErr)
		}
		if said := strings.Contains(stderr.String(), "one more try"); said != (len(c.runs) > 1) {
			t.Errorf("%s with %s: %q", c.script, c.accel, stderr)
		}
		os.Remove(count)
	}
}

func TestMachineTimeout(t *testing.T) {
	m, _, _ := fake(t, "exec sleep 1000")
	m.timeout = 50 * time.Millisecond
	if _, _, err := m.run(); !errors.Is(err, errTimeout) {
		t.Errorf("%v, want the time limit", err)
	}
}

func TestBring(t *testing.T) {
	var raw bytes.Buffer
	w := tar.NewWriter(&raw)
	for _, name := range []string{"cover.out", "run.ndjson", "../outside"} {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(name))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	args, cover := rewrite([]string{"/tmp/x.test", "-test.run=A", "-test.coverprofile=" + dir + "/mine"})
	if got := strings.Join(args, " "); got != "/vm/program -test.run=A -test.coverprofile=/vm/out/cover.out" {
		t.Errorf("arguments there: %s", got)
	}
	if err := bring(raw.Bytes(), filepath.Join(dir, "out"), cover); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"mine": "cover.out", "out/run.ndjson": "run.ndjson", "outside": ""} {
		got, err := os.ReadFile(filepath.Join(dir, path))
		if string(got) != want || (err != nil) != (want == "") {
			t.Errorf("%s: %q, %v, want %q", path, got, err, want)
		}
	}
}
