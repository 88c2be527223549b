package tree

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// sent is one signal to the victim: by a, b, c, the victim itself or the kernel, with what
// the record tells of the queues, as words.
type sent struct {
	by     string
	signal int32
	how    string // own, ending, deadly, behind, beside, unasked, ignored, pending
}

// sendAll has the victim get all that and end by the signal.
func sendAll(k *kernel, victim *task, threads uint32, end int32, all []sent) {
	by := map[string]*task{"a": k.fork(k.init, 0), "b": k.fork(k.init, 0), "c": k.fork(k.init, 0), "self": victim, "kernel": k.init}
	for _, name := range []string{"a", "b", "c", "self"} {
		k.exec(by[name], name)
	}
	for _, s := range all {
		d := k.kill(by[s.by], victim, s.signal).Signal
		has := func(word string) bool { return slices.Contains(strings.Fields(s.how), word) }
		d.Group, d.Ending, d.Deadly, d.Behind, d.Beside = !has("own"), has("ending"), has("deadly"), has("behind"), has("beside")
		d.Unasked = has("unasked")
		switch {
		case has("ignored"):
			d.Result = events.SignalIgnored
		case has("pending"):
			d.Result = events.SignalAlreadyPending
		}
		if s.by == "kernel" {
			d.Origin = events.OriginKernel
		}
	}
	k.exit(victim, events.ExitStatus{Signal: end})
	k.log[len(k.log)-1].Exit.Threads = threads
}

func commsOf(all []events.Ref) string {
	var names []string
	for _, r := range all {
		names = append(names, r.Comm)
	}
	return strings.Join(names, " ")
}

// accused says whom the exit names.
func accused(k *events.Killer) string {
	switch {
	case k == nil:
		return "nobody"
	case len(k.OneOf) > 0:
		return "one of " + commsOf(k.OneOf)
	case k.Sender.IsZero():
		return "kernel"
	}
	return k.Sender.Comm
}

// TestKillerByQueues: which of several signals of one number ended a process follows from
// the kernel's queues where they decide; else nobody is chosen.
func TestKillerByQueues(t *testing.T) {
	const rt = 40
	for name, c := range map[string]struct {
		all     []sent
		end     int32
		threads uint32
		want    string
	}{
		"one": {[]sent{{"a", 15, "deadly"}}, 15, 1, "a"},
		"the group's anew: the first was handled":            {[]sent{{"a", 15, ""}, {"b", 15, "deadly ending"}}, 15, 1, "b"},
		"dropped: one waits":                                 {[]sent{{"a", 15, "deadly"}, {"b", 15, "pending"}}, 15, 1, "a"},
		"blocked: the thread's before the group's":           {[]sent{{"a", 15, "own deadly"}, {"b", 15, "beside deadly"}}, 15, 1, "a"},
		"blocked: the thread's before the group's older one": {[]sent{{"a", 15, "deadly"}, {"b", 15, "own beside deadly"}}, 15, 1, "b"},
		"the thread's was handled before":                    {[]sent{{"a", 15, "own"}, {"b", 15, "deadly"}}, 15, 1, "b"},
		"the group's was handled before":                     {[]sent{{"a", 15, ""}, {"b", 15, "own deadly"}}, 15, 4, "b"},
		"both wait, with a handler":                          {[]sent{{"a", 15, "own"}, {"b", 15, "beside"}}, 15, 1, "one of a b"},
		"both wait, any thread may take one":                 {[]sent{{"a", 15, "own deadly"}, {"b", 15, "beside deadly"}}, 15, 2, "one of a b"},
		"both wait, threads unknown":                         {[]sent{{"a", 15, "own deadly"}, {"b", 15, "beside deadly"}}, 15, 0, "one of a b"},
		"both wait, from one sender":                         {[]sent{{"a", 15, "own"}, {"a", 15, "beside"}}, 15, 2, "a"},
		"the end began with the second":                      {[]sent{{"a", 15, "own"}, {"b", 15, "beside ending"}}, 15, 2, "b"},
		"the end began with the first":                       {[]sent{{"a", 15, "deadly ending"}, {"b", 15, "own ending"}}, 15, 2, "a"},
		"one waits that nobody saw sent":                     {[]sent{{"b", 15, "beside deadly"}}, 15, 1, "nobody"},
		"one waits in the group that nobody saw sent":        {[]sent{{"b", 15, "own beside deadly"}}, 15, 1, "b"},
		"one waits that nobody saw sent, with a handler":     {[]sent{{"b", 15, "beside"}}, 15, 1, "nobody"},
		"real-time: one of three":                            {[]sent{{"a", rt, "deadly"}, {"b", rt, "behind deadly"}, {"c", rt, "behind deadly"}}, rt, 1, "one of a b c"},
		"real-time: the first of all threads":                {[]sent{{"a", rt, "deadly"}, {"b", rt, "behind deadly"}}, rt, 2, "a"},
		"real-time: the first was handled":                   {[]sent{{"a", rt, ""}, {"b", rt, "deadly"}}, rt, 1, "b"},
		"real-time: the thread's first":                      {[]sent{{"a", rt, "deadly"}, {"b", rt, "own beside deadly"}, {"c", rt, "own beside behind deadly"}}, rt, 1, "b"},
		"real-time: who knows":                               {[]sent{{"a", rt, ""}, {"b", rt, "behind"}}, rt, 1, "one of a b"},
		"real-time: unasked, and always seen":                {[]sent{{"a", rt, "deadly unasked"}, {"b", rt, "behind deadly unasked"}}, rt, 1, "a"},
		"real-time: unasked, and one of three":               {[]sent{{"a", rt, "deadly unasked"}, {"b", rt, "behind deadly unasked"}, {"c", rt, "behind deadly unasked"}}, rt, 1, "one of a b c"},
		"others may be unseen":                               {[]sent{{"a", 10, "own deadly unasked"}, {"b", 10, "beside deadly unasked"}}, 10, 1, "nobody"},
		"others may be unseen, and come later":               {[]sent{{"a", 10, "deadly unasked"}, {"b", 10, "own beside deadly unasked"}}, 10, 1, "b"},
		"unasked, and always seen":                           {[]sent{{"a", 2, "own deadly unasked"}, {"b", 2, "beside deadly unasked"}}, 2, 1, "a"},
		"real-time: behind one that nobody saw sent":         {[]sent{{"b", rt, "behind deadly"}}, rt, 1, "nobody"},
		"another number":                                     {[]sent{{"a", 15, "deadly"}, {"b", 2, "deadly"}}, 15, 1, "a"},
		"raised again":                                       {[]sent{{"a", 15, ""}, {"self", 15, "own deadly"}}, 15, 1, "self"},
		"raised again, to the group":                         {[]sent{{"a", 15, ""}, {"self", 15, "ending deadly"}}, 15, 1, "self"},
		"a timer":                                            {[]sent{{"kernel", 14, "deadly ending"}}, 14, 1, "kernel"},
		"a timer or somebody":                                {[]sent{{"kernel", 14, ""}, {"a", 14, "own beside"}}, 14, 1, "nobody"},
		"ends nobody by default":                             {[]sent{{"a", 17, ""}}, 17, 1, "nobody"},
		"SIGKILL, whoever is late":                           {[]sent{{"a", 9, ""}, {"b", 9, "own"}}, 9, 3, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKernel(true)
			sendAll(k, k.fork(k.init, 0), c.threads, c.end, c.all)
			if got := accused(lastExit(t, k).Exit.Killer); got != c.want {
				t.Errorf("killed by %s, want %s", got, c.want)
			}
		})
	}
}

