package phases_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// gets sends a signal to a process.
func (s *script) gets(pid, from, signal int32) {
	s.emit(&events.Event{Kind: events.Signal, Signal: &events.SignalDetail{Signal: signal, Origin: events.OriginUser, Sender: s.live[from].Ref()}}, s.live[pid])
}

// kills has the shim call runc to send a signal to the container, as pid.
func (s *script) kills(pid, shim int32, id, word string, signal int32) {
	s.fork(pid, shim, 0)
	s.exec(pid, "/usr/bin/runc", "--root", "/run/containerd/runc/moby", "kill", id, word)
	s.gets(shim+2, pid, signal)
	s.exit(pid, shim, events.ReparentSubreaper)
}

// ends ends a process by its own exit status.
func (s *script) ends(pid int32, status events.ExitStatus) {
	dead := s.live[pid]
	delete(s.live, pid)
	s.emit(&events.Event{Kind: events.Exit, Exit: &events.ExitDetail{Status: status}}, dead)
}

// TestTurn: the end begins with the request or the signal that led to it, and what the
// container lived on after is the run's. The shim is 41, the init 43.
func TestTurn(t *testing.T) {
	hup := func(s *script) {
		s.calls(60, "/usr/bin/docker", "kill", "-s", "HUP", "web")
		s.kills(61, 41, idA, "1", 1)
		s.exit(60, 9, events.ReparentInit)
	}
	quit := func(s *script) {
		s.calls(62, "/usr/bin/docker", "kill", "-s", "QUIT", "web")
		s.kills(63, 41, idA, "3", 3)
		s.exit(62, 9, events.ReparentInit)
	}
	stop := func(s *script) {
		s.calls(64, "/usr/bin/docker", "stop", "web")
		s.kills(65, 41, idA, "15", 15)
	}
	kill := func(s *script) { s.kills(66, 41, idA, "9", 9) }
	again := func(s *script) { s.calls(67, "/usr/bin/docker", "kill", "web"); kill(s) }
	exits := func(code int) func(*script) {
		return func(s *script) { s.ends(43, events.ExitStatus{Code: code}) }
	}
	// What the kernel does while the init runs has that as its sender.
	byKernel := func(signal int32, origin events.Origin) func(*script) {
		return func(s *script) {
			s.emit(&events.Event{Kind: events.Signal, Signal: &events.SignalDetail{Signal: signal, Origin: origin, Sender: s.live[43].Ref()}}, s.live[43])
			s.ends(43, events.ExitStatus{Signal: signal})
		}
	}
	byHand := func(signal int32) func(*script) { return func(s *script) { s.gets(43, 9, signal) } }
	for name, c := range map[string]struct {
		steps    []func(*script)
		run, end string // of what was asked, called and sent, by who did it
	}{
		"a trapped HUP, a stop":               {[]func(*script){hup, stop, exits(0)}, "60 61 HUP", "64 65 TERM"},
		"a HUP of which tini ends":            {[]func(*script){hup, exits(129)}, "60", "61 HUP"},
		"a trapped HUP, an exit of its own":   {[]func(*script){hup, exits(0)}, "60 61 HUP", ""},
		"a HUP by hand, an exit":              {[]func(*script){byHand(1), exits(0)}, "HUP", ""},
		"a thread dump, a stop":               {[]func(*script){quit, stop, exits(143)}, "62 63 QUIT", "64 65 TERM"},
		"a stop that is ignored":              {[]func(*script){stop, kill, exits(137)}, "", "64 65 TERM 66 KILL"},
		"a stop and a kill while it waits":    {[]func(*script){stop, again, exits(137)}, "", "64 65 TERM 67 66 KILL"},
		"nobody that is known to ask":         {[]func(*script){byHand(15), kill, exits(137)}, "", "TERM 66 KILL"},
		"it lives, and nobody asks any more":  {[]func(*script){hup, quit}, "60 61 HUP 62 63 QUIT", ""},
		"it lives, and somebody asks":         {[]func(*script){hup, stop}, "60 61 HUP", "64 65 TERM"},
		"out of memory":                       {[]func(*script){hup, byKernel(9, events.OriginOOM)}, "60 61 HUP", "KILL"},
		"out of time":                         {[]func(*script){byKernel(9, events.OriginKernel)}, "", "KILL"},
		"itself":                              {[]func(*script){byKernel(9, events.OriginUser)}, "", ""},
		"a TERM that it lived on, then a HUP": {[]func(*script){byHand(15), hup, stop, exits(0)}, "TERM 60 61 HUP", "64 65 TERM"},
	} {
		s := engine()
		s.makes(40, "moby", docker(idA, "web"))
		for _, step := range c.steps {
			step(s)
		}
		got := map[report.Section][]string{}
		signals := map[int32]string{1: "HUP", 3: "QUIT", 9: "KILL", 15: "TERM"}
		for _, f := range only(t, s.all).Phases {
			switch f.Name {
			case "signal":
				got[f.Section] = append(got[f.Section], signals[f.Signal.Signal])
			case "runtime_kill", "stop_asked", "signal_asked":
				got[f.Section] = append(got[f.Section], strings.Fields("60 61 62 63 64 65 66 67")[f.Process.Key.PID-60])
			}
		}
		if !slices.Equal(got[report.Running], strings.Fields(c.run)) || !slices.Equal(got[report.Stopping], strings.Fields(c.end)) {
			t.Errorf("%s: run %v, end %v; want %q, %q", name, got[report.Running], got[report.Stopping], c.run, c.end)
		}
	}
}
