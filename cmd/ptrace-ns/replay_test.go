package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// family is what a fake tells in the tests of recordings: a tree, a namespace that is
// born and reaped, a container, threads, system calls, a hostile name.
func family() []*events.Event {
	in := func(ev *events.Event, inum uint32, pid int32) *events.Event {
		ev.Process.Chain = append(ev.Process.Chain, events.PIDEntry{NS: events.NSID{Inum: inum}, PID: pid})
		return ev
	}
	contained := fork(21, 9)
	contained.Process.Container = &events.Container{ID: "abcdef", Runtime: "docker", Source: "cgroup", Name: "web"}
	hostile := fork(22, 9)
	hostile.Process.Comm = "a\x1b[2J\xff\nb"
	named := &events.Event{Kind: events.Exec, Process: process(22, 9), Exec: &events.ExecDetail{Filename: "/x"}}
	named.Process.Full, named.Process.Args = true, events.ArgsOf("x", "", "\xfe")
	thread := &events.Event{Kind: events.ThreadStart, Process: process(10, 9), Fork: &events.ForkDetail{}}
	thread.Process.TID = 16
	all := []*events.Event{
		snapshot(1, 0), snapshot(9, 1), snapshot(8, 1), {Kind: events.SnapshotEnd},
		fork(10, 9), fork(11, 10), fork(30, 8), in(fork(12, 10), 77, 1), in(fork(13, 12), 77, 2),
		contained, hostile, named,
		thread,
		{Kind: events.Unshare, Process: process(10, 9), Syscall: &events.SyscallDetail{Name: "unshare", Flags: 0x20000000}},
		{Kind: events.Rename, Process: process(11, 10), Rename: &events.RenameDetail{OldComm: "old"}},
		{Kind: events.Signal, Process: process(11, 10), Signal: &events.SignalDetail{Signal: 15, Origin: events.OriginUser}},
		exit(11, 3), exit(10, 0), exit(30, 1), in(exit(12, 1), 77, 1),
	}
	all = append(all, reaped(13)...)
	all = append(all, in(exit(13, 0), 77, 2), &events.Event{Kind: events.Lost, Lost: &events.LostDetail{Count: 3, ByKind: map[events.Kind]uint64{events.Fork: 3}}}, exit(9, 2))
	for i, ev := range all {
		ev.BootNS = uint64(i+1) * 1_000_000
	}
	return all
}

// recorded writes what the fake tells to a new file and returns its path.
func recorded(t *testing.T, all []*events.Event, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "all.zst")
	f := &fake{events: all}
	if r := f.execute(t, nil, append([]string{"watch", "-q", "--threads", "--syscalls", "-w", path}, args...)...); r.code != 0 {
		t.Fatalf("recording: %v", r.err)
	}
	return path
}

// TestReplayIsWatch compares, for each choice of events and way of showing them, what
// watch prints of a live run and what replay prints of its recording.
func TestReplayIsWatch(t *testing.T) {
	path := recorded(t, family())
	for _, flags := range []string{
		"", "-e +snapshot", "-e exec,exit", "-e signal", "-e -exec,-fork", "-e +signal", "-e -lost",
		"-F exit.code!=0", `-F process.comm=="sh"`, "-p 9", "-p 9 --follow", "-p 8,9", "--pidns 77", "--new-pidns", "--host",
		"-c abc", "-c web", "--runtime docker", "--fields event,process.pid,exit", "--max-events 4",
		"-e unshare,thread_start", "-p 9 --follow -e exit -F exit.code>0", "--color always",
	} {
		for _, output := range []string{"text", "json"} {
			args := append([]string{"-q", "-o", output}, strings.Fields(flags)...)
			if output == "json" && strings.Contains(flags, "--color") {
				continue
			}
			live := (&fake{events: family()}).execute(t, nil, append([]string{"watch", "--threads", "--syscalls"}, args...)...)
			again := (&fake{}).execute(t, nil, append(append([]string{"replay"}, args...), path)...)
			if live.code != 0 || again.code != 0 {
				t.Errorf("%s %s: %v, %v", output, flags, live.err, again.err)
				continue
			}
			// The header tells with what flags the stream was made.
			want, got := live.out, again.out
			if output == "json" {
				_, want, _ = strings.Cut(want, "\n")
				_, got, _ = strings.Cut(got, "\n")
			}
			if want == "" || got != want {
				t.Errorf("%s %s: replay gives\n%swatch gave\n%s", output, flags, got, want)
			}
		}
	}
}

