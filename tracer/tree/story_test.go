package tree

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// N10: docker stop. The SIGTERM that PID 1 ignored belongs to the story of the
// SIGKILL that ended it, and so does a SIGHUP that nobody asked for and that is not told.
func TestKillerTellsWhatCameBefore(t *testing.T) {
	k := newKernel(true)
	shim := k.fork(k.init, 0)
	init := k.fork(k.init, cloneNewPID)
	signal := func(sig int32, result events.SignalResult, unasked bool) *events.Event {
		ev := k.emit(events.Signal, init)
		ev.Signal = &events.SignalDetail{
			Signal: sig, Sender: events.Ref{Key: shim.key, Comm: "shim"}, Origin: events.OriginUser,
			Result: result, Unasked: unasked, TargetIsInit: true,
		}
		return ev
	}
	term := signal(15, events.SignalIgnored, false)
	hup := signal(1, events.SignalDelivered, true)
	signal(sigKill, events.SignalDelivered, false)
	k.exit(init, events.ExitStatus{Signal: sigKill})
	_, told := fold(t, k.log)
	if n := len(of(told, events.Signal)); n != 2 {
		t.Errorf("%d signals told, want SIGTERM and SIGKILL", n)
	}
	killer := only(t, told, events.Exit).Exit.Killer
	if killer == nil || killer.Signal != sigKill || killer.Sender.Key != shim.key {
		t.Fatalf("killer is %+v", killer)
	}
	if len(killer.Preceded) != 2 || killer.Preceded[1].Signal != 1 || killer.Preceded[1].BootNS != hup.BootNS {
		t.Fatalf("preceded by %+v, want the SIGTERM and the SIGHUP", killer.Preceded)
	}
	before := killer.Preceded[0]
	if before.Signal != 15 || before.Result != events.SignalIgnored || before.Sender.Key != shim.key || before.BootNS != term.BootNS {
		t.Errorf("preceded by %+v", before)
	}
}

// A fault has no sender but the process itself, and so no ancestry to tell.
func TestFaultHasNoSenderChain(t *testing.T) {
	k := newKernel(true)
	p := k.fork(k.init, 0)
	ev := k.emit(events.Signal, p)
	ev.Signal = &events.SignalDetail{
		Signal: 11, Sender: events.Ref{Key: p.key}, Origin: events.OriginKernel, Unasked: true, Ending: true,
	}
	k.exit(p, events.ExitStatus{Signal: 11})
	_, told := fold(t, k.log)
	killer := only(t, told, events.Exit).Exit.Killer
	if killer == nil || killer.Origin != events.OriginKernel || killer.Signal != 11 {
		t.Fatalf("killer is %+v", killer)
	}
	if len(killer.SenderChain) != 0 {
		t.Errorf("sender chain is %v", killer.SenderChain)
	}
}

// A timer's signal names nobody: who was running when it went off has no part in
// it. A parent-death signal names the parent.
func TestKernelSignalBlamesNobody(t *testing.T) {
	for _, pdeath := range []bool{false, true} {
		k := newKernel(true)
		other := k.fork(k.init, 0)
		p := k.fork(k.init, 0)
		ev := k.emit(events.Signal, p)
		ev.Signal = &events.SignalDetail{
			Signal: 14, Sender: events.Ref{Key: other.key}, Origin: events.OriginKernel, Code: 0x80, ParentDeath: pdeath,
			Ending: true,
		}
		k.exit(p, events.ExitStatus{Signal: 14})
		_, told := fold(t, k.log)
		killer := only(t, told, events.Exit).Exit.Killer
		if killer == nil || killer.ParentDeath != pdeath || killer.Code != 0x80 {
			t.Fatalf("killer is %+v", killer)
		}
		if named := killer.Sender.Key == other.key; named != pdeath || pdeath != (len(killer.SenderChain) > 0) {
			t.Errorf("parent death %v: sender %v, chain %v", pdeath, killer.Sender, killer.SenderChain)
		}
	}
}
