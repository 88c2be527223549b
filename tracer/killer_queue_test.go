//go:build linux

package tracer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// struck is a victim of pn-signals: who it was by its own report, and what was told.
type struck struct {
	report kerneltest.Report
	killer *events.Killer
}

func (s struck) pid(role string) int {
	f, _ := s.report.Find("self", role)
	return f.PID
}

// role names the process of the helper that has the PID.
func (s struck) role(pid int) string {
	for _, role := range []string{"main", "victim", "a", "b"} {
		if s.pid(role) == pid {
			return role
		}
	}
	return "a stranger"
}

// accused says whom the tracer names.
func (s struck) accused() string {
	switch {
	case s.killer == nil:
		return "nobody"
	case len(s.killer.OneOf) > 0:
		var roles []string
		for _, r := range s.killer.OneOf {
			roles = append(roles, s.role(int(r.Key.PID)))
		}
		return "one of " + strings.Join(roles, " ")
	}
	return s.role(int(s.killer.Sender.Key.PID))
}

func (s struck) preceded() string {
	if s.killer == nil {
		return ""
	}
	var all []string
	for _, p := range s.killer.Preceded {
		all = append(all, fmt.Sprintf("%d %s %d %s", p.Signal, s.role(int(p.Sender.Key.PID)), max(p.Count, 1), p.Result))
	}
	return strings.Join(all, ", ")
}

// strike runs the helper once for each script, all below one tracer.
func strike(t *testing.T, opts Options, scripts []string) []struck {
	t.Helper()
	kerneltest.RequireBPF(t)
	var all []struck
	told := live(t, opts, func() {
		for _, s := range scripts {
			words := strings.Fields(s)
			all = append(all, struck{report: kerneltest.Run(t, "signals", words[0], words[1:]...)})
		}
	})
	for i := range all {
		end, ok := all[i].report.Find("wait", "victim")
		if !ok {
			t.Fatalf("%s: the victim's end is not in the report", scripts[i])
		}
		ev := exitOf(t, told, all[i])
		all[i].killer = ev.Exit.Killer
		if int(ev.Exit.Status.Signal) != end.Signal {
			t.Errorf("%s: ended by %d, want %d", scripts[i], ev.Exit.Status.Signal, end.Signal)
		}
	}
	return all
}

// exitOf returns the exit of the victim, whose PID may have been another's since.
func exitOf(t *testing.T, told []*events.Event, s struck) *events.Event {
	t.Helper()
	self, _ := s.report.Find("self", "victim")
	for _, ev := range of(told, events.Exit, self.PID) {
		if isFact(ev, self) {
			return ev
		}
	}
	t.Fatalf("victim %d: its exit is not told", self.PID)
	return nil
}

// TestKillerByQueues: which of several signals ended the victim, and which came before it,
// whatever signals are asked for. TestKillerBySiginfo has the truth of the queues.
func TestKillerByQueues(t *testing.T) {
	cases := []struct{ script, killer, preceded string }{
		{"alone 15 a.kill", "a", ""},
		{"alone 15 block a.tgkill b.kill unblock", "a", "15 b 1 delivered"},
		{"alone 15 block a.kill b.tgkill unblock", "b", "15 a 1 delivered"},
		{"alone 15 block a.kill b.kill unblock", "a", "15 b 1 already_pending"},
		{"alone 40 block a.kill b.kill unblock", "a", "40 b 1 delivered"},
		{"alone 40 block a.kill b.kill b.kill unblock", "a", "40 b 2 delivered"},
		{"alone 40 block a.kill b.tgkill a.tgkill unblock", "b", "40 a 2 delivered"},
		{"alone 40 block a.kill b.kill self unblock", "a", "40 b 1 delivered"},
		{"alone 40 block handle a.kill default b.kill unblock", "a", "40 b 1 delivered"},
		{"alone 40 handle a.kill block default b.kill unblock", "b", ""},
		{"alone 3 block a.tgkill b.kill unblock", "a", "3 b 1 delivered"},
		{"alone 3 a.kill", "a", ""},
		{"alone 15 handle a.kill b.tgkill default b.kill", "b", "15 a 1 delivered, 15 b 1 delivered"},
		{"alone 15 ignore a.kill default b.kill", "b", "15 a 1 ignored"},
		{"alone 15 reraise a.kill", "victim", "15 a 1 delivered"},
		{"alone 2 reraise a.kill", "victim", "2 a 1 delivered"},
		{"alone 1 reraise a.tgkill", "victim", "1 a 1 delivered"},
		{"alone 2 handle a.kill default self", "victim", "2 a 1 delivered"},
		{"alone 2 handle a.kill a.kill a.kill", "main", "2 a 3 delivered"},
		{"alone 10 handle a.kill", "main", ""},
		{"alone 15 block a.tgkill b.kill oneshot unblock", "b", "15 a 1 delivered"},
		{"alone 15 block oneshot a.tgkill b.kill unblock", "b", "15 a 1 delivered"},
		{"alone 40 block a.kill b.kill oneshot a.kill unblock", "b", "40 a 1 delivered"},
		{"alone 3 block a.kill b.tgkill oneshot unblock", "a", "3 b 1 delivered"},
		{"alone 15 block a.kill", "main", "15 a 1 delivered"},
		{"alone 15 stop a.kill b.tgkill cont", "b", "15 a 1 delivered"},
		{"traced 15 handle a.kill default swap", "nobody", ""},
		{"alone 15 a.lie", "a", ""},
		{"alone 14 handle block a.lie b.kill default unblock", "a", ""},
		{"alone 11 selflie", "victim", ""},
		// Whose target is told the same of each.
		{"alone 15 block a.tqueue b.queue unblock", "a", "15 b 1 delivered"},
		{"alone 15 block a.tqueue b.queue oneshot unblock", "b", "15 a 1 delivered"},
		{"alone 40 block a.queue b.queue a.queue oneshot unblock", "b", "40 a 2 delivered"},
		{"alone 10 handle block a.tqueue b.queue default unblock", "a", ""},
		{"alone 10 handle a.queue block b.queue default unblock", "b", ""},
		{"alone 15 thread block a.tqueue b.queue oneshot unblock", "one of a b", ""},
		{"alone 15 thread block a.tqueue b.queue unblock", "a", "15 b 1 delivered"},
		{"alone 15 thread block a.tgkill b.kill oneshot unblock", "b", "15 a 1 delivered"},
	}
	var scripts []string
	for _, c := range cases {
		scripts = append(scripts, c.script)
	}
	for _, opts := range []Options{{}, {Signals: 1 << 8}, {Signals: every}} {
		for i, s := range strike(t, opts, scripts) {
			if got := s.accused(); got != cases[i].killer {
				t.Errorf("signals %x: %s: killed by %s, want %s", opts.Signals, scripts[i], got, cases[i].killer)
			} else if got := s.preceded(); got != cases[i].preceded {
				t.Errorf("signals %x: %s: preceded by %q, want %q", opts.Signals, scripts[i], got, cases[i].preceded)
			}
		}
	}
}

