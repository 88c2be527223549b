package phrase_test

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/phrase"
)

// TestSignal: only who sent a signal of his own will is it from.
func TestSignal(t *testing.T) {
	one := events.Ref{Key: events.ProcKey{PID: 7, Start: 1}, Comm: "sleep"}
	called := phrase.Names(func(r events.Ref) string { return "the " + r.Comm })
	for want, d := range map[string]events.SignalDetail{
		"SIGKILL from the sleep, delivered":                                       {Signal: 9, Origin: events.OriginUser, Sender: one},
		"SIGKILL, by the kernel, reaping the PID namespace of the sleep, ignored": {Signal: 9, Origin: events.OriginPidnsReap, Sender: one, Result: events.SignalIgnored},
		"SIGKILL, by the OOM killer, delivered":                                   {Signal: 9, Origin: events.OriginOOM, Sender: one},
		"SIGKILL, by cgroup.kill of the sleep, delivered":                         {Signal: 9, Origin: events.OriginCgroupKill, Sender: one},
		"SIGTERM, by its parent-death signal, at the end of the sleep, delivered": {Signal: 15, Origin: events.OriginUser, Sender: one, ParentDeath: true},
		"SIGHUP, by the kernel, delivered":                                        {Signal: 1, Origin: events.OriginKernel},
	} {
		if got := called.Signal(&d, events.ProcKey{PID: 9, Start: 1}); got != want {
			t.Errorf("%v: %q, want %q", d.Origin, got, want)
		}
	}
}
