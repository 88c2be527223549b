package words_test

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// TestParentDeath: T14, the signal comes when the parent's thread ends; the process may
// live on.
func TestParentDeath(t *testing.T) {
	parent := events.Ref{Key: events.ProcKey{PID: 12944, Start: 5}, Comm: "t14"}
	for _, c := range []struct {
		tid   int32
		lives bool
		want  string
	}{
		{0, false, "12944 t14"},
		{12944, false, "12944 t14"},
		{12945, false, "thread 12945 of 12944 t14"},
		{12945, true, "thread 12945 of 12944 t14 (which lives on)"},
		{12944, true, "thread 12944 of 12944 t14 (which lives on)"},
		{0, true, "thread 12944 of 12944 t14 (which lives on)"}, // as read from a recording
	} {
		k := &events.Killer{
			Origin: events.OriginKernel, Signal: 15, Sender: parent, SenderTID: c.tid, ParentDeath: true, SenderLives: c.lives,
		}
		want := ", by its parent-death signal, at the end of " + c.want
		if got := words.Killer(k, events.ProcKey{PID: 7}, 9); got != want {
			t.Errorf("thread %d, lives %v: %q, want %q", c.tid, c.lives, got, want)
		}
	}
}

// TestKillerStory: who it was, or one of whom, and what came before.
func TestKillerStory(t *testing.T) {
	victim := events.Ref{Key: events.ProcKey{PID: 7, Start: 1}, Comm: "me"}
	bash := events.Ref{Key: events.ProcKey{PID: 15556, Start: 2}, Comm: "bash"}
	runc := events.Ref{Key: events.ProcKey{PID: 12, Start: 3}, Comm: "runc\n"}
	const at = 100_000_000
	for _, c := range []struct {
		k    events.Killer
		want string
	}{
		{events.Killer{Origin: events.OriginUser, Signal: 15, Sender: victim, Preceded: []events.PriorSignal{{Signal: 15, Sender: bash, BootNS: 50_000_000}}},
			", by itself; SIGTERM from 15556 bash 50 ms before"},
		{events.Killer{Origin: events.OriginUser, Signal: 9, Sender: bash, Preceded: []events.PriorSignal{
			{Signal: 15, Sender: bash, Result: events.SignalIgnored, BootNS: at}, {Signal: 10, Sender: runc, Count: 4, BootNS: at}, {Signal: 1, BootNS: at},
		}, MorePreceded: 2},
			`, by 15556 bash; SIGTERM from 15556 bash was ignored; SIGUSR1 4 times, the last from 12 $'runc\x0a' did not end it; SIGHUP from the kernel did not end it; and 2 more before`},
		{events.Killer{Origin: events.OriginUser, Signal: 15, Sender: bash, Preceded: []events.PriorSignal{{Signal: 15, Sender: runc, Result: events.SignalAlreadyPending, BootNS: at}}},
			`, by 15556 bash; SIGTERM from 12 $'runc\x0a' found one waiting`},
		{events.Killer{Origin: events.OriginUser, Signal: 3, OneOf: []events.Ref{bash, runc}}, `, by one of 15556 bash, 12 $'runc\x0a'`},
		{events.Killer{Origin: events.OriginKernel, Signal: 9, Sender: bash}, ", by the kernel, as 15556 bash ended or did something for which the kernel kills"},
		{events.Killer{Origin: events.OriginKernel, Signal: 5, Sender: bash}, ", by the kernel, while 15556 bash was running"},
		{events.Killer{Origin: events.OriginKernel, Signal: 1, Code: 0x80}, ", by the kernel: its terminal hung up, or its process group was orphaned"},
		{events.Killer{Origin: events.OriginKernel, Signal: 1, Code: -2}, ", by the kernel"}, // a timer's
		{events.Killer{Origin: events.OriginKernel, Signal: 2, Code: 0x80}, ", by the kernel"},
		{events.Killer{Signal: 3, OneOf: []events.Ref{bash, victim}}, ", by one of 15556 bash, 7 me"},
	} {
		if got := words.Killer(&c.k, victim.Key, at); got != c.want {
			t.Errorf("%+v:\n%s, want\n%s", c.k, got, c.want)
		}
	}
}

// TestLongChain: of many above a sender the nearest are named.
func TestLongChain(t *testing.T) {
	k := events.Killer{Origin: events.OriginUser, Signal: 9, Sender: events.Ref{Key: events.ProcKey{PID: 20}, Comm: "kill"}}
	for pid := int32(19); pid > 7; pid-- {
		k.SenderChain = append(k.SenderChain, events.Ref{Key: events.ProcKey{PID: pid}, Comm: "sh"})
	}
	for n, want := range map[int]string{
		12: ", by 20 kill, child of 19 sh, child of 18 sh, child of 17 sh, child of 16 sh, and 8 more above",
		4:  ", by 20 kill, child of 19 sh, child of 18 sh, child of 17 sh, child of 16 sh",
	} {
		one := k
		one.SenderChain = k.SenderChain[:n]
		if got := words.Killer(&one, events.ProcKey{PID: 7}, 9); got != want {
			t.Errorf("%d above: %q, want %q", n, got, want)
		}
	}
}