// TestKillerOfCrowd: of too many real-time signals the first is forgotten, and not replaced
// by the next.
func TestKillerOfCrowd(t *testing.T) {
	for n, want := range map[int]string{2: "a", maxWaiting: "one of a b", maxWaiting + 1: "nobody", 3 * maxWaiting: "nobody"} {
		k := newKernel(true)
		all := []sent{{"a", 40, "deadly"}}
		for range n - 1 {
			all = append(all, sent{"b", 40, "behind deadly"})
		}
		sendAll(k, k.fork(k.init, 0), 1, 40, all)
		if got := accused(lastExit(t, k).Exit.Killer); got != want {
			t.Errorf("of %d signals: killed by %s, want %s", n, got, want)
		}
	}
}

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
		"ignored":                           {[]sent{{"a", 15, "ignored"}, kill}, 9, "15 a ignored"},
		"waiting to the end":                {[]sent{{"a", 15, "deadly"}, {"b", 15, "pending"}, kill}, 9, "15 a, 15 b already_pending"},
		"the one that was first counts":     {[]sent{{"a", 15, "own deadly"}, {"b", 15, "beside deadly"}}, 15, "15 b"},
		"the latest of equal ones":          {[]sent{{"a", 40, "deadly"}, {"b", 40, "own beside deadly"}, {"c", 40, "own beside behind deadly"}}, 40, "40 c ×2"},
		"neither of two is before":          {[]sent{{"a", 15, "own"}, {"b", 15, "beside"}}, 15, ""},
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

// TestInboxIsEmptied: a node that is used again has none of the letters of the one before.
func TestInboxIsEmptied(t *testing.T) {
	k := newKernel(true)
	m := New(Options{Keep: 1})
	for range 4 {
		p := k.fork(k.init, 0)
		k.kill(k.init, p, 15).Signal.Deadly = true
		k.kill(k.init, p, 2)
		k.exit(p, events.ExitStatus{Signal: 15})
	}
	last := k.fork(k.init, 0)
	k.exit(last, events.ExitStatus{Signal: 15})
	var killers []*events.Killer
	for _, ev := range k.log {
		if err := m.Apply(ev, func(told *events.Event) error {
			if told.Kind == events.Exit {
				killers = append(killers, cloneKiller(told.Exit.Killer))
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if len(killers) != 5 {
		t.Fatalf("%d exits told", len(killers))
	}
	for _, killer := range killers[:4] {
		if killer == nil || story(killer) != "2 systemd" {
			t.Errorf("killer is %+v, want systemd after a SIGINT", killer)
		}
	}
	if killers[4] != nil {
		t.Errorf("killer is %+v of one that nobody sent anything", killers[4])
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
		d.Origin, d.Code = c.origin, c.code
		k.exit(p, events.ExitStatus{Signal: c.signal})
		got := lastExit(t, k).Exit.Killer
		if got == nil || got.Why != c.want || got.Code != c.code {
			t.Errorf("%+v: killer is %+v", c, got)
		}
	}
}
