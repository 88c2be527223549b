package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// TestRecordAll records a run of the fake, and has all of it but its secrets.
func TestRecordAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.zst")
	all := family()
	secret := &events.Event{Kind: events.Exec, Process: process(22, 9), Exec: &events.ExecDetail{}}
	secret.Process.Full, secret.Process.Args = true, events.ArgsOf("x", "--token=hunter2")
	all = append(all, secret)
	f := &fake{events: all}
	r := f.execute(t, nil, "record", "-o", path)
	if r.code != 0 || r.out != "" {
		t.Fatalf("%d, %v: %s", r.code, r.err, r.out)
	}
	if f.asked.Syscalls {
		t.Error("system calls are asked for without a command")
	}
	// Threads and system calls were not asked for.
	const recorded = "23 events (fork 7, exit 6, snapshot 3, exec 2, signal 2, rename 1, pidns_reap 1, lost 1), 0 lost"
	if !strings.Contains(r.errOut, recorded) {
		t.Errorf("the summary is %s", r.errOut)
	}
	shown := (&fake{}).execute(t, nil, "replay", "-o", "json", path)
	if shown.code != 0 || strings.Count(shown.out, "\n") != 1+23 || strings.Contains(shown.out, "hunter2") || !strings.Contains(shown.out, `"--token=[redacted]"`) {
		t.Errorf("%d, %v: %s", shown.code, shown.err, shown.out)
	}
	if !strings.Contains(shown.errOut, "23 recorded, 0 lost") {
		t.Errorf("replay sums up: %s", shown.errOut)
	}
}

// TestRecordWithACommand asks for what a start is made of.
func TestRecordWithACommand(t *testing.T) {
	dir := t.TempDir()
	for flag, want := range map[string]bool{"--settle=0s": true, "--syscalls=false": false} {
		f := &fake{}
		path := filepath.Join(dir, strings.Trim(flag, "-"))
		if r := f.execute(t, nil, "record", "-q", "-o", path, "--settle=0s", flag, "--", "true"); r.code != 0 {
			t.Fatal(r.err)
		}
		if f.asked.Syscalls != want || !f.counts {
			t.Errorf("%s: system calls %t, births awaited %t", flag, f.asked.Syscalls, f.counts)
		}
	}
	// The file is in nobody's way when there is nothing in it.
	path := filepath.Join(dir, "none")
	if r := (&fake{}).execute(t, nil, "record", "-o", path, "--", "/nowhere/cmd"); r.code != exitNotFound {
		t.Errorf("%d, %v", r.code, r.err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a command that is not there leaves a file")
	}
}

// TestRecordAndWatchAgree: of the same events record and watch -w keep as many of each kind.
func TestRecordAndWatchAgree(t *testing.T) {
	dir := t.TempDir()
	said := map[string]string{}
	for name, args := range map[string]string{
		"watch": "watch --threads --syscalls -e +snapshot -w", "record": "record --threads --syscalls --redact none -o",
	} {
		path := filepath.Join(dir, name+".zst")
		r := (&fake{events: family()}).execute(t, nil, append(strings.Fields(args), path)...)
		again := (&fake{}).execute(t, nil, "replay", "-o", "json", path)
		if r.code != 0 || again.code != 0 {
			t.Fatalf("%s: %v, %v", name, r.err, again.err)
		}
		said[name] = again.errOut
		if name == "record" {
			counts, _, _ := strings.Cut(r.errOut, ")")
			if !strings.HasPrefix(again.errOut, counts) {
				t.Errorf("record counts %s, replay %s", r.errOut, again.errOut)
			}
		}
	}
	if said["watch"] != said["record"] || said["watch"] == "" {
		t.Errorf("watch -w has %s, record %s", said["watch"], said["record"])
	}
}
