package words_test

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// TestSentBy: only who sent a signal of his own will is it from.
func TestSentBy(t *testing.T) {
	one := events.Ref{Key: events.ProcKey{PID: 7, Start: 1}, Comm: "sleep"}
	for want, d := range map[string]events.SignalDetail{
		" from 7 sleep": {Signal: 9, Origin: events.OriginUser, Sender: one},
		", by the kernel, reaping the PID namespace of 7 sleep": {Signal: 9, Origin: events.OriginPidnsReap, Sender: one},
		", by the OOM killer":                                 {Signal: 9, Origin: events.OriginOOM, Sender: one},
		", by cgroup.kill of 7 sleep":                         {Signal: 9, Origin: events.OriginCgroupKill, Sender: one},
		", by its parent-death signal, at the end of 7 sleep": {Signal: 9, Origin: events.OriginUser, Sender: one, ParentDeath: true},
	} {
		if got := words.SentBy(&d, words.Ref(one), events.ProcKey{PID: 9, Start: 1}); got != want {
			t.Errorf("%v: %q, want %q", d.Origin, got, want)
		}
	}
}
