package tree

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// story tells what came before the end.
func story(k *events.Killer) string {
	var all []string
	for _, s := range k.Preceded {
		text := fmt.Sprintf("%d %s", s.Signal, accused(&events.Killer{Sender: s.Sender}))
		if s.Count > 0 {
			text += fmt.Sprintf(" ×%d", s.Count)
		}
		if s.Result != events.SignalDelivered {
			text += " " + s.Result.String()
		}
		all = append(all, text)
	}
	if k.MorePreceded > 0 {
		all = append(all, fmt.Sprintf("and %d more", k.MorePreceded))
	}
	return strings.Join(all, ", ")
}

// TestPreceded: what came before the end is told, whatever signals are asked for; equal
// ones are one, and of many those that ask to end stay.
func TestPreceded(t *testing.T) {
	kill := sent{"c", 9, ""}
	for name, c := range map[string]struct {
		all  []sent
		end  int32
		want string
	}{
		"nothing":                           {[]sent{kill}, 9, ""},
		"raised again":                      {[]sent{{"a", 15, ""}, {"self", 15, "own deadly"}}, 15, "15 a"},
		"raised again, unasked":             {[]sent{{"a", 2, "unasked"}, {"self", 2, "own deadly unasked"}}, 2, "2 a"},
		"raised again by kill":              {[]sent{{"a", 1, "unasked"}, {"self", 1, "deadly ending unasked"}}, 1, "1 a"},
		"handled by the third":              {[]sent{{"a", 15, ""}, {"a", 15, ""}, {"b", 15, "ending"}}, 15, "15 a ×2"},
		"alike: handled before the group's": {[]sent{{"a", 15, "own outside"}, {"b", 15, "outside"}, {"", 15, "handled"}}, 15, "15 a"},
		"ignored":                           {[]sent{{"a", 15, "ignored"}, kill}, 9, "15 a ignored"},
		"waiting to the end":                {[]sent{{"a", 15, "deadly"}, {"b", 15, "pending"}, kill}, 9, "15 a, 15 b already_pending"},
		"the one that was first counts":     {[]sent{{"a", 15, "own deadly"}, {"b", 15, "deadly"}}, 15, "15 b"},
		"the latest of equal ones":          {[]sent{{"a", 40, "deadly"}, {"b", 40, "own deadly"}, {"c", 40, "own deadly"}}, 40, "40 c ×2"},
		"neither of two is before":          {[]sent{{"a", 15, "own outside traced"}, {"b", 15, "outside traced"}, {"", 15, "taken traced"}}, 15, ""},
		"too late":                          {[]sent{kill, {"a", 15, "ignored ending"}, {"b", 9, "ignored ending"}}, 9, ""},
		"handled, of no interest":           {[]sent{{"a", 10, ""}, kill}, 9, ""},
		"by itself, of no interest":         {[]sent{{"self", 15, ""}, kill}, 9, ""},
		"ends nobody by default":            {[]sent{{"a", 19, ""}, {"a", 18, ""}, {"a", 28, ""}, kill}, 9, ""},
		"by a terminal":                     {[]sent{{"kernel", 1, ""}, kill}, 9, "1 kernel"},
		"equal ones by whomever":            {[]sent{{"a", 10, "deadly"}, {"b", 10, "deadly"}, {"c", 10, "deadly"}, kill}, 9, "10 c ×3"},
		"SIGTERM of each":                   {[]sent{{"a", 15, ""}, {"b", 15, ""}, {"a", 15, ""}, kill}, 9, "15 b, 15 a ×2"},
		"four stay":                         {[]sent{{"a", 10, "deadly"}, {"a", 12, "deadly"}, {"a", 14, "deadly"}, {"a", 13, "deadly"}, kill}, 9, "10 a, 12 a, 14 a, 13 a"},
		"the oldest of five goes":           {[]sent{{"a", 10, "deadly"}, {"a", 10, "deadly"}, {"a", 12, "deadly"}, {"a", 14, "deadly"}, {"a", 13, "deadly"}, {"a", 24, "deadly"}, kill}, 9, "12 a, 14 a, 13 a, 24 a, and 2 more"},
		"what asks to end stays":            {[]sent{{"a", 15, ""}, {"a", 10, "deadly"}, {"a", 12, "deadly"}, {"a", 14, "deadly"}, {"a", 13, "deadly"}, kill}, 9, "15 a, 12 a, 14 a, 13 a, and 1 more"},
		"what asks to end drives out":       {[]sent{{"a", 15, ""}, {"a", 1, ""}, {"a", 2, ""}, {"a", 3, ""}, {"a", 10, "deadly"}, {"b", 15, ""}, kill}, 9, "1 a, 2 a, 3 a, 15 b, and 2 more"},
		"SIGUSR1 and SIGKILL take no place": {[]sent{{"a", 15, "ignored"}, {"b", 10, "deadly"}, {"b", 10, "deadly"}, {"b", 10, "deadly"}, {"b", 10, "deadly"}, kill}, 9, "15 a ignored, 10 b ×4"},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKernel(true)
			sendAll(k, k.fork(k.init, 0), 1, c.end, c.all)
			killer := lastExit(t, k).Exit.Killer
			if killer == nil {
				t.Fatal("no killer")
			}
			if got := story(killer); got != c.want {
				t.Errorf("preceded by %q, want %q", got, c.want)
			}
		})
	}
}

// TestPrecededOfInit: all that a PID 1 got is told.
func TestPrecededOfInit(t *testing.T) {
	k := newKernel(true)
	init := k.fork(k.init, cloneNewPID)
	for _, sig := range []int32{10, 28} {
		k.kill(k.init, init, sig).Signal.TargetIsInit = true
	}
	k.kill(k.init, init, sigKill)
	k.exit(init, killed)
	if got := story(lastExit(t, k).Exit.Killer); got != "10 systemd" {
		t.Errorf("preceded by %q, want SIGUSR1 and not SIGWINCH", got)
	}
}
