//go:build linux

package tracer

import (
	"fmt"
	"hash/fnv"
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// told is what a tracer told of one scenario's processes, and what they said of
// themselves.
type told struct {
	t      *testing.T
	report kerneltest.Report
	events []*events.Event // of main and its descendants only
	born   []*events.Event // their forks, main's first

	byKey  map[events.ProcKey][]*events.Event
	byRole map[string]events.ProcKey
}

// toldOf leaves out the rest of the machine. Who is a child or was created by one
// of the scenario's belongs to it.
func toldOf(t *testing.T, report kerneltest.Report, all []*events.Event) *told {
	t.Helper()
	main, ok := report.Find("self", "main")
	if !ok {
		t.Fatalf("report: %+v, want what main says of itself", report)
	}
	s := &told{t: t, report: report, byKey: map[events.ProcKey][]*events.Event{}}
	ours := map[events.ProcKey]bool{}
	for _, ev := range all {
		if ev.Kind == events.Fork && (isFact(ev, main) || ours[ev.Process.Parent.Key] || ours[ev.Fork.Creator.Key]) {
			ours[ev.Process.Key] = true
			s.born = append(s.born, ev)
		}
		if ours[ev.Process.Key] {
			s.events = append(s.events, ev)
			s.byKey[ev.Process.Key] = append(s.byKey[ev.Process.Key], ev)
		}
	}
	if len(s.born) == 0 {
		t.Fatal("main: its birth was not told")
	}
	s.byRole = roles(report, s.born)
	return s
}

// moment is a PID and a start in clock ticks: what /proc tells. Within one tick a
// PID can be several processes', which come in the same order then in both lists;
// those that say nothing come first.
type moment struct{ pid, ticks uint64 }

// roles finds the birth of each process that said something.
func roles(report kerneltest.Report, born []*events.Event) map[string]events.ProcKey {
	facts, births := map[moment][]string{}, map[moment][]events.ProcKey{}
	threads := map[string]moment{} // that speak beside their leader
	seen := map[string]bool{}
	for _, f := range report {
		if (f.Say == "self" || f.Say == "exec") && !seen[f.Role] {
			seen[f.Role] = true
			m := moment{uint64(f.PID), f.Start}
			if f.TID != f.PID {
				threads[f.Role] = m
				continue
			}
			facts[m] = append(facts[m], f.Role)
		}
	}
	for _, ev := range born {
		m := moment{uint64(ev.Process.Key.PID), ev.Process.Key.Start / clockTick}
		births[m] = append(births[m], ev.Process.Key)
	}
	found := map[string]events.ProcKey{}
	for m, names := range facts {
		if silent := len(births[m]) - len(names); silent >= 0 {
			for i, role := range names {
				found[role] = births[m][silent+i]
			}
		}
	}
	for role, m := range threads {
		if n := len(births[m]); n > 0 {
			found[role] = births[m][n-1]
		}
	}
	return found
}

func isFact(ev *events.Event, f kerneltest.Fact) bool {
	return int(ev.Process.Key.PID) == f.PID && ev.Process.Key.Start/clockTick == f.Start
}

// fact returns what the program said, or fails the test.
func (s *told) fact(say, role string) kerneltest.Fact {
	s.t.Helper()
	f, ok := s.report.Find(say, role)
	if !ok {
		s.t.Fatalf("%s of %s: not in the report %+v", say, role, s.report)
	}
	return f
}

func (s *told) note(name string) int64 {
	s.t.Helper()
	for _, f := range s.report.All("note") {
		if f.Name == name {
			return f.Value
		}
	}
	s.t.Fatalf("note %s: not in the report", name)
	return 0
}

// key returns the identity of the process with that role.
func (s *told) key(role string) events.ProcKey {
	s.t.Helper()
	key, ok := s.byRole[role]
	if !ok {
		s.t.Fatalf("%s: its birth was not told, or it was not in the report", role)
	}
	return key
}

// kind returns the scenario's events of that kind.
func (s *told) kind(kind events.Kind) []*events.Event {
	var some []*events.Event
	for _, ev := range s.events {
		if ev.Kind == kind {
			some = append(some, ev)
		}
	}
	return some
}

// of returns the events of that kind about the process with that role.
func (s *told) of(kind events.Kind, role string) []*events.Event {
	s.t.Helper()
	var some []*events.Event
	for _, ev := range s.byKey[s.key(role)] {
		if ev.Kind == kind {
			some = append(some, ev)
		}
	}
	return some
}

// one returns the only event of that kind about the process with that role.
func (s *told) one(kind events.Kind, role string) *events.Event {
	s.t.Helper()
	some := s.of(kind, role)
	if len(some) != 1 {
		s.t.Fatalf("%s of %s: %d events, want one", kind, role, len(some))
	}
	return some[0]
}

// count checks how many of a kind there are in all.
func (s *told) count(kind events.Kind, want int) []*events.Event {
	s.t.Helper()
	some := s.kind(kind)
	if len(some) != want {
		s.t.Fatalf("%s: %d events, want %d", kind, len(some), want)
	}
	return some
}

// checkReport compares the events with all that the processes said.
func (s *told) checkReport() {
	s.t.Helper()
	s.checkLives()
	for _, f := range s.report {
		switch f.Say {
		case "self":
			s.checkSelf(f)
		case "wait", "exit":
			s.checkEnd(f)
		case "exec":
			s.checkExec(f)
		case "renamed":
			names := s.of(events.Rename, f.Role)
			if len(names) == 0 || names[len(names)-1].Process.Comm != string(f.Comm) {
				s.t.Errorf("%s: renames %d, want the last to %q", f.Role, len(names), f.Comm)
			}
		}
	}
}

// checkLives: who is born dies, once, after all else that it does.
func (s *told) checkLives() {
	s.t.Helper()
	exits := s.kind(events.Exit)
	if len(exits) != len(s.born) {
		s.t.Errorf("processes: %d births and %d exits", len(s.born), len(exits))
	}
	dead := map[events.ProcKey]bool{}
	for _, ev := range s.events {
		if dead[ev.Process.Key] && !ev.Kind.Derived() && ev.Kind != events.PidnsWait {
			s.t.Errorf("%s: %s after its exit", ev.Process.Key, ev.Kind)
		}
		if ev.Kind == events.Exit {
			dead[ev.Process.Key] = true
		}
	}
}

func (s *told) checkSelf(f kerneltest.Fact) {
	s.t.Helper()
	fork := s.one(events.Fork, f.Role)
	if got := chainPIDs(fork.Process.Chain); !slices.Equal(got, f.PIDs) || uint64(fork.Process.NS.PID) != f.PIDNS {
		s.t.Errorf("%s: PIDs %v in %d, want %v in %d", f.Role, got, fork.Process.NS.PID, f.PIDs, f.PIDNS)
	}
	// It may have got another parent before it could say so.
	if _, moved := s.report.Find("moved", f.Role); int(fork.Process.Parent.Key.PID) != f.PPID && !moved {
		s.t.Errorf("%s: parent %+v, want %d", f.Role, fork.Process.Parent, f.PPID)
	}
}

// checkEnd compares with what waitid gave. A reboot in a namespace changes that
// after the exit (kernel/pid_namespace.c: zap_pid_ns_processes), see N09.
func (s *told) checkEnd(f kerneltest.Fact) {
	s.t.Helper()
	if _, ok := s.byRole[f.Role]; !ok {
		s.t.Errorf("%s: ended, but its birth was not told", f.Role)
		return
	}
	want := events.ExitStatus{Code: f.Code, Signal: int32(f.Signal), Core: f.Core}
	if f.Signal == 1 {
		want.Signal = 9
	}
	if got := s.one(events.Exit, f.Role).Exit.Status; got != want {
		s.t.Errorf("%s: ended with %+v, want %+v", f.Role, got, want)
	}
}

func (s *told) checkExec(f kerneltest.Fact) {
	s.t.Helper()
	ev := s.one(events.Exec, f.Role)
	if ev.Process.Exe != string(f.Exe) || ev.Process.Comm != string(f.Comm) {
		s.t.Errorf("%s: image %q named %q, want %q named %q", f.Role, ev.Process.Exe, ev.Process.Comm, f.Exe, f.Comm)
	}
	args := ev.Process.Args
	if args.Size != uint64(f.ArgsBytes) {
		s.t.Errorf("%s: %d bytes of arguments, want %d", f.Role, args.Size, f.ArgsBytes)
	}
	if f.ArgsBytes > len(args.Raw) {
		if args.Status != events.Truncated || len(args.Raw) != DefaultMaxArgs {
			s.t.Errorf("%s: %d bytes, status %d, want them cut at %d", f.Role, len(args.Raw), args.Status, DefaultMaxArgs)
		}
		return
	}
	hash := fnv.New64a()
	hash.Write(args.Raw)
	if got := fmt.Sprintf("%016x", hash.Sum64()); args.Status != events.Complete || args.Len() != f.Argc || got != f.ArgsFNV {
		s.t.Errorf("%s: %d arguments, status %d, hash %s, want %d and %s", f.Role, args.Len(), args.Status, got, f.Argc, f.ArgsFNV)
	}
}
