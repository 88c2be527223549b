//go:build linux

package tracer

import (
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

type fact = kerneltest.Fact

// wantPassed checks the file name that execve was given, as it was typed.
func (s *told) wantPassed(role, filename string) *events.Event {
	s.t.Helper()
	ev := s.one(events.Exec, role)
	if ev.Exec.Filename != filename || ev.Exec.FilenameStatus != events.Complete {
		s.t.Errorf("%s: passed %q, want %q", role, ev.Exec.Filename, filename)
	}
	return ev
}

func checkS01(s *told) { s.wantPassed("hostile", "./pn-\x1b[2J\r\n\u202e") }

// checkS02: one rename, of two lines; that of its role comes before.
func checkS02(s *told) {
	names := s.of(events.Rename, "two-lines")
	if len(names) != 2 || names[1].Process.Comm != "pn-a\nb\x1b[7m" {
		s.t.Fatalf("renames: %d, want two", len(names))
	}
	if old := names[1].Rename.OldComm; old != string(s.fact("self", "two-lines").Comm) {
		s.t.Errorf("old name: %q, want the role's", old)
	}
}

// checkS04: what is too much is cut and said to be; a vector of none has one empty
// argument, by the kernel.
func checkS04(s *told) {
	for role, status := range map[string]events.ReadStatus{
		"longest": events.Truncated, "total": events.Truncated, "many-empty": events.Truncated, "none": events.Complete,
	} {
		if got := s.one(events.Exec, role).Process.Args.Status; got != status {
			s.t.Errorf("%s: status %d, want %d", role, got, status)
		}
	}
	if got := s.one(events.Exec, "none").Process.Args.Strings(); len(got) != 1 || got[0] != "" {
		s.t.Errorf("none: %q, want one empty argument", got)
	}
	if got := s.one(events.Exec, "many-empty").Process.Args.Len(); got != DefaultMaxArgs {
		s.t.Errorf("many-empty: %d, want as many as there are bytes", got)
	}
	if n := len(s.of(events.Exec, "too-long")); n != 0 {
		s.t.Errorf("too-long: %d execs, want none", n)
	}
}

// TestScenarioWholeArgs (S04): with a limit above the kernel's own nothing is cut.
func TestScenarioWholeArgs(t *testing.T) {
	kerneltest.RequireBPF(t)
	var report kerneltest.Report
	all := live(t, Options{MaxArgs: 2 << 20, BufferBytes: 16 << 20}, func() { report = runScenario(t, "S04") })
	s := toldOf(t, report, all)
	s.checkReport()
	for _, role := range []string{"longest", "total", "many-empty", "none"} {
		if got := s.one(events.Exec, role).Process.Args.Status; got != events.Complete {
			t.Errorf("%s: status %d, want it whole", role, got)
		}
	}
}

// checkS06: neither the name nor argv[0] makes a kernel thread.
func checkS06(s *told) {
	ev := s.one(events.Exec, "spoof")
	if got := ev.Process.Args.Strings(); len(got) != 1 || got[0] != "[kworker/0:0]" {
		s.t.Errorf("arguments: %q, want the spoofed name", got)
	}
	for _, ev := range s.events {
		if ev.Process.Kthread {
			s.t.Errorf("%s: told as a kernel thread", ev.Kind)
		}
	}
}

// checkS07: the true image beside what was typed.
func checkS07(s *told) {
	for role, end := range map[string]string{
		"memfd": "/memfd:pn-memory (deleted)", "deleted": "/pn-gone (deleted)", "relative": "/pn-near", "proc-self": "/pn-exec",
	} {
		if got := s.one(events.Exec, role).Process.Exe; !strings.HasSuffix(got, end) {
			s.t.Errorf("%s: image %q, want …%q", role, got, end)
		}
	}
	s.wantPassed("relative", "./pn-near")
	if got := s.one(events.Exec, "proc-self").Exec.Filename; !strings.HasSuffix(got, "/pn-exec") && got != "/proc/self/exe" {
		s.t.Errorf("proc-self: passed %q", got)
	}
	if got := s.one(events.Exec, "memfd").Exec.Filename; !strings.HasPrefix(got, "/dev/fd/") {
		s.t.Errorf("memfd: passed %q, want /dev/fd/N", got)
	}
}

// checkS08: the script and the interpreter are both told.
func checkS08(s *told) {
	for _, role := range []string{"script-1", "script-5"} {
		ev := s.wantPassed(role, "./pn-"+role)
		if !strings.HasSuffix(ev.Exec.Interpreter, "/pn-interp") || !strings.HasSuffix(ev.Process.Exe, "/pn-interp") {
			s.t.Errorf("%s: run by %q, image %q, want pn-interp", role, ev.Exec.Interpreter, ev.Process.Exe)
		}
	}
	if n := len(s.of(events.Exec, "script-6")); n != 0 {
		s.t.Errorf("script-6: %d execs, want none", n)
	}
}

// checkS09: a failed exec is none. Past the point of no return the new name and the
// SIGSEGV are all there is.
func checkS09(s *told) {
	s.count(events.Exec, 1) // main's own
	for role, renames := range map[string]int{"absent": 1, "garbage": 1, "broken": 2} {
		names := s.of(events.Rename, role)
		if len(names) != renames { // the first is that of the role
			s.t.Fatalf("%s: %d renames, want %d", role, len(names), renames)
		}
		if last := names[renames-1]; last.Rename.InExec != (role == "broken") {
			s.t.Errorf("%s: renamed to %q in an exec: %v", role, last.Process.Comm, last.Rename.InExec)
		}
	}
	if got := s.of(events.Rename, "broken")[1].Process.Comm; got != "pn-broken" {
		s.t.Errorf("broken: named %q, want that of the file", got)
	}
}
