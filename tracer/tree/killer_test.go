package tree

import (
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

func lastExit(t *testing.T, k *kernel) *events.Event {
	t.Helper()
	_, told := fold(t, k.log)
	exits := of(told, events.Exit)
	if len(exits) == 0 {
		t.Fatal("no exit was told")
	}
	return exits[len(exits)-1]
}

func TestKiller(t *testing.T) {
	kernelKill := func(k *kernel, by, of *task) { k.kill(by, of, sigKill).Signal.Origin = events.OriginKernel }
	tests := map[string]struct {
		before func(k *kernel, killer, victim *task)
		status events.ExitStatus
		origin events.Origin
		sender int // 0 nobody, 1 the killer, 2 systemd
	}{
		"T07 kill -9":       {func(k *kernel, a, b *task) { k.kill(a, b, 9) }, killed, events.OriginUser, 1},
		"T07 exit 137":      {func(k *kernel, a, b *task) { k.kill(a, b, 9) }, events.ExitStatus{Code: 137}, 0, 0},
		"another signal":    {func(k *kernel, a, b *task) { k.kill(a, b, 15) }, killed, 0, 0},
		"no signal seen":    {func(k *kernel, a, b *task) {}, killed, 0, 0},
		"SIGTERM anew":      {func(k *kernel, a, b *task) { k.kill(k.init, b, 15); k.kill(a, b, 15).Signal.Ending = true }, events.ExitStatus{Signal: 15}, events.OriginUser, 1},
		"first SIGKILL":     {func(k *kernel, a, b *task) { k.kill(k.init, b, 9); k.kill(a, b, 9) }, killed, events.OriginUser, 2},
		"ignored":           {func(k *kernel, a, b *task) { k.kill(a, b, 9).Signal.Result = events.SignalIgnored }, killed, 0, 0},
		"N14 OOM, mark":     {func(k *kernel, a, b *task) { kernelKill(k, a, b); k.emit(events.OOM, b) }, killed, events.OriginOOM, 1},
		"N14 mark, OOM":     {func(k *kernel, a, b *task) { k.emit(events.OOM, b); kernelKill(k, a, b) }, killed, events.OriginOOM, 1},
		"N14 user then OOM": {func(k *kernel, a, b *task) { k.kill(a, b, 9); k.emit(events.OOM, b) }, killed, events.OriginUser, 1},
		"kernel, no OOM":    {kernelKill, killed, events.OriginKernel, 1},
		"N13 cgroup.kill": {func(k *kernel, a, b *task) {
			k.kill(a, b, 9).Signal.Origin = events.OriginCgroupKill
		}, killed, events.OriginCgroupKill, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			k := newKernel(true)
			a, b := k.fork(k.init, 0), k.fork(k.init, 0)
			tt.before(k, a, b)
			k.exit(b, tt.status)
			got := lastExit(t, k).Exit.Killer
			if tt.sender == 0 {
				if got != nil {
					t.Fatalf("killer is %+v, want none", got)
				}
				return
			}
			want := []*task{nil, a, k.init}[tt.sender]
			if got == nil || got.Origin != tt.origin || got.Sender != want.ref() || got.Signal != tt.status.Signal {
				t.Errorf("killer is %+v, want %v by %v", got, tt.origin, want.key)
			}
		})
	}
}

// The chain goes up to the first process of another container, or the host's init.
func TestKillerChain(t *testing.T) {
	k := newKernel(true)
	shim := k.fork(k.init, 0)
	victim := k.fork(k.init, 0)
	init := k.fork(shim, cloneNewPID)
	init.container = &events.Container{ID: "c1"}
	k.exec(init, "/bin/sh")
	sh := k.fork(init, 0)
	killer := k.fork(sh, 0)
	k.kill(killer, victim, sigKill)
	k.exit(killer, events.ExitStatus{}) // gone before its victim
	k.exit(victim, killed)
	got := lastExit(t, k).Exit.Killer
	if got == nil {
		t.Fatal("no killer")
	}
	if want := []events.Ref{sh.ref(), init.ref(), shim.ref()}; !slices.Equal(got.SenderChain, want) {
		t.Errorf("chain is %v, want %v", got.SenderChain, want)
	}

	other := k.fork(k.init, 0)
	k.kill(shim, other, sigKill)
	k.exit(other, killed)
	if got := lastExit(t, k).Exit.Killer; !slices.Equal(got.SenderChain, []events.Ref{k.init.ref()}) {
		t.Errorf("chain is %v", got.SenderChain)
	}
}

// TestSeccompIsWhy: the filter's SIGSYS, and no other, is seccomp's.
func TestSeccompIsWhy(t *testing.T) {
	for _, c := range []struct {
		origin events.Origin
		signal int32
		code   int32
		want   events.Why
	}{
		{events.OriginKernel, 31, 1, events.WhySeccomp},
		{events.OriginKernel, 31, 2, ""}, // SYS_USER_DISPATCH
		{events.OriginUser, 31, 1, ""},
		{events.OriginKernel, 11, 1, ""},
	} {
		k := newKernel(true)
		p := k.fork(k.init, 0)
		d := k.kill(p, p, c.signal).Signal
		d.Origin, d.Code, d.Ending = c.origin, c.code, true
		k.exit(p, events.ExitStatus{Signal: c.signal})
		got := lastExit(t, k).Exit.Killer
		if got == nil || got.Why != c.want || got.Code != c.code {
			t.Errorf("%+v: killer is %+v", c, got)
		}
	}
}

// TestKillerChainCut: a chain says where nobody knows who comes next, and where more come
// than are told.
func TestKillerChainCut(t *testing.T) {
	for unseen, known := range []int{2, 1, 0} { // the sender's parent's birth, and its own
		k := newKernel(true)
		victim := k.fork(k.init, 0)
		first := len(k.log)
		parent := k.fork(k.init, 0)
		killer := k.fork(parent, 0)
		k.log = slices.Delete(k.log, first, first+unseen)
		k.kill(killer, victim, sigKill)
		k.exit(victim, killed)
		got := lastExit(t, k).Exit.Killer
		if got == nil || len(got.SenderChain) != known || got.SenderChainCut != (unseen > 0) {
			t.Errorf("%d births unseen: killer is %+v, want %d ancestors", unseen, got, known)
		}
	}

	for deep, cut := range map[int]bool{maxSenderChain: false, maxSenderChain + 1: true} {
		k := newKernel(true)
		victim, killer := k.fork(k.init, 0), k.init
		for range deep {
			killer = k.fork(killer, 0)
		}
		k.kill(killer, victim, sigKill)
		k.exit(victim, killed)
		got := lastExit(t, k).Exit.Killer
		if got == nil || len(got.SenderChain) != maxSenderChain || got.SenderChainCut != cut {
			t.Errorf("%d ancestors: killer is %+v, want cut %v", deep, got, cut)
		}
	}
}