// A recording of a recording is the same file but for its compression.
func TestReplayWrites(t *testing.T) {
	path := recorded(t, family())
	part := filepath.Join(t.TempDir(), "part.zst")
	show := func(path string, args ...string) string {
		r := (&fake{}).execute(t, nil, append([]string{"replay", "-q", "-o", "json", path}, args...)...)
		if r.code != 0 {
			t.Fatalf("%q: %v", args, r.err)
		}
		return r.out
	}
	whole := show(path, "-w", part)
	if got := show(part); got != whole || whole == "" {
		t.Errorf("the second recording has\n%s, the first\n%s", got, whole)
	}
	lines := part + ".ndjson"
	if show(path, "-p", "9", "--follow", "-w", lines); show(lines) == whole {
		t.Error("the selection is not in the file")
	}
	if got, want := show(lines), show(path, "-p", "9", "--follow"); got != want {
		t.Errorf("of the selection there is\n%s, and it was\n%s", got, want)
	}
}

func TestReplayPart(t *testing.T) {
	path := recorded(t, family())
	for flags, want := range map[string]string{
		"--from 5 --to 7":                                    "fork fork fork",
		"--from 19ms --to 21ms -e exit,lost":                 "exit",
		"--from 19ms --to 21ms -e exit -p 9":                 "",
		"--to 3":                                             "snapshot snapshot snapshot",
		"--from 5 --max-events 2":                            "fork fork",
		"-e exit --from 18":                                  "exit exit exit exit lost exit",
		"--threads=false -e thread_start":                    "thread_start lost",
		"--threads=false --syscalls=false --from 12 --to 15": "exec rename",
	} {
		args := append([]string{"replay", "-q", "-o", "json", path}, strings.Fields(flags)...)
		r := (&fake{}).execute(t, nil, args...)
		if r.code != 0 {
			t.Errorf("%s: %v", flags, r.err)
			continue
		}
		if got := told(t, r.out); got != want {
			t.Errorf("%s: got %s, want %s", flags, got, want)
		}
	}
}

// Of a process that is not in the file it is said, and not when it is only not shown.
func TestReplayNoSuchProcess(t *testing.T) {
	path := recorded(t, family())
	for pid, code := range map[string]int{"9": 0, "10": 0, "99": exitFailed} {
		if r := (&fake{}).execute(t, nil, "replay", "-q", "-p", pid, "-e", "oom", path); r.code != code {
			t.Errorf("-p %s: %d, %v", pid, r.code, r.err)
		}
	}
}

// F01, as a command: whatever is whole is told, then where it breaks, with exit code 4.
func TestReplayDamaged(t *testing.T) {
	path := recorded(t, family())
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"replay", "-o", "json"}, {"tree", "-r"}, {"namespaces", "-r"}, {"lineage", "1", "-r"}} {
		cut := filepath.Join(t.TempDir(), "cut.zst")
		// Without the trailer, which is a frame of its own at the end.
		if err := os.WriteFile(cut, whole[:len(whole)-3], 0o600); err != nil {
			t.Fatal(err)
		}
		r := (&fake{}).execute(t, nil, append(command, cut)...)
		if r.code != exitDamaged || !strings.Contains(r.err.Error(), "recording is cut off at byte") {
			t.Errorf("%s of a cut file: %d, %v", command[0], r.code, r.err)
		}
		if r.out == "" {
			t.Errorf("%s of a cut file shows nothing", command[0])
		}
		if r := (&fake{}).execute(t, nil, append(command, "/dev/null")...); r.code != exitDamaged {
			t.Errorf("%s of an empty file: %d, %v", command[0], r.code, r.err)
		}
		if r := (&fake{}).execute(t, nil, append(command, "testdata")...); r.code != exitFailed {
			t.Errorf("%s of a directory: %d, %v", command[0], r.code, r.err)
		}
	}
}

func TestReplayStandardInput(t *testing.T) {
	path := recorded(t, family())
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := (&fake{}).execute(t, func(a *app) { a.in = bytes.NewReader(whole) }, "replay", "-q", "-o", "json", "-")
	if want := (&fake{}).execute(t, nil, "replay", "-q", "-o", "json", path); r.code != 0 || r.out != want.out {
		t.Errorf("%v: %s", r.err, r.out)
	}
}

func TestLookIntoARecording(t *testing.T) {
	path := recorded(t, family())
	for _, c := range []struct{ args, has, hasNot string }{
		{"tree -r", "1 ", "10 sh"},
		{"tree --exited -r", "exited 3", ""},
		{"tree --at 9 -r", "12→1 sh", "exited"},
		{"namespaces --at 9 -r", "12→1", ""},
		{"lineage 12 -r", "PID 1 of PID namespace 77", ""},
		{"lineage 11 -r", "It exited 3", ""},
		{"lineage 10 --at 6 -r", "It is alive.", "exited"},
	} {
		r := (&fake{}).execute(t, func(a *app) { a.getenv = func(string) string { return "C.UTF-8" } }, append(strings.Fields(c.args), path)...)
		if r.code != 0 || !strings.Contains(r.out, c.has) || c.hasNot != "" && strings.Contains(r.out, c.hasNot) {
			t.Errorf("%s: %v\n%s", c.args, r.err, r.out)
		}
	}
}