// TestKillerBySiginfo compares the killer with what PTRACE_GETSIGINFO says of the signal that
// is about to end the victim, in random scripts. Numbers of which those with a handler are not
// recorded are drawn only where all are asked for.
func TestKillerBySiginfo(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	draw := rand.New(rand.NewPCG(seed, 0))
	for _, opts := range []Options{{}, {Signals: every}} {
		numbers := []string{"15", "2", "3", "1", "40", "10"}
		if opts.Signals == 0 {
			numbers = numbers[:5]
		}
		var scripts []string
		for range 40 {
			scripts = append(scripts, randomScript(draw, numbers))
		}
		for i, s := range strike(t, opts, scripts) {
			if truth, got := s.truth(), s.accused(); got != truth {
				t.Errorf("signals %x: %s: killed by %s, true is %s", opts.Signals, scripts[i], got, truth)
			}
		}
	}
}

// TestKillerWhoTellsNothing is the same where the target is told nothing of who sends: then it
// may be one of several, and he is among them.
func TestKillerWhoTellsNothing(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	draw := rand.New(rand.NewPCG(seed, 0))
	var scripts []string
	for range 60 {
		s := randomScript(draw, []string{"15", "3", "40"})
		scripts = append(scripts, strings.NewReplacer("tgkill", "tqueue", "kill", "queue").Replace(s))
	}
	for i, s := range strike(t, Options{}, scripts) {
		truth, got := s.truth(), s.accused()
		suspects, several := strings.CutPrefix(got, "one of ")
		if got != truth && (!several || !slices.Contains(strings.Fields(suspects), truth)) {
			t.Errorf("%s: killed by %s, true is %s", scripts[i], got, truth)
		}
	}
}

// randomScript has signals wait and be handled, and the default action stand at the end.
func randomScript(draw *rand.Rand, numbers []string) string {
	steps := []string{"a.kill", "b.kill", "a.tgkill", "b.tgkill", "raise", "self", "block", "unblock", "handle", "reraise", "oneshot", "default"}
	script := []string{"traced", numbers[draw.IntN(len(numbers))], "block"}
	for range 2 + draw.IntN(6) {
		script = append(script, steps[draw.IntN(len(steps))])
	}
	last := []string{"default", "oneshot"}[draw.IntN(2)]
	return strings.Join(append(script, last, "unblock"), " ")
}

// truth says whose signal the victim met its end by.
func (s struck) truth() string {
	end, _ := s.report.Find("wait", "victim")
	if end.Signal == int(unix.SIGKILL) { // main's: no siginfo tells of it
		return "main"
	}
	for _, f := range s.report.All("note") {
		if f.Name == "sender" {
			return s.role(int(f.Value))
		}
	}
	return "nobody that the report names"
}
