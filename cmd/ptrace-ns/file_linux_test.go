package main

import (
	"bytes"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// limitFiles bounds the size of the files of this process, and returns what lifts that.
func limitFiles(t *testing.T, size uint64) func() {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
			t.Fatal(err)
		}
	}
}

// noisy is a run whose arguments do not compress.
func noisy() []*events.Event {
	var all []*events.Event
	for i := range int32(300) {
		ev := snapshot(100+i, 1)
		ev.Process.Full = true
		text := ""
		for j := range 20 {
			text += fmt.Sprintf("%x", 0x9e3779b97f4a7c15*uint64(int(i)*20+j+1))
		}
		ev.Process.Args = events.ArgsOf("x", text)
		all = append(all, ev)
	}
	return all
}

// held makes a recording, and returns its path and what says whether it is still that.
func held(t *testing.T) (path string, check func(name string)) {
	t.Helper()
	path = recorded(t, family())
	was, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, func(name string) {
		t.Helper()
		if is, err := os.ReadFile(path); err != nil || !bytes.Equal(is, was) {
			t.Errorf("%s: the good recording is gone: %d bytes of %d, %v", name, len(is), len(was), err)
		}
	}
}

// beside returns the file that was left beside path, "" for none.
func beside(t *testing.T, path string) string {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*"))
	if err != nil || len(left) > 1 {
		t.Fatalf("beside it are %q, %v", left, err)
	}
	if len(left) == 0 {
		return ""
	}
	return left[0]
}

// TestForceKeepsTheOldWhenAWriteFails: no room for the new recording leaves the old one,
// and what was whole of the new one where it is said to be.
func TestForceKeepsTheOldWhenAWriteFails(t *testing.T) {
	source := recorded(t, noisy())
	for name, line := range map[string]string{
		"record": "record -q --force --redact none -o %s", "watch": "watch -q --force -e +snapshot -w %s", "replay": "replay -q --force -w %s " + source,
	} {
		path, check := held(t)
		lift := limitFiles(t, 30_000)
		r := (&fake{events: noisy()}).execute(t, nil, strings.Fields(fmt.Sprintf(line, path))...)
		lift()
		check(name)
		if r.code != exitFailed || !strings.Contains(r.errOut, path+" stays as it was") {
			t.Errorf("%s: code %d, %s", name, r.code, r.errOut)
		}
		if left := beside(t, path); left != "" && !strings.Contains(r.errOut, left) {
			t.Errorf("%s: %s is left and not told: %s", name, left, r.errOut)
		}
	}
}

// TestForceKeepsTheOldWhenTheSourceIsDamaged: of a recording that is cut off the whole part
// is copied, beside what it was to replace; that copy does not claim to be all.
func TestForceKeepsTheOldWhenTheSourceIsDamaged(t *testing.T) {
	source := recorded(t, noisy())
	raw, err := os.ReadFile(source)
	if err == nil {
		err = os.WriteFile(source, raw[:len(raw)-100], 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	path, check := held(t)
	r := (&fake{}).execute(t, nil, "replay", "-q", "--force", "-w", path, source)
	check("damaged source")
	left := beside(t, path)
	if r.code != exitDamaged || left == "" || !strings.Contains(r.errOut, left) {
		t.Fatalf("code %d, left is %q: %s", r.code, left, r.errOut)
	}
	again := (&fake{}).execute(t, nil, "replay", left)
	if again.code != exitDamaged || !strings.Contains(again.errOut, "what was lost is not known") {
		t.Errorf("the copy: code %d, %s", again.code, again.errOut)
	}
	first := (&fake{}).execute(t, nil, "replay", "-q", source)
	if again.out != first.out || first.out == "" {
		t.Errorf("the copy shows %d bytes and its original %d", len(again.out), len(first.out))
	}
}

// TestForceKeepsTheOldWithoutACommand: a command that cannot be executed records nothing.
func TestForceKeepsTheOldWithoutACommand(t *testing.T) {
	path, check := held(t)
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte("\x7fELF"), 0o755); err != nil {
		t.Fatal(err)
	}
	r := (&fake{}).execute(t, nil, "record", "-q", "--force", "-o", path, "--", broken)
	check("no command")
	if left := beside(t, path); r.code != exitNotRunning || left != "" {
		t.Errorf("code %d, left is %q: %s", r.code, left, r.errOut)
	}
}

// TestCopyKnowsWhatItDoesNot: what was lost of a recording of which only the beginning was
// copied is not known, and of a whole one it is what its original says.
func TestCopyKnowsWhatItDoesNot(t *testing.T) {
	source := recorded(t, noisy())
	for flags, want := range map[string]string{"": "300 recorded, 0 lost", "-e +snapshot --max-events 3": "recorded, what was lost is not known"} {
		for _, name := range []string{"copy.zst", "copy.ndjson"} {
			copied := filepath.Join(t.TempDir(), name)
			r := (&fake{}).execute(t, nil, append([]string{"replay", "-q", "-w", copied, source}, strings.Fields(flags)...)...)
			again := (&fake{}).execute(t, nil, "replay", copied)
			if r.code != 0 || again.code != 0 || !strings.Contains(again.errOut, want) {
				t.Errorf("%q as %s: codes %d and %d, %s", flags, name, r.code, again.code, again.errOut)
			}
		}
	}
}
